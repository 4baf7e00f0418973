import { createHash } from 'node:crypto';
import type { AgentAction, ToolSpec } from '../../schemas/agent';
import type { ModelConfig } from '../../schemas/agent-config';
import { OWN_TOOLS } from '../../schemas/agent-config';
import type { TurnDigest } from '../../schemas/agent-loops';
import { canonicalJson } from '../kit/canonical-json';
import { wholeSentences } from './grounding/sentences';
import { digestTurn } from './loops';
import { fitMessages } from './messages';
import type { Completion, Message } from './models/model';
import type { OpenModel } from './parts';
import { type ActionReading, readAction } from './repair';
import { noteText } from './settings';
import type { Conversation, Piece } from './transcript';

/** What the model decided, as small as a history wants it: texts stay in the transcript. */
export interface ModelTurn {
  kind: 'call' | 'answer' | 'problem';
  tool?: string;
  /** sha256 of the tool and its exact arguments, which an approval names. */
  hash?: string;
  /** The arguments for people to read, cut short. */
  shown?: string;
  /** Whole, where the workflow itself is what does the call. */
  arguments?: Record<string, unknown>;
  /** What is wrong with the action, for the model to read. */
  problem?: string;
  /** An answer that broke off at the limit of its length: what is left ends with its last whole sentence. */
  cut?: true;
  /** How the action was mended: none, syntax or shape. */
  rung: string;
  inputTokens: number;
  outputTokens: number;
  cost: number;
  /** Who answered: the provider and the model. */
  by: string;
  /** Of a turn without a call, for the loop rules. */
  digest?: TurnDigest;
}

export interface ModelCall {
  model: OpenModel;
  specs: readonly ToolSpec[];
  conversation: Conversation;
  notes: readonly string[];
  format: 'json' | 'simple';
  maxTokens: number;
  /** Names the question to the endpoint, the same in every attempt. */
  key: (messages: readonly Message[]) => string;
  signal: AbortSignal;
  heartbeat: (characters: number) => void;
}

// Room for the answer where the model's own limit says nothing better.
const ANSWER_TOKENS = 2_048;
const SHOWN_CHARACTERS = 300;
const PROBLEM_CHARACTERS = 600;
// Arguments that go through the history, as JSON: a stage's input or a question to a person.
const OWN_ARGUMENT_CHARACTERS = 8_000;

/** Asks the model once and reads what it decided. Returns what the history keeps, and what the transcript does. */
export async function callModel(call: ModelCall): Promise<{ turn: ModelTurn; piece: Piece }> {
  const { model, specs, conversation, notes, format, signal, heartbeat } = call;
  const context = 'contextTokens' in model.config ? model.config.contextTokens : Infinity;
  const maxTokens = Math.max(1, Math.min(call.maxTokens, ANSWER_TOKENS, Math.floor(context / 2)));
  const said = notes.map((note): Message => ({ role: 'user', content: noteText(note) }));
  const simple = format === 'simple' ? [simpleFormat(specs)] : [];
  const messages = [...fitMessages(conversation.messages, context - maxTokens), ...said, ...simple];
  const tools = format === 'simple' ? [] : specs;
  const asked = { messages, tools, maxTokens, temperature: 0, idempotencyKey: call.key(messages) };
  const completion = await model.client.complete({ ...asked, signal, heartbeat });
  const read = readCompletion(completion, specs, model.config, format);
  const { inputTokens, outputTokens } = completion.usage;
  const { name, model: modelName } = completion.provider;
  const used = { inputTokens, outputTokens, cost: completion.cost, by: `${name} ${modelName}`.trim() };
  const decided = decision(read, completion);
  return {
    turn: {
      ...decided.turn,
      ...used,
      ...(read.ok && completion.finish === 'length' ? { cut: true } : {}),
      rung: read.rung,
    },
    piece: { messages: [...said, decided.message], passages: [], ...(read.ok ? { action: read.action } : {}) },
  };
}

