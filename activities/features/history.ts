import type { FeatureSpec } from '../../schemas/features';

export type WindowSpec = Extract<FeatureSpec, { kind: 'window' }>;

/** What the rows of one (entity, time, number) are to windows: several windows may look at the same. */
export interface Series {
  entity: string;
  time: string;
  /** null where rows are counted. */
  column: string | null;
}

/** A row as windows of other rows see it. */
export interface HistoryEvent {
  /** Place among the series of the recipe. */
  series: number;
  entity: string;
  /** Milliseconds since 1970. */
  time: number;
  /** 0 where rows are counted. */
  value: number;
}

const HOUR = 3_600_000;

/** The series of a recipe, in the order in which its features first name them. */
export function seriesOf(features: readonly FeatureSpec[]): Series[] {
  const found = new Map<string, Series>();
  for (const spec of features) {
    if (spec.kind !== 'window') continue;
    const { entity, time, column = null } = spec;
    const key = JSON.stringify([entity, time, column]);
    if (!found.has(key)) found.set(key, { entity, time, column });
  }
  return [...found.values()];
}

export const seriesPlace = (series: readonly Series[], spec: WindowSpec): number =>
  series.findIndex(
    ({ entity, time, column }) => entity === spec.entity && time === spec.time && column === (spec.column ?? null),
  );

/** Hours that the longest window looks back; 0 where there is none. */
export const longestWindow = (features: readonly FeatureSpec[]): number =>
  Math.max(0, ...features.map((spec) => (spec.kind === 'window' ? spec.hours : 0)));

/** The events of one entity in one series. */
interface Timeline {
  series: number;
  entity: string;
  times: number[];
  values: number[];
}

/**
 * Events by series and entity, for windows to look back on. The order in which events are given does not matter: they
 * are kept by time, then value, so that a sum adds the same numbers in the same order wherever it is made.
 */
export class WindowHistory {
  private readonly timelines = new Map<string, Timeline>();

  constructor(events: Iterable<HistoryEvent> = []) {
    for (const { series, entity, time, value } of events) {
      const key = `${series} ${entity}`;
      let line = this.timelines.get(key);
      if (!line) this.timelines.set(key, (line = { series, entity, times: [], values: [] }));
      line.times.push(time);
      line.values.push(value);
    }
    for (const line of this.timelines.values()) inOrder(line);
  }

  /** This history and some events more. */
  with(events: Iterable<HistoryEvent>): WindowHistory {
    return new WindowHistory([...this.events(), ...events]);
  }

  /**
   * The aggregate over the events of `entity` in the `hours` before `time`: the first moment of the window belongs to
   * it, `time` itself does not. A mean of none is null.
   */
  aggregate(series: number, entity: string, time: number, { hours, aggregate }: WindowSpec): number | null {
    const line = this.timelines.get(`${series} ${entity}`);
    const from = line ? firstAtOrAfter(line.times, time - hours * HOUR) : 0;
    const to = line ? firstAtOrAfter(line.times, time) : 0;
    if (aggregate === 'count') return to - from;
    let sum = 0;
    for (let at = from; at < to; at++) sum += line?.values[at] ?? 0;
    if (aggregate === 'sum') return sum;
    return to === from ? null : sum / (to - from);
  }

  private *events(): Generator<HistoryEvent> {
    for (const { series, entity, times, values } of this.timelines.values()) {
      for (const [at, time] of times.entries()) yield { series, entity, time, value: values[at] ?? 0 };
    }
  }
}

/** Sorts a timeline by time, then value; most are in order as they come. */
function inOrder(line: Timeline): void {
  const { times, values } = line;
  const compare = (a: number, b: number) => (times[a] ?? 0) - (times[b] ?? 0) || (values[a] ?? 0) - (values[b] ?? 0);
  if (times.every((_, at) => at === 0 || compare(at - 1, at) <= 0)) return;
  const order = [...times.keys()].sort(compare);
  line.times = order.map((at) => times[at] ?? 0);
  line.values = order.map((at) => values[at] ?? 0);
}

function firstAtOrAfter(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
