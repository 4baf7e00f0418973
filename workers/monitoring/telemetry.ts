import type { MetricsExporterConfig } from '@temporalio/worker';
import { listenAddress, type MonitoringConfig, parseAddress } from '../../schemas/monitoring-config';
import { POOLS, type Pool } from '../../schemas/names';

/** Where a process shows its metrics. */
export interface MetricsPlace {
  /** As the exporter is told. */
  bindAddress: string;
  /** As people and Prometheus open it. */
  url: string;
}

/** A setting that is no address. */
export class WrongMetricsAddress extends Error {
  constructor(text: string) {
    super(`LLM_PACK_METRICS is "${text}"; it must be an IP address and a port, as in 127.0.0.1:9464, or "off".`);
    this.name = 'WrongMetricsAddress';
  }
}

/**
 * Where a process with these pools shows its metrics; undefined where it shows none. Pools in processes of their own have ports of
 * their own: that of the setting is the llm pool's, the next one the cpu pool's, and so on.
 * @throws WrongMetricsAddress
 */
export function metricsPlace(
  { metrics }: MonitoringConfig,
  env: NodeJS.ProcessEnv,
  pools: readonly Pool[],
): MetricsPlace | undefined {
  const said = env['LLM_PACK_METRICS'];
  if (said === 'off') return undefined;
  if (said && !listenAddress.safeParse(said).success) throw new WrongMetricsAddress(said);
  const address = parseAddress(said || (metrics ?? ''));
  if (!address) return undefined;
  const first = Math.max(0, Math.min(...pools.map((pool) => POOLS.indexOf(pool))));
  const bindAddress = `${address.host}:${address.port + first}`;
  const isEverywhere = address.host === '0.0.0.0' || address.host === '[::]';
  return { bindAddress, url: `http://${isEverywhere ? `localhost:${address.port + first}` : bindAddress}/metrics` };
}

/**
 * The SDK's own metrics and the pack's, in one place and under the names of docs/monitoring.md; `telemetryOptions.metrics` of
 * `Runtime.install`.
 */
export const metricsTelemetry = (bindAddress: string): MetricsExporterConfig => ({
  prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
  // Every process says the same there.
  attachServiceName: false,
});
