import { asyncLocalStorage } from '@temporalio/activity';
import { type CounterName, METRICS, meterName, type MetricLabels } from '../../schemas/metrics';

/** Adds to a counter of the pack for the stage whose activity this is; outside of activities there is nobody to count for. */
export function countHere<N extends CounterName>(name: N, value: number, labels: Omit<MetricLabels<N>, 'stage'>): void {
  const context = asyncLocalStorage.getStore();
  if (!context) return;
  const stage = context.info.workflowType ?? 'none';
  context.metricMeter.createCounter(meterName(name), undefined, METRICS[name].help).add(value, { stage, ...labels });
}
