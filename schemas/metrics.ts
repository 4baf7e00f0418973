/** A metric of the pack's own, as Prometheus shows it. */
export interface MetricDefinition {
  type: 'counter' | 'gauge';
  /** Beside those that Temporal's SDK adds: `namespace`, `task_queue`, and `activity_type` or `workflow_type`. */
  labels: readonly string[];
  /** What it counts, in one sentence. */
  help: string;
}

/** What the name of a counter ends in; the exporter puts it there. */
const TOTAL = '_total';

/**
 * Every metric of the pack by its name. Labels have few values each: stages, phases, queues, codes, models of the configuration;
 * never ids of runs. docs/monitoring.md lists the same, which a test holds together.
 */
export const METRICS = {
  llm_pack_units_total: {
    type: 'counter',
    labels: ['stage', 'phase'],
    help: 'Units, steps and pieces of runs that are done, each once, however often it was tried.',
  },
  llm_pack_unit_failures_total: {
    type: 'counter',
    labels: ['stage', 'activity', 'code'],
    help: 'Attempts of activities that failed, by the code of the failure; a cancellation is none.',
  },
  llm_pack_runs_ended_total: {
    type: 'counter',
    labels: ['stage', 'status'],
    help: 'Runs of stages that have ended: done, failed or cancelled.',
  },
  llm_pack_records_total: {
    type: 'counter',
    labels: ['stage', 'result'],
    help: 'Documents and rows of what was published, kept or rejected.',
  },
  llm_pack_verdicts_total: {
    type: 'counter',
    labels: ['stage', 'verdict'],
    help: 'What gates said of a candidate: promote, hold or reject.',
  },
  llm_pack_cost_micros_total: {
    type: 'counter',
    labels: ['stage', 'currency'],
    help: 'What models and devices have cost by the configured prices, in millionths of the currency.',
  },
  llm_pack_tokens_total: {
    type: 'counter',
    labels: ['stage', 'model', 'direction'],
    help: 'Tokens that were put to models and written by them: input or output.',
  },
  llm_pack_held_runs: {
    type: 'gauge',
    labels: ['stage'],
    help: 'Runs that wait for a person, as the server has them.',
  },
  llm_pack_held_oldest_seconds: {
    type: 'gauge',
    labels: ['stage'],
    help: 'How long the one that has waited longest for a person has waited.',
  },
  llm_pack_queue_backlog_tasks: {
    type: 'gauge',
    labels: ['task_queue', 'kind'],
    help: 'Tasks that wait for a worker, as the server estimates.',
  },
  llm_pack_queue_backlog_seconds: {
    type: 'gauge',
    labels: ['task_queue', 'kind'],
    help: 'How long the oldest of them has waited.',
  },
  llm_pack_queue_pollers: {
    type: 'gauge',
    labels: ['task_queue', 'kind'],
    help: 'Workers that have asked the server for tasks of the queue within the last 70 s.',
  },
  llm_pack_feed_pending_changes: {
    type: 'gauge',
    labels: ['index'],
    help: 'Changes in the outbox that are not in the index yet.',
  },
  llm_pack_feed_lag_seconds: {
    type: 'gauge',
    labels: ['index'],
    help: 'How long the oldest of them has waited.',
  },
  llm_pack_looked_timestamp_seconds: {
    type: 'gauge',
    labels: ['part'],
    help: 'When the server and the database were last asked with success: older gauges of theirs say nothing any more.',
  },
  llm_pack_event_loop_lag_seconds: {
    type: 'gauge',
    labels: ['stat'],
    help: 'How late the event loop of the worker was in the last 15 s: p50, p99 or max.',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
export type CounterName = { [N in MetricName]: (typeof METRICS)[N]['type'] extends 'counter' ? N : never }[MetricName];
export type GaugeName = Exclude<MetricName, CounterName>;
/** A value for each label of a metric. */
export type MetricLabels<N extends MetricName> = Record<(typeof METRICS)[N]['labels'][number], string>;

/** The name that a meter is told: the exporter adds the rest. */
export const meterName = (name: MetricName): string => (name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name);
