import { type LogMetadata } from '@temporalio/common';
import { Client } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, type NativeConnection, Runtime } from '@temporalio/worker';
import type { LogLevel } from '@temporalio/common';
import { type Pool, POOLS } from '../../schemas/names';
import type { OpenDependencies } from '../dependencies';
import { jsonLine, type LogEntry, logFormat, logLevel } from '../monitoring/log-line';
import { watchLoopLag } from '../monitoring/loop-lag';
import { redactor } from '../monitoring/redact';
import { watchServer } from '../monitoring/server-gauges';
import { type MetricsPlace, metricsPlace, metricsTelemetry, WrongMetricsAddress } from '../monitoring/telemetry';
import type { Settings } from '../settings';
import { CliError, EXIT } from './exit';
import { firstLine } from './first-line';
import type { Output } from './output';

/** The log of a worker process, on stderr. */
export interface WorkerLog {
  level: LogLevel;
  /** An entry of the SDK's, or of code of ours that runs within it. */
  entry(entry: LogEntry): void;
  /** What the process itself has to say. */
  note(this: void, message: string): void;
}

/** Lines of text for people, or JSON objects for machines; secrets of the environment are in neither. */
export function workerLog({ config, env }: Settings, out: Output): WorkerLog {
  const redact = redactor(env);
  const isJson = logFormat(config.monitoring.logs, env) === 'json';
  return {
    level: logLevel(env),
    entry: (entry) => out.note(isJson ? jsonLine(entry, redact) : textLine(entry, redact)),
    note: (message) =>
      out.note(isJson ? jsonLine({ level: 'INFO', message, at: Date.now() }, redact) : redact(message)),
  };
}

/** Where the metrics of a process go. @throws CliError (2) where LLM_PACK_METRICS is no address. */
export function workerMetrics({ config, env }: Settings, pools: readonly Pool[]): MetricsPlace | undefined {
  try {
    return metricsPlace(config.monitoring, env, pools);
  } catch (error) {
    throw error instanceof WrongMetricsAddress ? new CliError(EXIT.wrongUse, error.message) : error;
  }
}

/** Where each pool shows its metrics that has a process of its own; empty where none are shown. */
export const metricsUrls = (settings: Settings): string[] =>
  POOLS.flatMap((pool) => workerMetrics(settings, [pool])?.url ?? []);

/**
 * The SDK's own log and metrics. Signals are ours: its own handlers would race with the graceful stop.
 * @throws CliError where metrics can not be shown at their address.
 */
export function installRuntime(log: WorkerLog, metrics: MetricsPlace | undefined): void {
  try {
    Runtime.install({
      logger: new DefaultLogger(log.level, ({ level, message, meta, timestampNanos }) => {
        // Each of our workers is meant to have only the one or the other.
        if (/^No (workflows|activities) registered/.test(message)) return;
        log.entry({ level, message, meta, at: Number(timestampNanos / 1_000_000n) });
      }),
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: log.level }), forward: {} },
        ...(metrics ? { metrics: metricsTelemetry(metrics.bindAddress) } : {}),
      },
    });
  } catch (error) {
    if (!metrics || !(error instanceof Error) || !/prometheus/i.test(error.message)) throw error;
    throw new CliError(
      EXIT.failed,
      `Metrics can not be shown at ${metrics.bindAddress}: ${error.message}`,
      'Another process has that port, or the address is none of this host: set LLM_PACK_METRICS (or monitoring.metrics in temporal.config.ts) to another one, or to "off".',
      { cause: error },
    );
  }
}

export interface Watching {
  connection: NativeConnection;
  namespace: string;
  dependencies: OpenDependencies | undefined;
  settings: Settings;
  note: (message: string) => void;
}

/** Keeps the gauges of this process up to date. Returns what ends it. */
export function watch({ connection, namespace, dependencies, settings, note }: Watching): () => Promise<void> {
  const endLag = watchLoopLag();
  const endServer = watchServer({
    client: new Client({ connection, namespace }),
    registry: dependencies?.registry,
    everySeconds: settings.config.monitoring.everySeconds,
    note,
  });
  return async () => {
    endLag();
    await endServer();
  };
}

/** What the SDK says of an entry, as far as people care. */
interface LogAbout {
  workflowId?: string;
  activityType?: string;
  attempt?: number;
  error?: unknown;
}

const textLine = ({ level, message, meta, at }: LogEntry, redact: (text: string) => string): string =>
  redact(`${new Date(at).toISOString()} [${level}] ${message}${about(meta)}`);

/** What a log entry is about, without the task tokens and ids that nobody reads. */
function about(meta: LogMetadata = {}): string {
  const { workflowId, activityType, attempt, error } = meta as LogAbout;
  const parts = [activityType, workflowId, attempt === undefined ? undefined : `attempt ${attempt}`];
  const where = parts.filter((part) => part !== undefined);
  return `${where.length > 0 ? ` (${where.join(', ')})` : ''}${error === undefined ? '' : `: ${firstLine(error)}`}`;
}
