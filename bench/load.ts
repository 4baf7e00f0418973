/**
 * Many agent runs at once beside a full outbox, on the embedded servers and one worker of all pools:
 * `npx jiti bench/load.ts [--runs 50] [--updates 500] [--svg FILE]`; `--full` is 1,000 runs and 10,000 updates. Each run searches and asks a model
 * twice, which a stub answers after half a second. Says whether a run or an update was lost, and ends with 1 where one was.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client as Postgres } from 'pg';
import { inParallel } from '../activities/kit/in-parallel';
import { mulberry32 } from '../activities/kit/random';
import { type ModelCall, type ModelReply, startOpenAIServer } from '../test/support/openai-server';
import { linesSvg, type Panel } from './lines-svg';
import { type Running, startRunning, words } from './running';

const INDEX = 'load';
const DOCUMENTS = 500;
const SAMPLE_MS = 1_000;
const STARTS_AT_ONCE = 20;
/** Of a model that answers. */
const THINKS_MS = 500;
/** After all runs are over: what is not found by then counts as lost. */
const PATIENCE_MS = 600_000;
const COLOURS = ['#1f6feb', '#d9480f', '#2b8a3e', '#862e9c'];

/** What there was at a moment. */
interface Sample {
  seconds: number;
  openRuns: number;
  queued: number;
  mebibytes: Record<string, number>;
}

/** Answers first with a search, then with words. */
const model = ({ body }: ModelCall): ModelReply =>
  body.messages.at(-1)?.role === 'tool'
    ? { text: 'That is what was found.' }
    : { toolCalls: [{ name: 'search', arguments: JSON.stringify({ query: 'w1 w2 w3' }) }] };

/** Resident memory of a process and all below it, in MiB, as Linux tells. */
function memoryOf(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    // Shared pages, such as PostgreSQL's buffers, count once: each process has its part of them.
    const pages = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(pages ?? 0) / 1024 + children.reduce((sum, child) => sum + memoryOf(child), 0);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string' },
      updates: { type: 'string' },
      svg: { type: 'string' },
      full: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs ?? (values.full ? 1_000 : 50));
  const updates = Number(values.updates ?? (values.full ? 10_000 : 500));
  const stub = await startOpenAIServer((call) => after(THINKS_MS, model(call)));
  const scripted = { provider: 'openai' as const, baseUrl: stub.baseUrl, model: 'scripted' };
  const running = await startRunning({ agent: { models: { scripted }, model: 'scripted' } });
  const postgres = new Postgres({ connectionString: running.databaseUrl });
  await postgres.connect();
  try {
    await makeIndex(running);
    await fillOutbox(postgres, updates);
    const load = await underLoad(running, postgres, runs);
    const found = await search(running, updates);
    report({ ...load, runs, updates, found });
    if (values.svg) writeFileSync(values.svg, picture(load));
    if (load.latencies.length < runs || found < updates) process.exitCode = 1;
  } finally {
    await postgres.end();
    await running.stop();
    await stub.close();
  }
}

async function makeIndex(running: Running): Promise<void> {
  const random = mulberry32(1);
  const rows = Array.from({ length: DOCUMENTS }, (_, at) => ({ id: `d${at}`, text: words(12, random) }));
  await running.writeRows('documents.jsonl', rows);
  const overrides = { dropNearDuplicates: false };
  await running.timed('cleanDataset', {
    ...{ source: 'documents.jsonl', name: INDEX, idField: 'id', recipe: 'minimal', overrides },
  });
  await running.timed('rebuildIndex', { dataset: INDEX, rollbackHours: 0 });
}

/** So many changes, each of a document of its own, so that none stands for another. */
async function fillOutbox(postgres: Postgres, updates: number): Promise<void> {
  const random = mulberry32(2);
  const texts = Array.from({ length: updates }, (_, at) => `change ${at} ${words(12, random)}`);
  await postgres.query(
    `select llm_pack.record_change($1, 'u' || at, '', text) from unnest($2::text[]) with ordinality as t(text, at)`,
    [INDEX, texts],
  );
}

