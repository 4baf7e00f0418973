import { condition, defineUpdate, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import type { ControllerState } from '../activities/rollout/controller';
import {
  controlMetricStage,
  type ControlMetricInput,
  type ControlMetricOutput,
  type ControlPoint,
} from '../schemas/control-metric';
import { MESSAGES } from '../schemas/names';
import { picture } from './control/picture';
import { KillSwitch, type Killed } from './kit/kill-switch';
import { cpu, gently } from './kit/pools';
import { stageWorkflow, type StageRun } from './kit/stage';

/** A run is not older than this when it continues as new: what it replays stays short. */
const DAY_MS = 86_400_000;
/** Periods that are shown, and kept across continue-as-new. */
const SHOWN = 48;

/** Where a loop stands; kept across continue-as-new. */
export interface LoopState {
  /** Looks that were taken. */
  step: number;
  held: number;
  /** When the next look is due, in milliseconds of the workflow's clock; null before the first. */
  due: number | null;
  controller: ControllerState | null;
  /** The last looks, the oldest first. */
  points: ControlPoint[];
  /** Where the metric is to be; the input's until somebody says otherwise. */
  target: number;
  killed: Killed | null;
}

interface End {
  outcome: 'ended' | 'killed';
  reason: string;
  counts: { periods: number; held: number };
  points: ControlPoint[];
}

export const setTargetUpdate = defineUpdate<string, [number | { target: number }]>(MESSAGES.setTarget);

/** Keeps a metric at its target by a knob, one look a period, until it is killed or its time is over. */
export const controlMetric = stageWorkflow(
  controlMetricStage,
  { phases: ['plan', 'claim', 'control', 'release'] },
  async (run): Promise<ControlMetricOutput> => {
    const { input } = run;
    const { strategy: name, knob, low, high, safe } = input.loop;
    const state = run.carried<LoopState>('control') ?? start(input.loop.target);
    const kill = new KillSwitch(
      state,
      'Set the knob to its safe value and end, now. Input: {"by": "your name", "note": "why"}.',
      // What is left to do is to let go of the knob, and that waits for nobody.
      () => run.controls.paused && run.controls.setPaused(false),
    );
    setHandler(
      setTargetUpdate,
      (wanted) => {
        state.target = numberOf(wanted);
        return `The target is ${state.target} from the next look on.`;
      },
      {
        description: 'Another target, from the next look on. Input: a number, or {"target": 0.05}.',
        validator: (wanted: number | { target: number }) => {
          if (!Number.isFinite(numberOf(wanted))) throw new Error('Give a number, or {"target": 0.05}.');
        },
      },
    );
    const planned = await run.step('plan', () =>
      cpu().planControl({ loop: input.loop, newStrategy: input.newStrategy }),
    );
    if (input.dryRun) {
      const at = new Date().toISOString();
      const { points } = await run.step('claim', () => cpu().previewControl({ input: settingsOf(input, state), at }));
      run.board.showSheet('control', picture(input.loop, points, null));
      const held = points.filter((point) => point.held !== null).length;
      const counts = { periods: points.length, held };
      const value = planned.value ?? safe;
      return { outcome: 'dry-run', strategy: name, knob, counts, points, value, reason: 'a dry run turns nothing' };
    }

    const holder = `${workflowInfo().workflowId}/${workflowInfo().firstExecutionRunId}`;
    const held = { name, knob, holder };
    // Whoever ends the run in another way wants the knob where it does no harm.
    run.onStop((how) => {
      const reason = `the run ${how === 'failed' ? 'has failed' : 'was cancelled'}`;
      return gently().releaseKnob({ ...held, value: safe, reason });
    });
    const { begins } = await run.step('claim', () => cpu().claimKnob({ ...held, low, high, safe, force: input.force }));
    const end = await run.staged<LoopState, End>('control', state, (_state, rest) =>
      turn(run, kill, { state, rest, holder, begins }),
    );
    run.board.alert(null);
    const value = end.outcome === 'killed' ? safe : null;
    // Not a step of the kit: those wait while the run is paused, and this must not.
    run.board.begin('release', 1);
    await gently().releaseKnob({ ...held, value, reason: end.reason });
    run.board.advance();
    return { ...end, strategy: name, knob, value: value ?? end.points.at(-1)?.knob ?? begins };
  },
);

const start = (target: number): LoopState => ({
  ...{ step: 0, held: 0, due: null, controller: null, points: [], target, killed: null },
});

interface Under {
  state: LoopState;
  rest: (state: LoopState, isDue?: boolean) => Promise<void>;
  holder: string;
  begins: number;
}

async function turn(
  run: StageRun<ControlMetricInput>,
  kill: KillSwitch,
  { state, rest, holder, begins }: Under,
): Promise<End> {
  const { input } = run;
  const period = input.periodSeconds * 1_000;
  const show = (next: number | null) => {
    run.board.count({ periods: state.step, held: state.held });
    run.board.showSheet('control', picture({ ...input.loop, target: state.target }, state.points, next));
  };
  const end = (outcome: End['outcome'], reason: string): End => {
    const { step: periods, held, points } = state;
    show(null);
    return { outcome, reason, counts: { periods, held }, points: points.slice(-1) };
  };
  let due = state.due ?? Date.now() + period;
  state.due = due;
  show(due);
  for (;;) {
    if (kill.killed) return end('killed', killedBy(kill.killed));
    if (input.periods > 0 && state.step >= input.periods) return end('ended', `after ${state.step} periods`);
    await rest(state, Date.now() - workflowInfo().runStartTime.getTime() >= DAY_MS);
    await kill.unless(() => sleep(Math.max(1, due - Date.now())));
    await condition(() => !run.controls.paused || kill.killed !== null);
    if (kill.killed) continue;
    // The look is at what is newest, also where it comes late.
    const missed = Math.max(0, Math.floor((Date.now() - due) / period));
    const at = due + missed * period;
    const looked = await kill.unless(() =>
      gently().controlStep({
        ...{ input: settingsOf(input, state), holder, begins },
        ...{ step: state.step, at: new Date(at).toISOString(), missed, state: state.controller },
      }),
    );
    if (!looked) continue;
    const { point } = looked;
    state.controller = looked.state;
    state.step += 1;
    state.held += point.held === null ? 0 : 1;
    due = at + period;
    state.due = due;
    state.points = [...state.points, point].slice(-SHOWN);
    show(due);
    run.board.alert(point.held === null ? null : `The knob stays at ${point.knob}: ${point.held}`);
  }
}

/** What of the input a step needs: the same fields go into each of many. */
const settingsOf = (
  {
    loop,
    periodSeconds,
    windowPeriods,
    lagPeriods,
    settlePeriods,
    inertiaPeriods,
    maxStep,
    minimumCount,
    freshSeconds,
  }: ControlMetricInput,
  { target }: LoopState,
) => ({
  ...{
    loop: { ...loop, target },
    periodSeconds,
    windowPeriods,
    lagPeriods,
    settlePeriods,
    inertiaPeriods,
    minimumCount,
  },
  ...(maxStep === undefined ? {} : { maxStep }),
  ...(freshSeconds === undefined ? {} : { freshSeconds }),
});

const killedBy = ({ by, note }: Killed): string => `killed by ${by}${note ? `: ${note}` : ''}`;

const numberOf = (wanted: number | { target: number }): number =>
  typeof wanted === 'object' && wanted !== null ? wanted.target : wanted;
