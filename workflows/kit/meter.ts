import { metricMeter } from '@temporalio/workflow';
import { type CounterName, METRICS, meterName, type MetricLabels } from '../../schemas/metrics';

/** Adds to a counter of the pack. A replay adds nothing, and nothing of it is in the history. */
export function count<N extends CounterName>(name: N, value: number, labels: MetricLabels<N>): void {
  metricMeter.createCounter(meterName(name), undefined, METRICS[name].help).add(value, labels);
}

/** What a gate said of a candidate. */
export const countVerdict = (stage: string, verdict: 'promote' | 'hold' | 'reject'): void =>
  count('llm_pack_verdicts_total', 1, { stage, verdict });

/** A whole number of millionths: counters take no fractions. */
export const micros = (amount: number): number => Math.round(amount * 1e6);

/** Documents or rows of what a run has published, where its output says how many; what is used again was counted before. */
export function countRecords(stage: string, output: unknown): void {
  const { outcome, counts } = output as { outcome?: unknown; counts?: Record<string, unknown> };
  if (outcome !== 'published') return;
  for (const result of ['kept', 'rejected'] as const) {
    const number = counts?.[result];
    if (typeof number === 'number') count('llm_pack_records_total', number, { stage, result });
  }
}
