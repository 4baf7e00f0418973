/** A metric that follows a knob late, with noise and a day cycle, and how a controller does on it. */
import { control, type ControllerSettings, startController } from '../../activities/rollout/controller';
import { normal } from './simulated-values';

export interface Plant {
  /** How far the metric moves for each unit of the knob. */
  gain: number;
  /** Periods until it shows. */
  lag: number;
  /** Deviation of one measurement. */
  noise: number;
  /** Height of the wave of a day of 24 periods. */
  cycle: number;
}

/** The knob is between 0 and 1 and starts at 0.2; the metric, without noise, is 5 + gain * knob. */
export interface Settled {
  /** Periods until the metric, without noise and cycle, is within 5% of the way to the target and stays there; Infinity: never. */
  settling: number;
  /** How far it went beyond, as a share of the way. */
  overshoot: number;
  knobs: number[];
}

export const START = 0.2;
export const metricAt = (knob: number, { gain }: Pick<Plant, 'gain'>): number => 5 + gain * knob;

export function settle(
  settings: ControllerSettings,
  plant: Plant,
  {
    periods,
    random,
    targetAt = () => settings.target,
  }: { periods: number; random: () => number; targetAt?: (period: number) => number },
): Settled {
  let state = startController(START, settings);
  const knobs: number[] = [];
  for (let period = 0; period < periods; period += 1) {
    const shown = knobs[period - plant.lag - 1] ?? START;
    const wave = plant.cycle * Math.sin((2 * Math.PI * period) / 24);
    const metric = metricAt(shown, plant) + wave + plant.noise * normal(random);
    state = control({ ...settings, target: targetAt(period) }, state, metric);
    knobs.push(state.knob);
  }
  const way = targetAt(periods) - metricAt(START, plant);
  const done = knobs.map((knob) => (metricAt(knob, plant) - metricAt(START, plant)) / way);
  const last = done.findLastIndex((share) => Math.abs(share - 1) > 0.05);
  return {
    settling: last === done.length - 1 ? Infinity : last + 1,
    overshoot: Math.max(0, ...done.map((share) => share - 1)),
    knobs,
  };
}
