import { Runtime } from '@temporalio/worker';
import { type GaugeName, METRICS, meterName, type MetricLabels } from '../../schemas/metrics';

/** Sets a gauge of this process. */
export function setGauge<N extends GaugeName>(name: N, value: number, labels: MetricLabels<N>): void {
  Runtime.instance()
    .metricMeter.createGauge(meterName(name), 'float', undefined, METRICS[name].help)
    .set(value, labels);
}
