/**
 * Chunks a second of indexing what is embedded already, against the client's own bulk helper on the same data, and of
 * the verification after it; then documents a second of the whole way from text to a verified index, without Temporal:
 * `npx jiti bench/index.ts [--chunks 10000] [--documents 64]`. Uses ELASTICSEARCH_URL (a server for tests: indexes
 * named bench-* are made and deleted) or starts the embedded node.
 */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@elastic/elasticsearch';
import { mulberry32 } from '../activities/kit/random';
import { openBuild, sealBuild } from '../activities/indexing/build';
import { type ChunkRecord, chunkRecords, type DatasetDocument } from '../activities/indexing/chunk-record';
import { embedDocuments } from '../activities/indexing/embed';
import { embeddedUnit, writeEmbedded } from '../activities/indexing/embedded-unit';
import { buildAlias, type IndexMeta } from '../activities/indexing/index-definition';
import { indexEmbeddedUnit } from '../activities/indexing/index-unit';
import { verifyIndex } from '../activities/indexing/verify';
import { unitKey } from '../activities/kit/unit';
import { FileArtifactStore } from '../activities/stores/file-store';
import { packConfig } from '../schemas/config';
import { median } from './figures';
import { withElasticsearch } from './servers';
import { openConfiguredEncoder } from '../workers/dependencies';
import { defaultCacheDir } from '../workers/stack/cache';

const DIMENSIONS = 384; // MiniLM's
const UNIT_CHUNKS = 500; // about 64 documents of a few pages, the default of rebuildIndex
const UNIT_DOCUMENTS = 64; // its default
const CONCURRENCY = 3; // units in flight, its default too
const ROUNDS = 3;
const WORK_KEY = 'b'.repeat(64);

const META: IndexMeta = {
  workKey: WORK_KEY,
  encoder: { name: 'random', fingerprint: 'e'.repeat(64), dimensions: DIMENSIONS },
  chunking: { maxTokens: 192, overlapSentences: 1 },
  dataset: 'd'.repeat(64),
};
const quiet = { signal: new AbortController().signal, report: () => undefined };

/** Chunks of about 110 words from a vocabulary of 20,000, common ones more often, as in real text. */
function makeChunks(count: number, random: () => number): ChunkRecord[] {
  const word = () => `w${Math.floor(20_000 * random() ** 3).toString(36)}`;
  return Array.from({ length: count }, (_, at): ChunkRecord[] => {
    const text = `${Array.from({ length: 110 }, word).join(' ')}.`;
    const document = { id: `bench/${at}.md`, source: `bench/${at}.md`, title: `Document ${at}`, text };
    return chunkRecords(document, [{ ordinal: 0, start: 0, end: text.length, path: ['Section'], tokens: 110 }]);
  }).flat();
}

function makeVectors(count: number, random: () => number): Float32Array {
  const vectors = new Float32Array(count * DIMENSIONS).map(() => random() - 0.5);
  for (let at = 0; at < count; at += 1) {
    const vector = vectors.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS);
    const norm = Math.hypot(...vector);
    vector.forEach((value, dimension) => (vector[dimension] = value / norm));
  }
  return vectors;
}

interface Data {
  store: FileArtifactStore;
  units: number;
  chunks: ChunkRecord[];
  vectors: Float32Array;
}

async function publish(dir: string, chunks: ChunkRecord[], vectors: Float32Array): Promise<Data> {
  const store = new FileArtifactStore(dir);
  const units = Math.ceil(chunks.length / UNIT_CHUNKS);
  for (let unit = 0; unit < units; unit += 1) {
    const [from, to] = [unit * UNIT_CHUNKS, Math.min((unit + 1) * UNIT_CHUNKS, chunks.length)];
    const scratch = await store.scratch();
    const part = { chunks: chunks.slice(from, to), vectors: vectors.slice(from * DIMENSIONS, to * DIMENSIONS) };
    await writeEmbedded(scratch, part);
    const counts = { documents: to - from, chunks: to - from, tokens: 0 };
    const meta = { ...counts, dimensions: DIMENSIONS, encoder: META.encoder.fingerprint };
    await store.publish(unitKey(embeddedUnit(WORK_KEY, unit)), scratch, meta);
  }
  return { store, units, chunks, vectors };
}

/** Our way: from the store's files through the build alias, a few units at a time. */
async function indexUnits(search: Client, physical: string, { store, units }: Data): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let unit = next++; unit < units; unit = next++) {
      await indexEmbeddedUnit({ store, search }, { workKey: WORK_KEY, physical, unit }, quiet);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
}

/** The peer: the client's bulk helper, from memory, with batches of its default 5 MB and as many in flight as ours. */
async function indexByHelper(search: Client, physical: string, { chunks, vectors }: Data): Promise<void> {
  const vectorOf = (at: number) => Array.from(vectors.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS));
  const datasource = chunks.map(({ id: _id, ...fields }, at) => ({ ...fields, unit: 0, vector: vectorOf(at) }));
  await search.helpers.bulk({
    datasource,
    concurrency: CONCURRENCY,
    onDocument: ({ doc_id }) => ({ index: { _index: buildAlias(physical), _id: doc_id } }),
    onDrop: ({ error }) => {
      throw new Error(`dropped: ${JSON.stringify(error)}`);
    },
  });
}

/** Seconds of writing all chunks into a new index; its making and sealing are not counted. */
async function timed(search: Client, physical: string, write: () => Promise<void>): Promise<number> {
  await openBuild(search, physical, META, 1);
  const start = performance.now();
  await write();
  const seconds = (performance.now() - start) / 1_000;
  await sealBuild(search, physical, 0, quiet.signal);
  return seconds;
}

