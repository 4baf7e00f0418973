import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { SubjectInput } from '../../../schemas/evaluate-model';
import { QUEUES } from '../../../schemas/names';
import { type RunAgentOutput, runAgentStage } from '../../../schemas/run-agent';
import type { AgentParts } from '../../agent/parts';
import { failure } from '../../errors';
import { canonicalJson } from '../../kit/canonical-json';
import type { Answer, Ask, Subject } from '../interfaces';
import { endpointIdentity } from './endpoint';
import { indexIdentity, type IndexParts, pinIndex } from './index-subject';

/** Raise it when the same question would be put to an agent in another way. */
const AGENT_BUILD = 1;

/** What a run may use up for one question: enough for a dozen searches, and no more than a case is worth. */
const BUDGETS = { steps: 12, tokens: 60_000, minutes: 15 };
/** Nobody answers during an evaluation: what waits for a person ends as `needs_human`, after a minute. */
const WAIT_DAYS = 1 / 1_440;
/** Between two looks at the clock: a run that has used up its time and does not end is waited for no longer than any other unit. */
const BEAT_MS = 2_000;

export interface AgentSubjectParts extends IndexParts {
  agent: Pick<AgentParts, 'model'>;
}

/** A hash of all that can change what an agent answers: its model, its instructions, and the index as it stands. */
export async function agentIdentity(parts: AgentSubjectParts, input: SubjectInput): Promise<string> {
  const { index, model } = named(input);
  const { config } = await parts.agent.model(model);
  const { physical } = await pinIndex(parts, index);
  const described = {
    ...{ build: AGENT_BUILD, codeVersion: runAgentStage.codeVersion, budgets: BUDGETS },
    model: await endpointIdentity(config, input),
    index: await indexIdentity(parts, physical),
  };
  return createHash('sha256').update(canonicalJson(described)).digest('hex');
}

/**
 * An agent: each question is a run of `runAgent`, known by the question's key, so that whoever asks again after a crash waits for the same
 * run. It searches, and answers; nothing waits for a person.
 * @param client of the server that this worker is of
 */
export async function agentSubject(
  parts: AgentSubjectParts,
  input: SubjectInput,
  client: () => Client,
): Promise<Subject> {
  const { index, model } = named(input);
  const { config } = await parts.agent.model(model);
  const price = config.provider === 'openai' ? config.prices : undefined;
  return {
    identity: await agentIdentity(parts, input),
    asks: ['complete'],
    refuses: (ask) => (ask.kind === 'complete' ? unanswerable(ask) : null),
    most: () => ({ tokens: BUDGETS.tokens, usd: (BUDGETS.tokens * dearest(price)) / 1_000_000 }),
    async answer(ask, { signal, idempotencyKey, heartbeat }): Promise<Answer> {
      if (ask.kind !== 'complete') throw failure('SubjectUnsuitable', 'An agent answers questions only.');
      const began = performance.now();
      const instructions = ask.messages.filter(({ role }) => role === 'system').map(({ content }) => content);
      const run = {
        ...{ index, budgets: BUDGETS, waitDays: WAIT_DAYS, tools: ['search'] },
        ...(model === undefined ? {} : { model }),
        system: [input.system, ...instructions].filter((text) => text !== '').join('\n\n'),
        question: questionOf(ask),
      };
      const output = await runOf(client(), `evaluate-${idempotencyKey}`, run, signal, heartbeat);
      return {
        text: output.answer ?? '',
        inputTokens: output.usage.inputTokens,
        outputTokens: output.usage.outputTokens,
        usd: output.usage.usd,
        milliseconds: Math.round(performance.now() - began),
      };
    },
  };
}

const questionOf = ({ messages }: Extract<Ask, { kind: 'complete' }>): string =>
  messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => content)
    .join('\n');

/** Why an agent can not be asked this; null where it can. */
function unanswerable(ask: Extract<Ask, { kind: 'complete' }>): string | null {
  if (ask.passages.length > 0) return 'an agent looks for its own passages, and the case brings some';
  return ask.messages.some(({ role }) => role === 'assistant') ? 'an agent begins its conversations itself' : null;
}

/** Starts the run, or finds the one that an attempt before this one has started, and waits for it. */
async function runOf(
  client: Client,
  workflowId: string,
  input: object,
  signal: AbortSignal,
  heartbeat: (share: number) => void,
): Promise<RunAgentOutput> {
  const handle = await client.workflow
    .start(runAgentStage.name, {
      ...{ workflowId, taskQueue: QUEUES.llm, args: [input] },
      workflowIdConflictPolicy: 'USE_EXISTING',
      // A run that is over answers again; only what failed is tried anew.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    })
    .catch((error: unknown) => {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return client.workflow.getHandle(workflowId);
      throw error;
    });
  const result = handle.result().catch((error: unknown) => {
    // Why it failed, and not that it did.
    throw error instanceof WorkflowFailedError ? (error.cause ?? error) : error;
  });
  result.catch(() => undefined);
  const began = Date.now();
  for (let isOver = false; !isOver;) {
    heartbeat((Date.now() - began) / (BUDGETS.minutes * 60_000));
    const beat = sleep(BEAT_MS, false, { signal }).catch(() => false);
    isOver = await Promise.race([result.then(() => true), beat]);
    if (!signal.aborted) continue;
    // A worker that stops hands the run on; whoever cancels the evaluation wants no more answers.
    if (signal.reason instanceof CancelledFailure && signal.reason.message === 'CANCELLED')
      await handle.cancel().catch(() => undefined);
    signal.throwIfAborted();
  }
  return runAgentStage.output.parse(await result);
}

/** USD for a million tokens, of the dearer kind. */
const dearest = (prices: { input: number; output: number } | undefined): number =>
  prices ? Math.max(prices.input, prices.output) : 0;

function named({ agent }: SubjectInput): { index: string; model: string | undefined } {
  if (!agent) throw failure('InvariantBroken', 'The subject is no agent.');
  return { index: agent.index, model: agent.model };
}