/** What was decided, in the history's words and in the transcript's. */
function decision(
  read: ActionReading,
  { text, toolCalls: [wrote] }: Completion,
): { turn: Pick<ModelTurn, 'kind'> & Partial<ModelTurn>; message: Message } {
  if (!read.ok) {
    const written = wrote ? `${text}\n${wrote.tool}(${wrote.arguments})`.trim() : text;
    return {
      turn: {
        kind: 'problem',
        problem: read.problem.slice(0, PROBLEM_CHARACTERS),
        digest: digestTurn({ text: written }),
      },
      message: { role: 'assistant', content: written },
    };
  }
  if (read.action.kind === 'answer') {
    return { turn: { kind: 'answer' }, message: { role: 'assistant', content: read.action.text } };
  }
  const { tool, arguments: args } = read.action;
  const json = canonicalJson(args);
  const own = OWN_TOOLS.some((name) => name === tool);
  if (own && json.length > OWN_ARGUMENT_CHARACTERS) {
    const problem = `The arguments of ${tool} have ${json.length} characters as JSON: ${OWN_ARGUMENT_CHARACTERS} are the limit.`;
    return decision({ ok: false, problem, rung: read.rung }, { text, toolCalls: wrote ? [wrote] : [] } as Completion);
  }
  return {
    turn: {
      kind: 'call',
      tool,
      hash: callHash(tool, args),
      shown: json.slice(0, SHOWN_CHARACTERS),
      ...(own ? { arguments: args } : {}),
    },
    message: {
      role: 'assistant',
      content: text,
      toolCalls: [{ id: wrote?.id ?? `call-${callHash(tool, args).slice(0, 12)}`, tool, arguments: json }],
    },
  };
}

/** sha256 (hex) of a tool and its exact arguments: what an approval is for. */
export const callHash = (tool: string, args: Readonly<Record<string, unknown>>): string =>
  createHash('sha256')
    .update(canonicalJson({ tool, arguments: args }))
    .digest('hex');

/** The action in what a model wrote, natively or as text. */
function readCompletion(
  completion: Completion,
  specs: readonly ToolSpec[],
  config: ModelConfig,
  format: 'json' | 'simple',
): ActionReading {
  if (completion.finish === 'length') return readCut(completion, config, format);
  return readWhole(completion, specs, config, format);
}

const CUT: ActionReading = {
  ok: false,
  problem: 'What you wrote was cut off at the limit of its length. Write less.',
  rung: 'none',
};

/** What a cut call would have said can not be known, however well its text is mended; of a plain answer the whole sentences can. */
function readCut(
  { text, toolCalls, provider }: Completion,
  config: ModelConfig,
  format: 'json' | 'simple',
): ActionReading {
  if (toolCalls.length > 0 || looksLikeAction(text) || !answersPlainly(provider, config, format)) return CUT;
  const whole = wholeSentences(text);
  return whole.trim() === '' ? CUT : answered(whole);
}

/** Whether what is no call is the answer itself, and not an action that holds one. */
const answersPlainly = (provider: Completion['provider'], config: ModelConfig, format: 'json' | 'simple'): boolean =>
  format === 'json' &&
  (provider.name === 'extractive' || (config.provider === 'openai' && config.toolCalls === 'native'));

function readWhole(
  { text, toolCalls, provider }: Completion,
  specs: readonly ToolSpec[],
  config: ModelConfig,
  format: 'json' | 'simple',
): ActionReading {
  const [call, ...others] = toolCalls;
  if (others.length > 0) {
    return {
      ok: false,
      problem: `You called ${toolCalls.length} tools at once. Call one, and read its result first.`,
      rung: 'none',
    };
  }
  // The arguments as they came, so that they are mended like any other text.
  if (call)
    return readAction(
      `{"tool": ${JSON.stringify(call.tool)}, "arguments": ${call.arguments.trim() || '{}'}}`,
      specs,
      'json',
    );
  if (answersPlainly(provider, config, format) && !looksLikeAction(text)) return answered(text);
  return readAction(text, specs, format);
}

const looksLikeAction = (text: string): boolean => /^\s*(?:```|\{)/.test(text);

const answered = (text: string): ActionReading =>
  text.trim() === ''
    ? { ok: false, problem: 'You wrote nothing. Call a tool, or answer.', rung: 'none' }
    : { ok: true, action: { kind: 'answer', text: text.trim() }, rung: 'none', notes: [] };

function simpleFormat(specs: readonly ToolSpec[]): Message {
  const tools = specs.map(
    ({ name, description, parameters }) => `- ${name}: ${description} Arguments: ${JSON.stringify(parameters)}`,
  );
  return {
    role: 'user',
    content: [
      'Write nothing but one of these two forms.',
      'To call a tool, its name on the first line and one argument on each line after it:',
      'tool: <name>',
      '<argument>: <value>',
      'To answer:',
      'answer: <the answer>',
      'Tools:',
      ...tools,
    ].join('\n'),
  };
}

/** The call that a step's model piece holds. */
export function callOf(piece: Piece | undefined): Extract<AgentAction, { kind: 'call' }> | undefined {
  return piece?.action?.kind === 'call' ? piece.action : undefined;
}
