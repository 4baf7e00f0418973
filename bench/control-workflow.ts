/**
 * The workflow `controlMetric` itself, on Temporal's test server that skips time, with a real registry and the metric that comes with the pack: `npx
 * jiti bench/control-workflow.ts [--days N]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { createControlActivities } from '../activities/control';
import { createWorkActivities } from '../activities/kit/work';
import { FileArtifactStore } from '../activities/stores/file-store';
import { Registry } from '../activities/stores/registry';
import { controlConfig } from '../schemas/control-config';
import { controlMetricStage } from '../schemas/control-metric';
import { QUEUES } from '../schemas/names';
import { startPostgres } from '../test/support/postgres';
import { startSkippingServer } from '../test/support/skipping-server';
import { startTestWorker } from '../test/support/test-worker';
import type { History } from '../workers/cli/histories';
import { makeBundle } from '../workers/bundle';

const { values: options } = parseArgs({
  options: { days: { type: 'string', default: '7' } },
});
const PERIOD = 300;
const periods = (Number(options.days) * 86_400) / PERIOD;

async function main(): Promise<void> {
  const server = await startSkippingServer({ alone: true });
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const registry = new Registry(databaseUrl);
  await registry.migrate();
  const dir = await mkdtemp(join(tmpdir(), 'llm-pack-bench-'));
  const activities = {
    ...createWorkActivities({ registry, store: new FileArtifactStore(dir) }),
    ...createControlActivities({ registry, control: { config: controlConfig.parse({}), env: {} } }),
  };
  const cpu = await startTestWorker(server.address, undefined, activities, QUEUES.cpu);
  const llm = await startTestWorker(
    server.address,
    await makeBundle(join(__dirname, '../workflows/control-metric.ts')),
  );
  const { workflow } = llm.client;
  const input = { ...controlMetricStage.example, periodSeconds: PERIOD, periods };
  const began = performance.now();
  const first = await workflow.start('controlMetric', {
    taskQueue: llm.taskQueue,
    workflowId: 'controlMetric-bench',
    args: [input],
  });
  const output = controlMetricStage.output.parse(await first.result());
  const seconds = (performance.now() - began) / 1_000;

  const events: number[] = [];
  for (let runId: string | undefined = first.firstExecutionRunId; runId;) {
    const history: History = await workflow.getHandle(first.workflowId, runId).fetchHistory();
    events.push(history.events?.length ?? 0);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ step: number; at: Date }>(
    'select step, at from llm_pack.control_steps order by step',
  );
  await client.end();
  const [start] = rows;
  const isWhole = rows.every(
    ({ step, at }, place) => step === place && at.getTime() - (start?.at.getTime() ?? NaN) === place * PERIOD * 1_000,
  );
  if (!isWhole || rows.length !== periods) throw new Error(`${rows.length} steps, of ${periods} that were to be taken`);
  console.log(
    '| looks, each once and at its time | runs of the chain | events of the longest | metric at the end, target 8 | s |',
  );
  console.log('|---:|---:|---:|---:|---:|');
  const cells = [rows.length, events.length, Math.max(...events), output.points[0]?.metric, seconds.toFixed(0)];
  console.log(`| ${cells.join(' | ')} |`);

  await llm.stop();
  await cpu.stop();
  await registry.close();
  await postgres.stop();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}

void main();
