import { condition, sleep, workflowInfo } from '@temporalio/workflow';
import type { Look } from '../../activities/rollout';
import type { RolloutStrategyInput, RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import type { Decision } from '../kit/controls';
import type { Killed, KillSwitch } from '../kit/kill-switch';
import { gently } from '../kit/pools';
import type { StageRun } from '../kit/stage';
import { picture } from './picture';

const HOUR_MS = 3_600_000;
/** A run is not older than this when it continues as new: what it replays stays short. */
const DAY_MS = 24 * HOUR_MS;

/** Where a rollout stands; kept across continue-as-new. */
export interface RolloutState {
  step: number;
  /** Milliseconds of the workflow's clock when the step began; null until the pointer has moved. */
  began: number | null;
  /** Sequence number of the rollout's first move; 0 before it. */
  sequence: number;
  looks: number;
  /** The last decision of each step. */
  decisions: (Look & { at: string })[];
  /** Why a person is asked; null while nobody is. */
  held: string | null;
  /** What the last person said who was asked. */
  approval: Decision | null;
  /** Who threw the kill switch; also what comes while the run continues as new is kept. */
  killed: Killed | null;
}

export const atStart = (): RolloutState => ({
  ...{ step: 0, began: null, sequence: 0, looks: 0, decisions: [] },
  ...{ held: null, approval: null, killed: null },
});

/** How a rollout came to its end. */
export interface RolloutEnd {
  verdict: Exclude<RolloutStrategyOutput['outcome'], 'reused' | 'dry-run'>;
  reasons: string[];
}

export interface Under {
  state: RolloutState;
  rest: (state: RolloutState, isDue?: boolean) => Promise<void>;
  /** Its workflow id and first run id. */
  rollout: string;
  version: number;
}

/**
 * From the first share to the last. It looks on while it is paused or holds for a person, for harm does not wait: a pause keeps the
 * share as it is, and a hold ends by itself where its reason is gone.
 */
export async function goThroughSteps(
  run: StageRun<RolloutStrategyInput>,
  kill: KillSwitch,
  { state, rest, rollout, version }: Under,
): Promise<RolloutEnd> {
  const { input } = run;
  const { name, steps, lookHours, lagHours } = input;
  for (;;) {
    if (kill.killed) return killed(run, kill);
    const step = steps[state.step];
    if (!step) return { verdict: 'published', reasons: state.decisions.at(-1)?.reasons ?? [] };
    if (state.began === null) {
      const key = `${rollout}/${state.step}`;
      const reason = reasonOf(state, steps.length);
      const moved = await kill.unless(() =>
        gently().moveStrategy({ name, key, rollout, candidate: version, share: step.share, reason }),
      );
      if (!moved) continue;
      state.began = Date.now();
      if (state.sequence === 0) state.sequence = moved.sequence;
    }
    run.board.showSheet('rollout', picture(input, state, Date.now()));
    await rest(state, Date.now() - workflowInfo().runStartTime.getTime() >= DAY_MS);
    const said = await kill.unless(() => untilNextLook(run, state.held, lookHours * HOUR_MS));
    if (said) {
      const reason = state.held ?? '';
      state.approval = said;
      if (!said.approved) {
        return { verdict: 'rejected', reasons: [`rejected by ${said.by}${said.note && `: ${said.note}`}`, reason] };
      }
      goOn(state);
      continue;
    }
    const look = await kill.unless(() =>
      gently().lookAtRollout({
        ...{ name, version, sequence: state.sequence, step: state.step, input: limitsOf(input) },
        hours: (Date.now() - (state.began ?? 0)) / HOUR_MS,
        until: new Date(Date.now() - lagHours * HOUR_MS).toISOString(),
      }),
    );
    if (!look) continue;
    state.looks += 1;
    state.decisions[state.step] = { ...look, at: new Date().toISOString() };
    state.held = look.action === 'hold' ? look.reasons.join('; ') : null;
    run.board.count({ step: state.step + 1, share: step.share, looks: state.looks });
    if (look.action === 'rollback') return { verdict: 'rolled-back', reasons: look.reasons };
    if (look.action === 'next' && !run.controls.paused) goOn(state);
  }
}

/** It may have held for a person, or been paused, when the switch was thrown. */
export function killed(run: StageRun<RolloutStrategyInput>, { killed: by }: KillSwitch): RolloutEnd {
  run.showStatus('running');
  return { verdict: 'killed', reasons: [`killed by ${by?.by ?? 'unnamed'}${by?.note ? `: ${by.note}` : ''}`] };
}

function goOn(state: RolloutState): void {
  state.step += 1;
  state.began = null;
  state.held = null;
}

/** Waits for the next look; where a person is asked, for their answer as well. */
async function untilNextLook(
  run: StageRun<RolloutStrategyInput>,
  held: string | null,
  ms: number,
): Promise<Decision | null> {
  if (held !== null) return run.decide(held, { within: ms });
  await sleep(ms);
  return null;
}

function reasonOf({ step, decisions, approval }: RolloutState, steps: number): string {
  const before = decisions[step - 1];
  const why = before?.action === 'hold' ? `approved by ${approval?.by ?? 'unnamed'}` : before?.reasons.join('; ');
  return `step ${step + 1} of ${steps}${why ? `: ${why}` : ''}`;
}

const limitsOf = ({
  metrics,
  steps,
  alpha,
  mismatchAlpha,
  planned,
  minimumUsers,
  minimumHours,
  maximumHours,
  lagHours,
}: RolloutStrategyInput) => ({
  ...{ metrics, steps, alpha, mismatchAlpha, planned, minimumUsers, minimumHours, maximumHours, lagHours },
});

/** Until nobody has paused the run, or somebody has thrown the switch. */
export const untilResumed = (run: StageRun<RolloutStrategyInput>, kill: KillSwitch): Promise<void> =>
  condition(() => !run.controls.paused || kill.killed !== null);
