import type { ToolSpec } from '../../schemas/agent';
import type { ArtifactRef } from '../../schemas/common';
import type { GuardVerdict } from '../../schemas/guard';
import type { AgentCitation } from '../../schemas/run-agent';
import { failure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { workPrefix } from '../kit/unit';
import { callModel, callOf, type ModelTurn } from './call-model';
import { callTool, decidedPiece, type ToolTurn } from './call-tool';
import { isNotKnown } from './grounding/sentences';
import { publishHeld } from './held-page';
import { modelCallKey, toolCallKey } from './idempotency-key';
import type { Message } from './models/model';
import type { AgentParts, OpenTools } from './parts';
import { publishTranscript, readTranscript } from './publish-transcript';
import { type AgentSettings, systemText } from './settings';
import { Recent } from './recent';
import { makePiece, readPiece, Transcripts } from './transcript';

/** What is true of a tool as far as the workflow has to know. */
export type ToolFacts = Pick<ToolSpec, 'name' | 'effect' | 'polling'>;

export interface BeginAgent {
  run: string;
  settings: AgentSettings;
  /** The transcript that it goes on from. */
  continues?: ArtifactRef;
}

export interface BegunAgent {
  tools: ToolFacts[];
  /** Name of the model in the configuration, and its provider. */
  model: string;
  provider: string;
  /** What the guard says of the question. */
  verdict: GuardVerdict;
}

export interface CallModelInput {
  run: string;
  step: number;
  /** What the model is told besides the transcript. */
  notes: string[];
  format: 'json' | 'simple';
  /** Tokens of the answer at most. */
  maxTokens: number;
}

export interface CallToolInput {
  run: string;
  step: number;
  /** Where the workflow itself has done it, or has not let it be done. */
  result?: { text: string; failed?: true };
}

export interface DecideHeldInput {
  run: string;
  step: number;
  /** Of what was decided on. */
  hash: string;
  approved: boolean;
  note: string;
}

export interface CheckAnswerInput {
  run: string;
  step: number;
  /** The policy of the run; an answer that was sent back once is marked the second time. */
  policy: 'remove' | 'mark' | 'return' | 'off';
}

export interface CheckedTurn {
  answer: string;
  citations: AgentCitation[];
  sentences: number;
  unsupported: number;
  /** It says that the answer is not known, and claims nothing besides. */
  notKnown?: true;
  /** What is said to the model where the answer is sent back. */
  problem: string | null;
  verdict: GuardVerdict;
}

// Results go into the history whole, and 64 KB of JSON are the limit of one.
const ANSWER_CHARACTERS = 16_000;
const MAX_CITATIONS = 60;
// Runs of which something is kept in memory: as many as one worker has under way, about.
const KEPT_RUNS = 64;

/**
 * The activities of an agent. Each publishes what it did under a key of the run and the step before it answers, whichever
 * attempt that is: a model call that was answered is not made again, nor is a tool's that has returned.
 */
export function createAgentActivities(parts: AgentParts) {
  const { store } = parts;
  const transcripts = new Transcripts(store);
  const settings = new Recent<AgentSettings>(KEPT_RUNS);

  const settingsOf = async (run: string): Promise<AgentSettings> => {
    const known = settings.get(run);
    if (known) return known;
    const begun = await readPiece<{ settings: AgentSettings }>(store, run, 'begin', 0);
    if (!begun) throw failure('ArtifactMissing', `The run ${run} has left nothing in the ${store.describe()}.`);
    settings.set(run, begun.told.settings);
    return begun.told.settings;
  };
  const toolsOf = ({ tools, index }: AgentSettings): Promise<OpenTools> => parts.tools(tools, index);
  const guardFor =
    ({ guard }: AgentSettings): AgentParts['guard'] =>
    (text) =>
      parts.guard({ ...text, ...(guard === undefined ? {} : { guard }) });
  const callOfStep = async (run: string, step: number) => {
    const piece = await readPiece(store, run, 'model', step);
    const action = callOf(piece);
    const message = piece?.messages.at(-1);
    const call = message?.role === 'assistant' ? message.toolCalls?.[0] : undefined;
    if (!action || !call) throw failure('InvariantBroken', `Step ${step} of ${run} holds no call.`);
    return { action, call };
  };
  const heldOf = async (run: string, step: number) => {
    const held = (await readPiece(store, run, 'tool', step))?.held;
    if (!held) throw failure('InvariantBroken', `Step ${step} of ${run} holds nothing back.`);
    return held;
  };
  const specsOf = ({ tools, own }: OpenTools): ToolSpec[] => [...tools.map(({ spec }) => spec), ...own];

  return {
    /** Opens everything that the run names, checks its question, and begins its transcript. */
    beginAgent: async ({ run, settings: asked, continues }: BeginAgent): Promise<BegunAgent> => {
      const { begun } = await makePiece(store, { run, kind: 'begin', step: 0 }, async () => {
        const model = await parts.model(asked.model);
        const tools = specsOf(await toolsOf(asked)).map(({ name, effect, polling }) => ({ name, effect, polling }));
        const before = continues
          ? (await readTranscript(store, continues)).filter(({ role }) => role !== 'system')
          : [];
        const messages: Message[] = [
          { role: 'system', content: systemText(asked) },
          ...before,
          { role: 'user', content: asked.question },
        ];
        const passages = before.flatMap((message) => (message.role === 'tool' ? (message.passages ?? []) : []));
        const { user, question, guard } = asked;
        const pinned = guard === undefined ? {} : { guard: await parts.pinGuard(guard) };
        const who = user === undefined ? {} : { user };
        const verdict = await parts.guard({ text: question, surface: 'input', key: run, ...who, ...pinned });
        const begun = { tools, model: model.name, provider: model.config.provider, verdict };
        return { told: { settings: { ...asked, ...pinned }, begun }, piece: { messages, passages: [...passages] } };
      });
      return begun;
    },

    /** Asks the model for the next action. */
    callModel: ({ run, step, notes, format, maxTokens }: CallModelInput): Promise<ModelTurn> =>
      makePiece(store, { run, kind: 'model', step }, async ({ report, signal }) => {
        const asked = await settingsOf(run);
        const model = await parts.model(asked.model);
        const specs = specsOf(await toolsOf(asked));
        const conversation = await transcripts.before(run, step);
        const heartbeat = (characters: number) => report(characters, 0);
        const key = (messages: readonly Message[]) => modelCallKey(run, step, messages);
        const called = { model, specs, conversation, notes, format, maxTokens, key, signal, heartbeat };
        const { turn, piece } = await callModel(called);
        return { told: turn, piece };
      }),

    /** Makes the call that the model decided on in this step, or enters what came of it elsewhere. */
    callTool: ({ run, step, result }: CallToolInput): Promise<ToolTurn> =>
      makePiece(store, { run, kind: 'tool', step }, async ({ report, signal }) => {
        const { action, call } = await callOfStep(run, step);
        const asked = await settingsOf(run);
        const { tool: name, arguments: args } = action;
        const key = toolCallKey(run, step, name, args);
        let beats = 0;
        const context = { idempotencyKey: key, signal, heartbeat: () => report((beats += 1), 0) };
        const tool = result ? undefined : (await toolsOf(asked)).tools.find(({ spec }) => spec.name === name);
        const does = result ? { result } : tool;
        if (!does) throw failure('AgentToolMissing', `There is no tool "${name}" here.`);
        const { turn, piece: added } = await callTool({
          call,
          arguments: args,
          does,
          context,
          key,
          guard: guardFor(asked),
        });
        return { told: turn, piece: added };
      }),

    /** Publishes what the guard has quarantined of this step's result, for a person to read. */
    showHeld: ({ run, step }: { run: string; step: number }): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'held', unit: step }, async () => {
        const { call } = await callOfStep(run, step);
        return publishHeld(store, call, await heldOf(run, step));
      }),

    /** Enters what a person has decided on it: the text itself, or that it is kept back. */
    decideHeld: ({ run, step, hash, ...decision }: DecideHeldInput): Promise<{ approved: boolean }> =>
      makePiece(store, { run, kind: 'decided', step }, async () => {
        const { call } = await callOfStep(run, step);
        const held = await heldOf(run, step);
        if (held.hash !== hash) throw failure('InvariantBroken', `What step ${step} of ${run} holds is not ${hash}.`);
        return { told: { approved: decision.approved }, piece: decidedPiece(call, held, decision) };
      }),

    /** Checks the answer of this step against everything that was found, and that it gives nothing away. */
    checkAnswer: ({ run, step, policy }: CheckAnswerInput): Promise<CheckedTurn> =>
      makePiece(store, { run, kind: 'answer', step }, async () => {
        const piece = await readPiece(store, run, 'model', step);
        if (piece?.action?.kind !== 'answer')
          throw failure('InvariantBroken', `Step ${step} of ${run} holds no answer.`);
        const asked = await settingsOf(run);
        const { passages } = await transcripts.before(run, step);
        const { text } = piece.action;
        const checked =
          policy === 'off'
            ? { text, citations: [], sentences: 0, unsupported: 0 }
            : await parts.ground(text, passages, policy);
        const verdict = await guardFor(asked)({
          ...{ text: checked.text, surface: 'output', key: `${run}/${step}`, systemPrompt: systemText(asked) },
        });
        const told = {
          answer: checked.text.slice(0, ANSWER_CHARACTERS),
          citations: checked.citations.slice(0, MAX_CITATIONS),
          sentences: checked.sentences,
          unsupported: checked.unsupported,
          ...(isNotKnown(checked.text) ? { notKnown: true as const } : {}),
          problem: checked.problem ?? null,
          verdict,
        };
        return { told, piece: { messages: [], passages: [] } };
      }),

    /** Publishes the whole conversation as an artifact. */
    publishTranscript: ({ run, steps }: { run: string; steps: number }): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'publish', unit: 0 }, async () =>
        publishTranscript(store, await transcripts.before(run, steps)),
      ),

    /** Removes the pieces of a run: its transcript is published, or it was cancelled. */
    dropPieces: ({ run }: { run: string }): Promise<void> =>
      withHeartbeat({ phase: 'tidy', unit: 0 }, () => store.remove(workPrefix(run))),
  };
}

export type AgentActivities = ReturnType<typeof createAgentActivities>;
