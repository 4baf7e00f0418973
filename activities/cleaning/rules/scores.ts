import type { CleaningRules } from '../../../schemas/recipes';
import { activeRules, STATISTICS } from './rule-table';

/** A statistic's limits under a recipe. */
interface Limits {
  breaks: 'above' | 'below';
  limit: number;
  reason: string;
}

const NUMBERS: ReadonlyMap<string, number> = new Map(STATISTICS.map((name, number) => [name, number]));

/** The statistics of one text as the filters compute them, and the first rule that one of them breaks. */
export class Scores {
  /** By the number of the statistic in `STATISTICS`; NaN where it was not computed. */
  readonly values = new Float64Array(STATISTICS.length);
  /** The reason of the first rule broken; null as long as there is none. */
  reason: string | null = null;
  /** The first reason among them that has no statistic: other thresholds would not change it. */
  fixed: string | null = null;
  private readonly limits: readonly Limits[][];

  /**
   * @param all computes every statistic of a text, so that other thresholds can be tried on them later; otherwise a
   * text is left at the first rule that it breaks.
   */
  constructor(
    rules: CleaningRules,
    readonly all: boolean,
  ) {
    const active = activeRules(rules);
    this.limits = STATISTICS.map((name) => active.filter(({ statistic }) => statistic === name));
  }

  /** Begins with another text. */
  clear(): void {
    this.values.fill(NaN);
    this.reason = null;
    this.fixed = null;
  }

  /** Whether a filter must compute the statistic: a rule is bound to it, or all are wanted. */
  wants(statistic: string): boolean {
    return this.all || this.limitsOf(statistic).length > 0;
  }

  /** Takes a statistic; true where the text needs no more of them. A value that is no number breaks no rule. */
  put(statistic: string, value: number): boolean {
    this.values[NUMBERS.get(statistic) ?? -1] = value;
    for (const { breaks, limit, reason } of this.limitsOf(statistic)) {
      if (breaks === 'above' ? value > limit : value < limit) this.reason ??= reason;
    }
    return this.done;
  }

  /** Takes a broken rule that has no statistic. */
  break(reason: string): boolean {
    this.reason ??= reason;
    this.fixed ??= reason;
    return this.done;
  }

  /** The statistics that were computed, by name. */
  byName(): Record<string, number> {
    const named: Record<string, number> = {};
    STATISTICS.forEach((name, number) => {
      const value = this.values[number] ?? NaN;
      if (Number.isFinite(value)) named[name] = value;
    });
    return named;
  }

  get done(): boolean {
    return this.reason !== null && !this.all;
  }

  private limitsOf(statistic: string): readonly Limits[] {
    return this.limits[NUMBERS.get(statistic) ?? -1] ?? [];
  }
}
