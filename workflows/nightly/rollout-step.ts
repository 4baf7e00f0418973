import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { RolloutsOfName } from '../../activities/nightly/find-rollouts';
import type { NightlyRefreshInput, NightStep, NightStepResult } from '../../schemas/nightly-refresh';
import {
  type RolloutStrategyInput,
  type RolloutStrategyOutput,
  rolloutStrategyStage,
} from '../../schemas/rollout-strategy';
import { runChild } from '../kit/child-stage';
import { startLastingChild } from '../kit/lasting-child';
import { cpu } from '../kit/pools';
import type { StageRun } from '../kit/stage';
import { bindRollout } from './bind';
import { obstacle } from './order';
import { MOST_CHARS, sayOf } from './says';

type Result = Omit<NightStepResult, 'step'>;

interface RolloutStep {
  night: string;
  workflowId: string;
  done: ReadonlyMap<NightStep, NightStepResult>;
  /** Steps that the night before has left to this one. */
  pending: readonly NightStep[];
}

/**
 * The last step of a night. A rollout takes days and nights come daily: it is started as a child that lives on, and the night waits only until
 * it has begun or is refused. Where one of the name is under way nothing is started and nothing fails; what this night has made is then
 * not tried, and whatever a later one makes is.
 */
export async function rollOut(
  run: StageRun<NightlyRefreshInput>,
  rollout: RolloutStrategyInput,
  { night, workflowId, done, pending }: RolloutStep,
): Promise<Result> {
  const { dryRun } = run.input;
  // Nobody is taken from a rollout by a night that does its work again: that takes the `force` of the step itself.
  const input = { ...bindRollout(rollout, night, [...done.values()]), ...(dryRun ? { dryRun } : {}) };
  const find = () => cpu().findRollouts({ name: input.name, strategy: input.strategy });
  const found = await find();
  const reason = obstacle('rollout', done, run.input, pending);
  if (reason) return told(reason, found);
  const openOne = standingOf(found, input);
  if (openOne) return told(openOne, found);

  const child = { stage: rolloutStrategyStage.name, workflowId, input };
  if (dryRun) return told({ state: 'dry run', ...sayOf('rollout', await runChild(run, child)) }, found);
  try {
    const started = await startLastingChild<RolloutStrategyOutput>(child);
    if ('made' in started) {
      const says = `begun, and goes on by itself: ${workflowId}, run ${started.runId}`;
      return told({ state: 'under way', says, made: started.made }, found);
    }
    const { outcome } = started.result;
    const state = outcome === 'published' ? 'done' : outcome === 'reused' ? 'unchanged' : 'failed';
    return told({ state, ...sayOf('rollout', started.result) }, found);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      return told({ state: 'under way', says: `${workflowId} is open already` }, found);
    }
    if (!(error instanceof ApplicationFailure)) throw error;
    // Cooling down is no failure of the night, which would else fail every day until then.
    if (error.type === 'StrategyRefused') return told({ state: 'not due', says: firstLine(error.message) }, found);
    if (error.type !== 'RolloutRunning') throw error;
    // Somebody else's has begun since it was looked for.
    const now = await find();
    const standing = standingOf(now, input);
    if (!standing) throw error;
    return told(standing, now);
  }
}

/** What is said where a rollout of the name has the pointer; null where it is free, or taken by force. */
function standingOf({ open }: RolloutsOfName, { force }: RolloutStrategyInput): Result | null {
  if (!open) return null;
  const { isThere, isWanted, made, workflowId } = open;
  if (isThere) {
    const says = isWanted ? 'tried already' : 'not tried while another is';
    return { state: isWanted ? 'unchanged' : 'under way', says, ...(isWanted && made !== null ? { made } : {}) };
  }
  if (force) return null;
  const says = `${workflowId} has the pointer and is no longer there: give the step \`force\` once`;
  return { state: 'failed', says };
}

/** What the page says of a step's rollout, with the one under way and the one that ended last. */
const told = (result: Result, { open, last }: RolloutsOfName): Result => ({
  ...result,
  says: [
    result.says,
    ...(open ? [`Under way: ${open.says} (${open.workflowId})`] : []),
    ...(last ? [`The last rollout: ${last}`] : []),
  ]
    .join('. ')
    .slice(0, MOST_CHARS),
});

const firstLine = (message: string): string => message.split('\n')[0]?.replace(/\.$/, '') ?? '';
