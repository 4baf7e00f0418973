// Writes dashboard.json for Grafana 11 or newer: `node docs/monitoring/make-dashboard.mjs`. A panel is a title, what it says, a unit
// of Grafana's, and expressions with their legends; test/system/monitoring.test.ts checks these against what a worker exports.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const rate = (name, by) => `sum by (${by}) (rate(${name}[5m]))`;
// Every worker that asks the server is told the same, so the greatest is as good as any.
const told = (name, by) => `max by (${by}) (${name})`;
const p95 = (name) => `histogram_quantile(0.95, sum by (le, task_queue) (rate(${name}_bucket[5m])))`;
const slots = (name) => `sum by (task_queue, worker_type) (${name})`;

const ROWS = {
  Work: [
    [
      'Units a second',
      'Units, steps and pieces that are done.',
      'ops',
      [rate('llm_pack_units_total', 'stage, phase'), '{{stage}} {{phase}}'],
    ],
    [
      'Failed attempts a second',
      'Attempts of activities that failed, by code.',
      'ops',
      [rate('llm_pack_unit_failures_total', 'stage, activity, code'), '{{stage}} {{activity}} {{code}}'],
    ],
    [
      'Runs that ended in an hour',
      'Done, failed or cancelled.',
      'short',
      ['sum by (stage, status) (increase(llm_pack_runs_ended_total[1h]))', '{{stage}} {{status}}'],
    ],
    [
      'Records an hour',
      'Documents and rows of what was published.',
      'short',
      ['sum by (stage, result) (increase(llm_pack_records_total[1h]))', '{{stage}} {{result}}'],
    ],
  ],
  'People and gates': [
    [
      'Runs that wait for a person',
      'They go on by approve or reject.',
      'short',
      [told('llm_pack_held_runs', 'stage'), '{{stage}}'],
    ],
    [
      'The longest wait',
      'Of those that wait for a person.',
      's',
      [told('llm_pack_held_oldest_seconds', 'stage'), '{{stage}}'],
    ],
    [
      'Verdicts in a day',
      'What gates said.',
      'short',
      ['sum by (stage, verdict) (increase(llm_pack_verdicts_total[1d]))', '{{stage}} {{verdict}}'],
    ],
  ],
  Cost: [
    [
      'Cost in an hour',
      'By the configured prices, in units of the currency.',
      'short',
      ['sum by (stage, currency) (increase(llm_pack_cost_micros_total[1h])) / 1e6', '{{stage}} {{currency}}'],
    ],
    [
      'Tokens a second',
      'Put to models, and written by them.',
      'short',
      [rate('llm_pack_tokens_total', 'model, direction, stage'), '{{stage}} {{model}} {{direction}}'],
    ],
  ],
  Pools: [
    [
      'Schedule to start of activities, p95',
      'How long a task waits for a slot: what a pool that is too small shows first.',
      's',
      [p95('temporal_activity_schedule_to_start_latency_seconds'), '{{task_queue}}'],
    ],
    [
      'Schedule to start of workflow tasks, p95',
      'The same for the workflows themselves.',
      's',
      [p95('temporal_workflow_task_schedule_to_start_latency_seconds'), '{{task_queue}}'],
    ],
    [
      'Slots in use',
      'Beside those that are free.',
      'short',
      [slots('temporal_worker_task_slots_used'), '{{task_queue}} {{worker_type}} used'],
      [slots('temporal_worker_task_slots_available'), '{{task_queue}} {{worker_type}} free'],
    ],
    [
      'Tasks that wait',
      'As the server estimates.',
      'short',
      [told('llm_pack_queue_backlog_tasks', 'task_queue, kind'), '{{task_queue}} {{kind}}'],
    ],
    [
      'The oldest task that waits',
      'As the server estimates.',
      's',
      [told('llm_pack_queue_backlog_seconds', 'task_queue, kind'), '{{task_queue}} {{kind}}'],
    ],
    [
      'Workers',
      'That have asked for tasks within the last 70 s.',
      'short',
      [told('llm_pack_queue_pollers', 'task_queue, kind'), '{{task_queue}} {{kind}}'],
    ],
  ],
  'Workers and feeds': [
    [
      'Lag of the event loop',
      'Heartbeats and polls wait behind it.',
      's',
      ['max by (instance, stat) (llm_pack_event_loop_lag_seconds)', '{{instance}} {{stat}}'],
    ],
    [
      'Changes that wait',
      'In the outbox of an index.',
      'short',
      [told('llm_pack_feed_pending_changes', 'index'), '{{index}}'],
    ],
    [
      'How far feeds are behind',
      'The age of the oldest change that is not in the index.',
      's',
      [told('llm_pack_feed_lag_seconds', 'index'), '{{index}}'],
    ],
    [
      'Age of what server and database said',
      'Gauges of theirs stand still where this grows.',
      's',
      ['time() - max by (part) (llm_pack_looked_timestamp_seconds)', '{{part}}'],
    ],
  ],
};

const WIDTH = 24;
const [PANEL_WIDTH, PANEL_HEIGHT] = [8, 8];
const source = { type: 'prometheus', uid: '${source}' };

const panels = [];
let y = 0;
for (const [title, row] of Object.entries(ROWS)) {
  panels.push({
    id: panels.length + 1,
    type: 'row',
    title,
    collapsed: false,
    gridPos: { x: 0, y, w: WIDTH, h: 1 },
    panels: [],
  });
  y += 1;
  row.forEach(([name, description, unit, ...targets], at) => {
    panels.push({
      id: panels.length + 1,
      type: 'timeseries',
      title: name,
      description,
      datasource: source,
      gridPos: {
        x: (at * PANEL_WIDTH) % WIDTH,
        y: y + Math.floor((at * PANEL_WIDTH) / WIDTH) * PANEL_HEIGHT,
        w: PANEL_WIDTH,
        h: PANEL_HEIGHT,
      },
      fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }, overrides: [] },
      options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
      targets: targets.map(([expr, legendFormat], target) => ({
        refId: String.fromCharCode(65 + target),
        datasource: source,
        expr,
        legendFormat,
      })),
    });
  });
  y += Math.ceil((row.length * PANEL_WIDTH) / WIDTH) * PANEL_HEIGHT;
}

const dashboard = {
  uid: 'temporal-llm-pack',
  title: 'temporal-llm-pack',
  tags: ['temporal', 'llm'],
  editable: true,
  schemaVersion: 39,
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
  panels,
};
writeFileSync(join(import.meta.dirname, 'dashboard.json'), `${JSON.stringify(dashboard, null, 2)}\n`);
