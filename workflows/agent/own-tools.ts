import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  executeChild,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentLoopParts } from './loop';
import { leftMs } from './state';

/** A call of a tool that the workflow itself is. */
export interface OwnCall {
  step: number;
  tool: string;
  arguments: Record<string, unknown>;
}

interface OwnResult {
  text: string;
  failed?: true;
}

const DAY_MS = 86_400_000;
// What a stage returns goes through the history.
const RESULT_CHARACTERS = 8_000;

/**
 * Does a call that an activity can not: it waits for a person for days, or for another stage's run. Undefined where the
 * tool is an activity's.
 * @param waited told of milliseconds that went by waiting for a person
 */
export async function ownTool(
  parts: AgentLoopParts,
  call: OwnCall,
  waited: (ms: number) => void,
): Promise<OwnResult | undefined> {
  if (call.tool === 'askPerson') return askPerson(parts, call, waited);
  if (call.tool === 'startStage') return startStage(parts, call);
  return undefined;
}

async function askPerson(
  { people, run, state }: AgentLoopParts,
  call: OwnCall,
  waited: (ms: number) => void,
): Promise<OwnResult> {
  const question = textOf(call.arguments['question']);
  const before = Date.now();
  const answer = await people.ask(`The agent asks: ${question}`, run.input.waitDays * DAY_MS);
  waited(Date.now() - before);
  if (answer) return { text: answer.answer };
  if (state.stopped === null) {
    const words = `Nobody answered within ${run.input.waitDays} days: ${question}`;
    state.end = { outcome: 'needs_human', evidence: { rule: 'askPerson', words, turns: [call.step] } };
  }
  return { text: 'Nobody answered.', failed: true };
}

/** Runs another stage to its end, as a child whose id says which step of which run started it. It has the time that the run has left. */
async function startStage({ run, state }: AgentLoopParts, { step, arguments: args }: OwnCall): Promise<OwnResult> {
  const { workflowId } = workflowInfo();
  const stage = textOf(args['stage']);
  const work = (): Promise<unknown> =>
    executeChild(stage, {
      workflowId: `${workflowId}/step-${step}-${stage}`,
      args: [args['input'] ?? {}],
      staticSummary: `${stage} · started by ${workflowId}`,
    });
  const scope = patched('stages-have-the-time-of-the-run')
    ? new CancellationScope({ cancellable: true, timeout: Math.max(1, leftMs(state, run.input.budgets, Date.now())) })
    : new CancellationScope();
  try {
    return { text: JSON.stringify(await scope.run(work)).slice(0, RESULT_CHARACTERS) };
  } catch (error) {
    if (isCancellation(error) && !CancellationScope.current().consideredCancelled) {
      return { text: `${stage} was cancelled: no time was left.`, failed: true };
    }
    if (isCancellation(error) || !(error instanceof ChildWorkflowFailure)) throw error;
    return { text: `${stage} failed: ${innermost(error)}`, failed: true };
  }
}

/** What the pack itself says of a failure, out of the SDK's wrapping. */
export function innermost(error: unknown): string {
  if (error instanceof ChildWorkflowFailure || error instanceof ActivityFailure) return innermost(error.cause);
  return error instanceof ApplicationFailure || error instanceof Error ? error.message : String(error);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
