/**
 * What the durable stage costs over its bare activities: cleanDataset as a workflow on real servers, against the same
 * activities called one after another by a script with the same concurrency, on the same documents. Median of several
 * pairs in one run. `--full` takes ten times the documents.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type CpuActivities } from '../activities';
import { resolveRules, type CleanDatasetOutput } from '../schemas';
import { writeDocuments } from '../test/support/documents';
import { startPack } from '../test/support/pack';
import { median } from './figures';
import { defaultCacheDir } from '../workers/stack/cache';
import { startStack } from '../workers/stack/stack';

const PAIRS = 5;
const CONCURRENCY = 4;
const DOCUMENTS = process.argv.includes('--full') ? 20_000 : 2_000;
const UNIT_BYTES = 256 * 1024;

async function main(): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), 'llm-pack-bench-'));
  const stack = await startStack({ stateDir, cacheDir: defaultCacheDir(), env: {}, log: () => undefined });
  const { temporal, databaseUrl, elasticsearchUrl } = stack.addresses;
  const pack = await startPack({ temporalAddress: temporal.address, databaseUrl, elasticsearchUrl });
  try {
    await writeDocuments(join(pack.projectDir, 'documents'), DOCUMENTS, 1);
    const activities = createActivities(pack.dependencies).cpu as CpuActivities;
    const durable: number[] = [];
    const bare: number[] = [];
    for (let pair = 0; pair <= PAIRS; pair += 1) {
      const stageSeconds = await timed(() => asStage(pack, pair));
      const bareSeconds = await timed(() => asScript(activities, pair));
      // The first pair warms threads, caches and the JIT.
      if (pair === 0) continue;
      durable.push(stageSeconds);
      bare.push(bareSeconds);
    }
    const ratio = median(durable.map((seconds, index) => seconds / (bare[index] ?? NaN)));
    console.log(`stage over bare activities: ${ratio.toFixed(2)} (median of ${PAIRS} pairs)`);
    console.log(`${DOCUMENTS} documents: stage ${median(durable).toFixed(2)} s, bare ${median(bare).toFixed(2)} s`);
    console.log(`Node ${process.version}, ${availableParallelism()} cores, concurrency ${CONCURRENCY}`);
  } finally {
    await pack.stop();
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function asStage(pack: Awaited<ReturnType<typeof startPack>>, pair: number): Promise<CleanDatasetOutput> {
  const input = { source: 'documents', name: 'bench', recipe: 'gopher', unitBytes: UNIT_BYTES, force: true };
  const handle = await pack.start('cleanDataset', { ...input, concurrency: CONCURRENCY }, `bench-${pair}`);
  return (await handle.result()) as CleanDatasetOutput;
}

/** The phases of workflows/clean-dataset.ts, as a script would call them. */
async function asScript(activities: CpuActivities, pair: number): Promise<void> {
  const call = <A extends unknown[], R>(activity: (...args: A) => Promise<R>, ...args: A): Promise<R> =>
    new MockActivityEnvironment().run(activity, ...args);
  const formats = ['markdown', 'html', 'jsonl'] as const;
  const rules = resolveRules('gopher', {});
  const name = 'bench-bare';
  const { plan, units, files } = await call(activities.planSource, {
    source: 'documents',
    formats: [...formats],
    unitBytes: UNIT_BYTES,
  });
  const recipe = { pair };
  const { workKey } = await call(activities.beginWork, {
    stage: 'bench',
    subject: name,
    codeVersion: 1,
    inputs: [plan.sha256],
    recipe,
    force: false,
  });
  const text = { textField: 'text', idField: 'id', maxDocumentBytes: 8 * 1024 * 1024 };
  const filtered = await window(units, (unit) => call(activities.filterUnit, { workKey, plan, unit, rules, ...text }));
  const parts = 15;
  const duplicates = { workKey, units, parts, against: null };
  await window(parts, (part) => call(activities.matchUnit, { ...duplicates, part, rules }));
  const { planted } = await call(activities.clusterDuplicates, duplicates);
  const written = await window(units, (unit) => call(activities.writeShard, { workKey, unit }));
  const read = filtered.reduce((sum, unit) => sum + unit.read, 0);
  const kept = written.reduce((sum, unit) => sum + unit.kept, 0);
  const counts = { files, read, kept, rejected: read - kept, reasons: {} };
  const artifacts = await call(activities.publishDataset, {
    workKey,
    units,
    name,
    counts,
    recipe: 'gopher',
    rules,
    planted,
  });
  await call(activities.recordDataset, { workKey, name, plan, against: null, counts, planted, ...artifacts });
  await call(activities.discardWork, { workKey });
}

async function window<R>(total: number, work: (unit: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < total) {
      const unit = next++;
      results[unit] = await work(unit);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  return results;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

void main();