/** Starts the feed and all runs, and looks every second until both are through. */
async function underLoad(running: Running, postgres: Postgres, runs: number) {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const samples: Sample[] = [];
  const latencies: [number, number][] = [];
  let open = 0;
  let over = false;
  const sampling = (async () => {
    while (!over) {
      const { rows } = await postgres.query<{ queued: number }>(
        'select count(*)::integer as queued from llm_pack.changes',
      );
      const mebibytes = Object.fromEntries(Object.entries(running.pids()).map(([name, pid]) => [name, memoryOf(pid)]));
      samples.push({ seconds: seconds(), openRuns: open, queued: rows[0]?.queued ?? 0, mebibytes });
      await after(SAMPLE_MS);
    }
  })();
  const feed = await running.start('indexFeed', { index: INDEX, untilIdle: true });
  const fed = feed.result().then(() => seconds());
  const results: Promise<void>[] = [];
  await inParallel(
    Array.from({ length: runs }, (_, at) => at),
    async (number) => {
      const asked = seconds();
      const input = {
        question: `What is w${number}?`,
        name: `load-${number}`,
        index: INDEX,
        model: 'scripted',
        grounding: 'off',
      };
      const handle = await running.start('runAgent', input);
      open += 1;
      const result = handle.result().then((output: { outcome: string }) => {
        open -= 1;
        if (output.outcome === 'answered') latencies.push([seconds(), seconds() - asked]);
      });
      results.push(result);
    },
    { lanes: STARTS_AT_ONCE },
  );
  const startedAll = seconds();
  await Promise.all(results);
  const answeredAll = seconds();
  const fedAll = await Promise.race([fed, after(PATIENCE_MS, Number.NaN, { ref: false })]);
  over = true;
  await sampling;
  return { samples, latencies, startedAll, answeredAll, fedAll };
}
type Load = Awaited<ReturnType<typeof underLoad>>;

/** How many of the changed documents are found. */
async function search({ search }: Running, updates: number): Promise<number> {
  await search.indices.refresh({ index: INDEX });
  const { count } = await search.count({ index: INDEX, query: { prefix: { doc_id: 'u' } } });
  return Math.min(count, updates);
}

function report({
  samples,
  latencies,
  startedAll,
  answeredAll,
  fedAll,
  runs,
  updates,
  found,
}: Load & { runs: number; updates: number; found: number }): void {
  const sorted = latencies.map(([, latency]) => latency).sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
  const peak = (of: (sample: Sample) => number) => Math.max(...samples.map(of)).toFixed(0);
  console.log(`node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.log(
    `${latencies.length} of ${runs} runs answered; ${peak(({ openRuns }) => openRuns)} open at once; all started after ${startedAll.toFixed(0)} s, all answered after ${answeredAll.toFixed(0)} s`,
  );
  console.log(`from start to answer: p50 ${at(0.5)} s, p95 ${at(0.95)} s, longest ${at(1)} s`);
  console.log(
    `${found} of ${updates} updates found; the outbox was empty and the feed idle after ${fedAll.toFixed(0)} s`,
  );
  for (const name of Object.keys(samples[0]?.mebibytes ?? {})) {
    const values = samples.map(({ mebibytes }) => mebibytes[name] ?? 0);
    console.log(
      `${name}: ${values[0]?.toFixed(0)} MiB at first, ${Math.max(...values).toFixed(0)} at most, ${values.at(-1)?.toFixed(0)} at the end`,
    );
  }
}

function picture({ samples, latencies }: Load): string {
  const line = (of: (sample: Sample) => number) => samples.map((sample) => [sample.seconds, of(sample)] as const);
  const panels: Panel[] = [
    {
      ...{ title: 'Agent runs that are open', unit: 'runs' },
      series: [{ name: 'open runs', colour: '#1f6feb', points: line(({ openRuns }) => openRuns) }],
    },
    {
      ...{ title: 'From the start of a run to its answer, by when it was answered', unit: 'seconds' },
      series: [{ name: 'one run', colour: '#d9480f', points: latencies, dots: true }],
    },
    {
      ...{ title: 'Changes in the outbox', unit: 'changes' },
      series: [{ name: 'queued', colour: '#2b8a3e', points: line(({ queued }) => queued) }],
    },
    {
      ...{ title: 'Memory, by part', unit: 'MiB' },
      series: Object.keys(samples[0]?.mebibytes ?? {}).map((name, at) => ({
        ...{ name, colour: COLOURS[at] ?? '#555', points: line(({ mebibytes }) => mebibytes[name] ?? 0) },
      })),
    },
  ];
  return linesSvg(panels, samples.at(-1)?.seconds ?? 1);
}

void main();
