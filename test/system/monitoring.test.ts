import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Registry } from '../../activities/stores/registry';
import { METRICS, type MetricName } from '../../schemas/metrics';
import { QUEUES } from '../../schemas/names';
import { traceStarts } from '../../workers/monitoring/client-interceptor';
import { openTracing, type Tracing } from '../../workers/monitoring/tracing';
import { readExposition, type Sample } from '../support/exposition';
import { freePort } from '../support/free-port';
import { type OpenAIServer, startOpenAIServer } from '../support/openai-server';
import { readPromql } from '../support/promql';
import { sharedServers } from '../support/shared-servers';
import { type CollectedSpan, startTraceCollector } from '../support/trace-collector';
import { stubTraining, writeRows } from '../support/training';
import { alertExpressions, dashboardExpressions } from '../support/watch-files';
import { build, CliProject, says } from './cli-process';

const SECRET = 'a-key-that-nobody-may-read';
const FEED = `watched-${process.pid}`;

/** One worker of all pools, as a user starts it, that does a few stages while it is watched. */
describe('a worker that is watched', () => {
  let project: CliProject;
  let worker: ChildProcess;
  let model: OpenAIServer;
  let collector: Awaited<ReturnType<typeof startTraceCollector>>;
  let tracing: Tracing | undefined;
  let client: Client;
  let metricsUrl: string;
  let log = '';
  const closing: (() => Promise<unknown>)[] = [];

  const start = (stage: string, input: object, workflowId: string) =>
    client.workflow.start(stage, { taskQueue: QUEUES.llm, workflowId: `watched-${workflowId}`, args: [input] });
  const scrape = async (): Promise<Sample[]> => readExposition(await (await fetch(metricsUrl)).text());
  const valueOf = (samples: readonly Sample[], name: MetricName, labels: Record<string, string>): number | undefined =>
    samples.find(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )?.value;

  beforeAll(async () => {
    await build();
    const servers = sharedServers();
    collector = await startTraceCollector();
    model = await startOpenAIServer(() => ({ text: 'no idea' }));
    const port = await freePort();
    metricsUrl = `http://127.0.0.1:${port}/metrics`;
    const config = {
      ...stubTraining,
      agent: {
        models: {
          cloud: { provider: 'openai', baseUrl: model.baseUrl, model: 'm', prices: { input: 2, output: 4 } },
          extractive: { provider: 'extractive' },
        },
        model: 'cloud',
      },
      monitoring: { metrics: `127.0.0.1:${port}`, everySeconds: 1, logs: 'json' },
      currency: 'EUR',
    };
    const cases = [1, 2, 3].map((n) =>
      JSON.stringify({ id: `case-${n}`, question: `What is ${n}?`, expected: `${n}` }),
    );
    project = await CliProject.create({
      'temporal.config.ts': `export default ${JSON.stringify(config)};`,
      'docs/one.md': '# One\n\nA document of some words about a worker that is watched while it works for others.\n',
      'docs/two.md': '# One\n\nA document of some words about a worker that is watched while it works for others.\n',
      'cases.jsonl': cases.join('\n'),
    });
    await writeRows(project.dir, 'rows.jsonl');
    worker = project
      .withEnv({
        TEMPORAL_ADDRESS: servers.temporalAddress,
        DATABASE_URL: servers.databaseUrl,
        ELASTICSEARCH_URL: servers.elasticsearchUrl,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '200',
        SOME_API_KEY: SECRET,
      })
      .spawn('worker', '--pool', 'all');
    worker.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
    await says(worker, /Ready: /);

    const registry = new Registry(servers.databaseUrl);
    await registry.updates.recordTold(FEED, FEED, [{ document: 'a', title: 'A', text: 'a', source: 'a' }]);
    const connection = await Connection.connect({ address: servers.temporalAddress });
    tracing = await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, 'a-client');
    client = new Client({ connection, interceptors: { workflow: [traceStarts()] } });
    closing.push(
      () => registry.close(),
      () => connection.close(),
    );
  });
  afterAll(async () => {
    if (worker.exitCode === null && worker.kill('SIGTERM')) await once(worker, 'close');
    await tracing?.close();
    for (const close of closing) await close();
    await model.close();
    await collector.close();
    await project.remove();
  });

  it('counts what its stages have done, kept, judged and spent, and what waits for people', async () => {
    await (await start('cleanDataset', { source: 'docs', name: 'watched', recipe: 'minimal' }, 'clean')).result();
    await (
      await start('trainModel', { name: 'watched', data: { source: 'rows.jsonl' }, ...TRAINING }, 'train')
    ).result();
    const failed = await start('cleanDataset', { source: 'nowhere', name: `gone-${SECRET}` }, 'gone');
    await expect(failed.result()).rejects.toThrow();
    const judged = {
      candidate: { endpoint: 'cloud' },
      reference: { endpoint: 'extractive' },
      tasks: [{ type: 'qa', gate: { minimumCases: 15 } }],
      cases: [{ path: 'cases.jsonl' }],
      onUnsure: 'hold',
    };
    const evaluation = await start('evaluateModel', judged, 'evaluate');
    const samples = await vi.waitFor(
      async () => {
        const seen = await scrape();
        expect(valueOf(seen, 'llm_pack_held_runs', { stage: 'evaluateModel' })).toBe(1);
        expect(valueOf(seen, 'llm_pack_event_loop_lag_seconds', { stat: 'p99' })).toBeGreaterThanOrEqual(0);
        return seen;
      },
      { timeout: 60_000, interval: 500 },
    );
    const has = (name: MetricName, labels: Record<string, string>) => expect.soft(valueOf(samples, name, labels), name);
    has('llm_pack_units_total', { stage: 'cleanDataset', phase: 'filter' }).toBe(1);
    has('llm_pack_records_total', { stage: 'cleanDataset', result: 'kept' }).toBe(1);
    has('llm_pack_records_total', { stage: 'cleanDataset', result: 'rejected' }).toBe(1);
    has('llm_pack_runs_ended_total', { stage: 'cleanDataset', status: 'failed' }).toBe(1);
    has('llm_pack_unit_failures_total', { stage: 'cleanDataset', code: 'SourceNotFound' }).toBe(1);
    has('llm_pack_verdicts_total', { stage: 'evaluateModel', verdict: 'hold' }).toBe(1);
    has('llm_pack_tokens_total', { stage: 'evaluateModel', model: 'cloud', direction: 'input' }).toBe(30);
    has('llm_pack_cost_micros_total', { stage: 'evaluateModel', currency: 'EUR' }).toBe(30 * 2 + 15 * 4);
    has('llm_pack_cost_micros_total', { stage: 'trainModel', currency: 'EUR' }).toBeGreaterThan(0);
    has('llm_pack_feed_pending_changes', { index: FEED }).toBe(1);
    // Those of the file before may have asked less than 70 s ago.
    has('llm_pack_queue_pollers', { task_queue: QUEUES.cpu, kind: 'activity' }).toBeGreaterThanOrEqual(1);

    await evaluation.executeUpdate('approve', { args: [{ by: 'a test', note: 'seen' }] });
    await evaluation.result();
    await vi.waitFor(
      async () => expect(valueOf(await scrape(), 'llm_pack_held_runs', { stage: 'evaluateModel' })).toBe(0),
      { timeout: 30_000, interval: 500 },
    );
  });

  it('exports every metric and label that the dashboard and the alerts ask for, and shows every metric of the pack', async () => {
    const samples = await scrape();
    const exported = new Map<string, Set<string>>();
    for (const { name, labels } of samples) {
      const known = exported.get(name) ?? new Set(OF_PROMETHEUS);
      for (const label of Object.keys(labels)) known.add(label);
      exported.set(name, known);
    }
    const asked = new Set<string>();
    for (const { where, promql } of [...alertExpressions(), ...dashboardExpressions()]) {
      const { metrics, grouped } = readPromql(promql);
      for (const [name, selected] of metrics) {
        asked.add(name);
        const labels = exported.get(name);
        expect.soft(labels, `${where} asks for ${name}`).toBeDefined();
        expect
          .soft(
            [...selected, ...grouped].filter((label) => !labels?.has(label)),
            `${where}: labels`,
          )
          .toEqual([]);
      }
    }
    const own = [...exported.keys()].filter((name) => name.startsWith('llm_pack_'));
    expect(own.filter((name) => !asked.has(name))).toEqual([]);
    expect(own.toSorted()).toEqual(Object.keys(METRICS).toSorted());
    const definedLabels = (name: string) => METRICS[name as MetricName].labels;
    expect(own.filter((name) => definedLabels(name).some((label) => !exported.get(name)?.has(label)))).toEqual([]);
  });

  it('is one trace from the client through the workflow and its activities to the trainer', async () => {
    const wanted = ['trainer load', 'trainer train', 'trainer save'];
    const spans = await vi.waitFor(
      () => {
        const named = collector.spans.filter(({ name }) => wanted.includes(name));
        expect(new Set(named.map(({ name }) => name))).toEqual(new Set(wanted));
        const { traceId = '' } = named[0] ?? {};
        const trace = collector.spans.filter((span) => span.traceId === traceId);
        expect(trace.map(({ name }) => name)).toContain('RunWorkflow:trainModel');
        expect(trace.map(({ name }) => name)).toContain('StartWorkflow:trainModel');
        return trace;
      },
      { timeout: 30_000, interval: 200 },
    );
    const parentOf = (span: CollectedSpan | undefined) => spans.find(({ spanId }) => spanId === span?.parentSpanId);
    for (const name of wanted) {
      const chain: (string | undefined)[] = [];
      let span = spans.find((each) => each.name === name);
      for (; span; span = parentOf(span)) chain.push(`${span.service} ${span.name}`);
      expect(chain).toEqual([
        `llm-pack-worker ${name}`,
        'llm-pack-worker RunActivity:submitTraining',
        'llm-pack-worker RunWorkflow:trainModel',
        'a-client StartWorkflow:trainModel',
      ]);
    }
    const [load, train, save] = wanted.map((name) => spans.find((span) => span.name === name));
    expect(Number(load?.endTimeUnixNano)).toBeLessThanOrEqual(Number(train?.startTimeUnixNano));
    expect(Number(train?.endTimeUnixNano)).toBeLessThanOrEqual(Number(save?.startTimeUnixNano));
    // Whoever begins no trace has one all the same, by the id of the run.
    expect(spans.filter(({ name }) => name.startsWith('RunActivity:')).length).toBeGreaterThan(5);
  });

  it('begins a trace by itself for a run that nobody traces, as one of a schedule', async () => {
    const plain = new Client({ connection: client.connection });
    const input = { source: 'docs', name: 'watched', recipe: 'minimal' };
    const options = { taskQueue: QUEUES.llm, workflowId: 'watched-plain', args: [input] };
    const handle = await plain.workflow.start('cleanDataset', options);
    await handle.result();
    const traceId = handle.firstExecutionRunId.replaceAll('-', '');
    await vi.waitFor(
      () => {
        const trace = collector.spans.filter((span) => span.traceId === traceId);
        const run = trace.find(({ name }) => name === 'RunWorkflow:cleanDataset');
        expect(run?.parentSpanId ?? '').toBe('');
        const activities = trace.filter(({ name }) => name.startsWith('RunActivity:'));
        expect(activities.length).toBeGreaterThan(0);
        expect(activities.every(({ parentSpanId }) => parentSpanId === run?.spanId)).toBe(true);
      },
      { timeout: 30_000, interval: 200 },
    );
  });

  it('logs a failed attempt as a JSON line with its ids and its trace, and no secret', async () => {
    const lines = await vi.waitFor(
      () => {
        const read = log.split('\n').filter(Boolean);
        const failed = read.filter((line) => line.includes('SourceNotFound'));
        expect(failed.length).toBeGreaterThan(0);
        return failed.map((line) => JSON.parse(line) as Record<string, unknown>);
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(lines.find(({ activity }) => activity === 'planSource')).toMatchObject({
      ...{ level: 'warn', stage: 'cleanDataset', workflowId: 'watched-gone', attempt: 1, taskQueue: QUEUES.cpu },
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      error: { type: 'SourceNotFound' },
    });
    expect(log).not.toContain(SECRET);
  });

  it('is not watched where another process has the port, and says what to do', async () => {
    const { code, stderr } = await project
      .withEnv({ TEMPORAL_ADDRESS: sharedServers().temporalAddress, LOG_FORMAT: 'text' })
      .run('worker', '--pool', 'llm');
    expect(code).toBe(1);
    expect(stderr).toMatch(/Metrics can not be shown at 127\.0\.0\.1:\d+: .*in use[\s\S]*LLM_PACK_METRICS/);
  });
});

/** Those that Prometheus itself puts to what it scrapes. */
const OF_PROMETHEUS = ['instance', 'job'];

const TRAINING = {
  parameters: { steps: 20, checkpointEverySteps: 5, batchSize: 8, microBatchSize: 4, architecture: {} },
  processesPerNode: 2,
};
