import { Context } from '@temporalio/activity';
import type { ControlConfig } from '../../schemas/control-config';
import { closeNames } from '../../schemas/close-names';
import { type ControlPoint, SIMULATED_METRIC } from '../../schemas/control-metric';
import type { RowSource } from '../../schemas/rollout-config';
import { failure, isFailure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { control, type ControllerState, startController } from '../rollout/controller';
import { askSource } from '../rollout/read-rows';
import type { HeldKnob, KnobClaim } from '../stores/registry-control';
import type { Registry } from '../stores/registry';
import { controllerOf, type LoopInput, needs, windowAt } from './loop-settings';
import { type MetricRow, readMetricRows, type Span, windowMetric, type WindowMetric } from './read-window';

/** Where set-point control gets its rows from. */
export interface ControlParts {
  config: ControlConfig;
  env: NodeJS.ProcessEnv;
}

/** One look, which is due at `at`. */
export interface ControlLook {
  input: LoopInput;
  holder: string;
  /** Its number; the same step is taken once. */
  step: number;
  /** When it was due, ISO 8601, by the workflow's clock. */
  at: string;
  /** Periods before it that nobody looked at: a pause, or workers that were away. */
  missed: number;
  /** Null at the first look. */
  state: ControllerState | null;
  /** Where the knob begins. */
  begins: number;
}

/** What came of a look. */
export interface ControlLooked {
  point: ControlPoint;
  state: ControllerState;
}

/** Periods after which every move has shown in full, whatever the lag, the window and the inertia. */
const MOST_MISSED = 10_000;
/** Names that are told where one is not known. */
const MOST_CLOSE = 5;
/** Windows of a dry run. */
const PREVIEW = 12;

/** The activities of `controlMetric`. What the controller computes is computed here, so that an open run replays with what was done. */
export function createControlActivities({ registry, control: parts }: { registry: Registry; control: ControlParts }) {
  const sourceOf = (name: string): RowSource | null => {
    const source = parts.config.metrics[name];
    if (source) return source;
    if (name === SIMULATED_METRIC) return null;
    const known = [...Object.keys(parts.config.metrics), SIMULATED_METRIC].join(', ');
    throw failure('MetricNotConfigured', `control.metrics.${name} is not configured; there is ${known}.`);
  };

  /** A name that is misspelt would be a new pointer, which no service reads. */
  async function mustBeKnown(strategy: string): Promise<void> {
    const known = await registry.strategies.names();
    if (known.includes(strategy)) return;
    const close = closeNames(strategy, known, MOST_CLOSE).join(', ') || 'none at all';
    throw failure('StrategyNotFound', `There is no strategy "${strategy}"; there is ${close}.`);
  }

  /** Rows of a span. @throws `Unavailable`, `MetricUnusable`, `MetricNotConfigured` */
  async function rowsOf({ loop }: LoopInput, { from, until }: Span, signal: AbortSignal): Promise<MetricRow[]> {
    const { strategy: name, knob, metric } = loop;
    const source = sourceOf(metric);
    if (source === null) {
      const value = 5 + 10 * ((await registry.control.valueOf(name, knob)) ?? loop.safe);
      return [{ at: new Date(until - 1), value, count: 1 }];
    }
    const label = `control.metrics.${metric}`;
    const between = { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
    return readMetricRows(
      label,
      await askSource(label, source, { name, knob, ...between }, { env: parts.env, signal }),
    );
  }

  /** The metric of a window; one that does not come is none, and the next look comes soon enough. */
  async function metricOf(input: LoopInput, span: Span, signal: AbortSignal): Promise<WindowMetric> {
    try {
      return windowMetric(await rowsOf(input, span, signal), span, needs(input));
    } catch (error) {
      Context.current().cancellationSignal.throwIfAborted();
      if (!isFailure(error, 'Unavailable') && !isFailure(error, 'MetricUnusable')) throw error;
      return { metric: null, observations: 0, held: (error as Error).message.split('\n')[0] ?? 'it did not come' };
    }
  }

  return {
    /** Checks what an input names, and says where the knob is. @throws `StrategyNotFound`, `MetricNotConfigured` */
    async planControl({
      loop,
      newStrategy = true,
    }: Pick<LoopInput, 'loop'> & {
      /** Absent in runs from before a new one had to be asked for. */
      newStrategy?: boolean;
    }): Promise<{ value: number | null }> {
      sourceOf(loop.metric);
      if (!newStrategy) await mustBeKnown(loop.strategy);
      return { value: (await registry.control.valueOf(loop.strategy, loop.knob)) ?? null };
    },

    /** What each of the last windows would have had the knob do by itself, from where it is now. */
    previewControl: ({ input, at }: { input: LoopInput; at: string }): Promise<{ points: ControlPoint[] }> =>
      withHeartbeat({ phase: 'preview', unit: 0 }, async (_report, signal) => {
        const period = input.periodSeconds * 1_000;
        const { low, high, safe, strategy, knob: name } = input.loop;
        const knob = (await registry.control.valueOf(strategy, name)) ?? safe;
        const state = startController(Math.min(high, Math.max(low, knob)), controllerOf(input));
        const ends = Array.from({ length: PREVIEW }, (_, back) => Date.parse(at) - (PREVIEW - 1 - back) * period);
        const spans = ends.map((end) => windowAt(input, end));
        const [first, last] = [spans[0], spans.at(-1)];
        if (!first || !last) return { points: [] };
        const rows = await rowsOf(input, { from: first.from, until: last.until }, signal);
        const points = spans.map((span): ControlPoint => {
          const { metric, held } = windowMetric(rows, span, needs(input));
          const moved = control(controllerOf(input), state, metric);
          return { at: new Date(span.until).toISOString(), metric, knob: moved.knob, held };
        });
        return { points };
      }),

    /** Takes the knob for this run, and says where it begins. @throws `KnobTaken` */
    claimKnob: (claim: KnobClaim): Promise<{ begins: number }> =>
      registry.control.claim(claim).then((begins) => ({ begins })),

    /** Looks at the metric and turns the knob, once for each step: an attempt that is made again says what the first has done. */
    controlStep: ({ input, holder, step, at, missed, state, begins }: ControlLook): Promise<ControlLooked> =>
      withHeartbeat({ phase: 'control', unit: step }, async (_report, signal) => {
        const { strategy: name, knob } = input.loop;
        const taken = await registry.control.find({ holder, step });
        if (taken) return looked(taken);
        const settings = controllerOf(input);
        const span = windowAt(input, Date.parse(at));
        const { metric, observations, held } = await metricOf(input, span, signal);
        let before = state ?? startController(begins, settings);
        // What nobody looked at passed all the same: the moves before it have shown by as much.
        for (let gone = 0; gone < Math.min(missed, MOST_MISSED); gone += 1) before = control(settings, before, null);
        const after = control(settings, before, metric);
        signal.throwIfAborted();
        const until = new Date(span.until).toISOString();
        const about = { name, knob, holder, step, at: until, metric, observations, held };
        return looked(await registry.control.take({ ...about, value: after.knob, state: after }));
      }),

    /** Lets go of the knob, and sets it to a value where one is given. */
    releaseKnob: async (release: HeldKnob & { value: number | null; reason: string }): Promise<null> => {
      await registry.control.release(release);
      return null;
    },
  };
}

const looked = ({
  at,
  metric,
  value,
  held,
  state,
}: {
  at: string;
  metric: number | null;
  value: number;
  held: string | null;
  state: unknown;
}): ControlLooked => ({ point: { at, metric, knob: value, held }, state: state as ControllerState });
