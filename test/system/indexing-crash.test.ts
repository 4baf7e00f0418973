import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import type { DatasetDocument } from '../../activities/indexing/chunk-record';
import { embeddedUnit } from '../../activities/indexing/embedded-unit';
import { unitKey } from '../../activities/kit/unit';
import { elasticsearchIsReady } from '../../workers/stack/elasticsearch/node';
import { type Build, type Indexing, openIndexing } from '../integration/indexing-fixture';

let indexing: Indexing;
beforeAll(async () => {
  indexing = await openIndexing();
});
afterAll(() => indexing.close());

/**
 * A document of many chunks, numbered so that no two are alike. Its long title stands in each of them: batches of 5 MB
 * fill up without thousands of chunks to embed.
 */
const longDocument = (id: string, sections: number): DatasetDocument => ({
  id,
  source: id,
  title: `Ledger ${id} ${'of crates '.repeat(1_500)}`,
  text: Array.from({ length: sections }, (_, at) => {
    const entry = `Entry ${at} of ${id}: ${at * 7919} crates were counted at gate ${at % 97}.`;
    return `## Page ${at}\n\n${entry} The clerk wrote the number down twice and shut the book.`;
  }).join('\n\n'),
});

/** Kills the shared Elasticsearch as a crash does; its supervisor starts it again with the same data. */
async function killElasticsearch(): Promise<void> {
  const { nodes } = await indexing.search.nodes.info({ metric: 'process' });
  const [node] = Object.values(nodes);
  if (!node?.process) throw new Error('Elasticsearch does not tell its process');
  process.kill(node.process.id, 'SIGKILL');
}

/** Tries an activity as Temporal does, until the part that is away is back. Returns how often it failed. */
async function retried(activity: () => Promise<unknown>): Promise<number> {
  for (let failures = 0; ; failures += 1) {
    try {
      await activity();
      return failures;
    } catch (error) {
      expect(isFailure(error, 'Unavailable'), String(error)).toBe(true);
      const url = indexing.url;
      await expect
        .poll(() => elasticsearchIsReady(url).catch(() => false), { timeout: 60_000, interval: 100 })
        .toBe(true);
    }
  }
}

/** Embedding is the slow part, and not what is tested here. */
async function copyEmbeddedUnit(from: Build, to: Build, unit: number): Promise<void> {
  const { store } = indexing;
  const key = unitKey(embeddedUnit(from.workKey, unit));
  const manifest = await store.manifest(key);
  const scratch = await store.scratch();
  for (const { name } of manifest?.files ?? [])
    await copyFile(await store.localFile(key, name), path.join(scratch, name));
  await store.publish(unitKey(embeddedUnit(to.workKey, unit)), scratch, manifest?.meta ?? {});
}

it('gives the same index when Elasticsearch is killed between two batches of a unit', async () => {
  const name = `crash-${process.pid}-${Date.now()}`;
  // About 330 chunks of 20 KB: two batches.
  await indexing.publishDataset(name, [longDocument('a', 650), longDocument('b', 10)]);
  const undisturbed = await indexing.begin(name, `${name}-calm`);
  await indexing.fill(undisturbed);
  await indexing.seal(undisturbed);
  const { verified } = await indexing.verify(undisturbed);
  expect(verified).toBeGreaterThan(300);

  const build: Build = await indexing.begin(name, name);
  await copyEmbeddedUnit(undisturbed, build, 0);
  let killed: Promise<void> | undefined;
  indexing.search.diagnostic.on('response', (_error, result) => {
    if (result?.meta.request.params.path.endsWith('/_bulk')) killed ??= killElasticsearch();
  });
  expect(await retried(() => indexing.indexUnit(build, 0))).toBeGreaterThan(0);
  await killed;

  // And once more where nothing is written: while it is sealed and verified.
  await killElasticsearch();
  await retried(() => indexing.seal(build));
  await killElasticsearch();
  await retried(() => indexing.verify(build));
  expect(await indexing.contents(build.index.physical)).toEqual(await indexing.contents(undisturbed.index.physical));
});