async function compare(search: Client, data: Data): Promise<void> {
  const rate = (seconds: number) => Math.round(data.chunks.length / seconds);
  const seconds: Record<'ours' | 'helper' | 'verify', number[]> = { ours: [], helper: [], verify: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [ours, helper] = [`bench-${process.pid}-ours-${round}`, `bench-${process.pid}-helper-${round}`];
    const took = { ours: 0, helper: 0 };
    const sides = {
      ours: async () => (took.ours = await timed(search, ours, () => indexUnits(search, ours, data))),
      helper: async () => (took.helper = await timed(search, helper, () => indexByHelper(search, helper, data))),
    };
    // By turns: what the first leaves to be merged in the background slows the second.
    for (const side of round % 2 ? (['ours', 'helper'] as const) : (['helper', 'ours'] as const)) await sides[side]();
    const start = performance.now();
    await verifyIndex({ store: data.store, search }, { workKey: WORK_KEY, physical: ours, units: data.units }, quiet);
    const verify = (performance.now() - start) / 1_000;
    await search.indices.delete({ index: [ours, helper] });
    if (round === 0) continue; // the server warms up
    seconds.ours.push(took.ours);
    seconds.helper.push(took.helper);
    seconds.verify.push(verify);
    console.log(`round ${round}: ours ${rate(took.ours)}/s, helper ${rate(took.helper)}/s, verify ${rate(verify)}/s`);
  }
  const ratios = seconds.helper.map((helper, round) => helper / (seconds.ours[round] ?? Number.NaN));
  console.log(
    `median of ${ROUNDS}: ours / bulk helper ${median(ratios).toFixed(2)}; ` +
      `ours ${rate(median(seconds.ours))}, helper ${rate(median(seconds.helper))}, verify ${rate(median(seconds.verify))} chunks/s`,
  );
}

/** The Markdown files of the installed packages, in the order of their paths: real text that everybody has. */
async function realDocuments(count: number): Promise<DatasetDocument[]> {
  const files = (await readdir('node_modules', { recursive: true })).filter((file) => file.endsWith('.md')).sort();
  const documents: DatasetDocument[] = [];
  // Spread over all packages: neighbours are much alike.
  for (let at = 0; at < count; at += 1) {
    const file = files[Math.floor((at * files.length) / count)];
    if (file === undefined) break;
    const text = await readFile(path.join('node_modules', file), 'utf8');
    documents.push({ id: `${at}-${file}`, source: file, title: path.basename(path.dirname(file)), text });
  }
  return documents;
}

/** Every step of a rebuild from documents in memory to a verified index, one after the other; nothing overlaps. */
async function wholePath(search: Client, store: FileArtifactStore, documents: DatasetDocument[]): Promise<void> {
  const encoder = await openConfiguredEncoder({ config: packConfig.parse({}), cacheDir: defaultCacheDir() }, (line) =>
    console.error(line),
  );
  const meta = { ...META, workKey: 'c'.repeat(64), encoder: encoder.identity };
  const { workKey, chunking } = meta;
  const physical = `bench-${process.pid}-whole`;
  const seconds: Record<string, number> = {};
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    seconds[name] = (seconds[name] ?? 0) + (performance.now() - start) / 1_000;
    return result;
  };
  await openBuild(search, physical, meta, 1);
  const units = Math.ceil(documents.length / UNIT_DOCUMENTS);
  let chunks = 0;
  for (let unit = 0; unit < units; unit += 1) {
    const part = documents.slice(unit * UNIT_DOCUMENTS, (unit + 1) * UNIT_DOCUMENTS);
    const embedded = await step('embed', () => embedDocuments(part, encoder, chunking, quiet));
    const scratch = await store.scratch();
    await step('store', async () => {
      await writeEmbedded(scratch, embedded);
      const counts = { documents: part.length, chunks: embedded.chunks.length, tokens: embedded.tokens };
      const { dimensions, fingerprint } = encoder.identity;
      await store.publish(unitKey(embeddedUnit(workKey, unit)), scratch, {
        ...counts,
        dimensions,
        encoder: fingerprint,
      });
    });
    chunks += (await step('index', () => indexEmbeddedUnit({ store, search }, { workKey, physical, unit }, quiet)))
      .chunks;
  }
  await step('seal', () => sealBuild(search, physical, 0, quiet.signal));
  await step('verify', () => verifyIndex({ store, search }, { workKey, physical, units }, quiet));
  await search.indices.delete({ index: physical });
  await encoder.close();
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const shares = Object.entries(seconds).map(([name, value]) => `${name} ${Math.round((100 * value) / total)}%`);
  const rates = `${(documents.length / total).toFixed(1)} documents/s, ${(chunks / total).toFixed(1)} chunks/s`;
  console.log(`whole path: ${documents.length} documents, ${chunks} chunks: ${rates} (${shares.join(', ')})`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { chunks: { type: 'string', default: '10000' }, documents: { type: 'string', default: '64' } },
  });
  await withElasticsearch(async (search, { dir, isOwn }) => {
    const random = mulberry32(1);
    const chunks = makeChunks(Number(values.chunks), random);
    const data = await publish(path.join(dir, 'store'), chunks, makeVectors(chunks.length, random));
    const { version } = await search.info();
    console.log(
      `node ${process.version}, Elasticsearch ${version.number}, ${availableParallelism()} cores, ${chunks.length} chunks`,
    );
    // The parent breaker counts garbage that the small heap has not collected yet, and stops either side by chance.
    if (isOwn) await search.cluster.putSettings({ persistent: { 'indices.breaker.total.limit': '100%' } });
    await compare(search, data);
    await wholePath(search, data.store, await realDocuments(Number(values.documents)));
  });
}

void main();
