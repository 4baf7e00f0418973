/**
 * A recommendation service whose truth is known: a share of its places (the knob, 0 to 1) shows items of a class, and what is clicked follows that
 * share late, as users get used to it; clicks come by chance, more by day than by night, and are counted so many periods later.
 */
import { normal } from './simulated-values';

export interface ClickService {
  /** Click rate with the knob at 0, and how much more it is for each unit of the knob. */
  base: number;
  slope: number;
  /** Periods in which the users go 63% of their way after a move. */
  inertia: number;
  /** Periods until the clicks of a period are counted. */
  lag: number;
  /** Impressions of a period, at noon twice as many and at night almost none; Infinity for no chance. */
  impressions: number;
  /** Height of the day cycle of the click rate, as a share of it. */
  season: number;
  /** From this period on the click rate is lower by `loss` of it: a worse model, another mix of users. */
  breaks?: { period: number; loss: number };
  /** Share of the periods whose metric does not come. */
  missing?: number;
}

export const SERVICE: ClickService = {
  ...{ base: 0.05, slope: 0.04, inertia: 0, lag: 0, impressions: Infinity, season: 0 },
};

/** Periods of a day: of five minutes each. */
export const DAY = 288;
const noon = (period: number): number => Math.sin((2 * Math.PI * period) / DAY);

/** The click rate for a share that the users are used to, without chance. */
export function rateAt(service: ClickService, used: number, period: number): number {
  const { base, slope, season, breaks } = service;
  const loss = breaks && period >= breaks.period ? breaks.loss : 0;
  return (base + slope * used) * (1 + season * noon(period)) * (1 - loss);
}

/** Sets the knob for the next period, from the metric of the one that is counted now; null where none came. */
export type Turn = (metric: number | null, target: number) => number;

export interface Controlled {
  knobs: number[];
  /** The click rate without chance, period by period. */
  rates: number[];
}

export function serve(
  service: ClickService,
  turn: Turn,
  {
    periods,
    knob: initial,
    random,
    targetAt,
  }: { periods: number; knob: number; random: () => number; targetAt: (period: number) => number },
): Controlled {
  const [knobs, rates, counted]: [number[], number[], (number | null)[]] = [[], [], []];
  let [knob, used] = [initial, initial];
  for (let period = 0; period < periods; period += 1) {
    used += service.inertia === 0 ? knob - used : (knob - used) * (1 - Math.exp(-1 / service.inertia));
    const rate = rateAt(service, used, period);
    rates.push(rate);
    knobs.push(knob);
    const impressions = service.impressions * (1 + 0.9 * noon(period));
    const chance = Number.isFinite(impressions) ? Math.sqrt((rate * (1 - rate)) / impressions) * normal(random) : 0;
    counted.push(random() < (service.missing ?? 0) ? null : rate + chance);
    // Before the first is counted the service was as it is at the start.
    const metric = period < service.lag ? rateAt(service, initial, 0) : (counted[period - service.lag] ?? null);
    knob = turn(metric, targetAt(period));
  }
  return { knobs, rates };
}
