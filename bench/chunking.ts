/**
 * How ways to cut documents, and the 8-bit encoder, compare in what is found: nDCG@10 on Cranfield, MRR@10 on CMRC, of
 * vectors alone (compared exactly) and of the search that an index has by default, each against documents that are not
 * cut, with a paired bootstrap interval: `npx jiti bench/chunking.ts [--data DIR] [--sets cranfield,cmrc]
 * [--ways "whole;sentences"] [--vectors DIR]`. Uses ELASTICSEARCH_URL (a server for tests) or starts the embedded node.
 * `--vectors` keeps vectors from run to run.
 */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@elastic/elasticsearch';
import type { EmbeddingCache } from '../activities/encoder/encode-once';
import type { Encoder } from '../activities/encoder/encoder';
import { openBuild, sealBuild } from '../activities/indexing/build';
import { bulkIndex } from '../activities/indexing/bulk';
import type { DatasetDocument } from '../activities/indexing/chunk-record';
import { embedDocuments } from '../activities/indexing/embed';
import { buildAlias } from '../activities/indexing/index-definition';
import { chunkOperations } from '../activities/indexing/index-unit';
import { mean, pairedBootstrap } from '../activities/evaluation/statistics/bootstrap';
import { hybridSearch } from '../activities/search/hybrid-search';
import { chunking } from '../schemas/chunking';
import { packConfig } from '../schemas/config';
import { withElasticsearch } from './servers';
import { openConfiguredEncoder } from '../workers/dependencies';
import { defaultCacheDir } from '../workers/stack/cache';

const K = 10;
/** The way that all others are compared with. */
const BASE = 'whole';

/** What is compared, by name: how documents are cut, and in which numbers they are embedded. */
/** What runs on CPUs. */
type Precision = 'fp32' | 'int8';
const WAYS: Record<string, { chunking: object; precision?: Precision }> = {
  whole: { chunking: { kind: 'whole' } },
  sentences: { chunking: {} },
  'sentences of 96': { chunking: { maxTokens: 96 } },
  'of 96 without context': { chunking: { maxTokens: 96, context: 'none' } },
  'parents of 48': { chunking: { kind: 'parents', maxTokens: 48 } },
  'sentences, int8': { chunking: {}, precision: 'int8' },
};

interface Collection {
  measure: string;
  documents: DatasetDocument[];
  queries: { text: string; gains: Map<string, number> }[];
  /** Of one query, from the ids of what was found. */
  score(found: readonly string[], gains: ReadonlyMap<string, number>): number;
}

const lines = async <T>(file: string): Promise<T[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** Järvelin and Kekäläinen 2002, with the gain as it is and log2(rank + 1) below it. */
function ndcg(found: readonly string[], gains: ReadonlyMap<string, number>): number {
  const discounted = (values: readonly number[]) =>
    values.slice(0, K).reduce((sum, gain, at) => sum + gain / Math.log2(at + 2), 0);
  const ideal = discounted([...gains.values()].sort((a, b) => b - a));
  return ideal === 0 ? 0 : discounted(found.map((id) => gains.get(id) ?? 0)) / ideal;
}

function reciprocalRank(found: readonly string[], gains: ReadonlyMap<string, number>): number {
  const at = found.slice(0, K).findIndex((id) => gains.has(id));
  return at === -1 ? 0 : 1 / (at + 1);
}

type Row = Record<'id' | 'title' | 'text', string>;
const asDocument = ({ id, title, text }: Row): DatasetDocument => ({ id, source: id, title, text });

const COLLECTIONS: Record<string, (data: string) => Promise<Collection>> = {
  async cranfield(data) {
    const dir = path.join(data, 'cranfield');
    const gains = new Map<string, Map<string, number>>();
    type Judgement = { query: string; document: string; code: number };
    for (const { query, document, code } of await lines<Judgement>(path.join(dir, 'judgements.jsonl'))) {
      if (code < 1) continue;
      const of = gains.get(query) ?? new Map<string, number>();
      gains.set(query, of.set(document, 5 - code));
    }
    const queries = await lines<{ id: string; text: string }>(path.join(dir, 'queries.jsonl'));
    return {
      measure: 'nDCG@10',
      documents: (await lines<Row>(path.join(dir, 'documents.jsonl'))).map(asDocument),
      queries: queries.flatMap(({ id, text }) => {
        const of = gains.get(id);
        return of ? [{ text, gains: of }] : [];
      }),
      score: ndcg,
    };
  },
  async cmrc(data) {
    const dir = path.join(data, 'cmrc2018-trial');
    const questions = await lines<{ passage: string; text: string }>(path.join(dir, 'questions.jsonl'));
    return {
      measure: 'MRR@10',
      documents: (await lines<Row>(path.join(dir, 'passages.jsonl'))).map(asDocument),
      queries: questions.map(({ passage, text }) => ({ text, gains: new Map([[passage, 1]]) })),
      score: reciprocalRank,
    };
  },
};

/** A cache in memory, and in a file where `--vectors` names a folder: a hash of 32 bytes and the vector, over and over. */
async function openCache(dir: string | undefined): Promise<EmbeddingCache> {
  const memory = new Map<string, Map<string, Float32Array>>();
  if (dir) await mkdir(dir, { recursive: true });
  const kept = async (encoder: string) => {
    const known = memory.get(encoder);
    if (known) return known;
    const vectors = new Map<string, Float32Array>();
    memory.set(encoder, vectors);
    const file = dir && path.join(dir, encoder);
    if (!file || !existsSync(file)) return vectors;
    const bytes = await readFile(file);
    const size = bytes.readUInt32LE(0);
    for (let at = 4; at + 32 + size <= bytes.length; at += 32 + size) {
      const vector = new Float32Array(Uint8Array.from(bytes.subarray(at + 32, at + 32 + size)).buffer);
      vectors.set(bytes.toString('hex', at, at + 32), vector);
    }
    return vectors;
  };
  return {
    async findEmbeddings(encoder, hashes) {
      const known = await kept(encoder);
      return new Map(hashes.flatMap((hash) => [[hash, known.get(hash)] as const]).filter(isThere));
    },
    async keepEmbeddings(encoder, vectors) {
      const known = await kept(encoder);
      const parts: Uint8Array[] = [];
      for (const [hash, vector] of vectors) {
        if (known.size === 0) {
          const head = Buffer.alloc(4);
          head.writeUInt32LE(vector.byteLength);
          parts.push(head);
        }
        known.set(hash, vector.slice());
        parts.push(Buffer.from(hash, 'hex'), Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
      }
      if (dir) await appendFile(path.join(dir, encoder), Buffer.concat(parts));
    },
  };
}

const isThere = <K, V>(entry: readonly [K, V | undefined]): entry is readonly [K, V] => entry[1] !== undefined;

const quiet = { signal: new AbortController().signal, report: () => undefined };
const UNIT_DOCUMENTS = 64;

/** Scores of each query by each list, and what the way costs. */
interface Outcome {
  chunks: number;
  lists: Record<'vectors' | 'search', number[]>;
}

async function measure(
  search: Client,
  encoder: Encoder,
  cache: EmbeddingCache,
  collection: Collection,
  way: object,
  physical: string,
): Promise<Outcome> {
  const rules = chunking.parse(way);
  const meta = { workKey: 'b'.repeat(64), encoder: encoder.identity, chunking: rules, dataset: 'd'.repeat(64) };
  await openBuild(search, physical, meta, 1);
  const { dimensions } = encoder.identity;
  const owners: string[] = [];
  const parts: Float32Array[] = [];
  for (let at = 0; at < collection.documents.length; at += UNIT_DOCUMENTS) {
    const documents = collection.documents.slice(at, at + UNIT_DOCUMENTS);
    const embedded = await embedDocuments(documents, encoder, rules, { cache, ...quiet });
    owners.push(...embedded.chunks.map(({ doc_id }) => doc_id));
    parts.push(embedded.vectors);
    const operations = chunkOperations({ ...embedded, meta: { dimensions } }, at / UNIT_DOCUMENTS, () => 1);
    await bulkIndex(search, buildAlias(physical), operations, { signal: quiet.signal, written: () => undefined });
  }
  await sealBuild(search, physical, 0, quiet.signal);
  const vectors = new Float32Array(owners.length * dimensions);
  parts.reduce((at, part) => (vectors.set(part, at), at + part.length), 0);

  const lists: Outcome['lists'] = { vectors: [], search: [] };
  for (const { text, gains } of collection.queries) {
    const query = await encoder.encode([text]);
    lists.vectors.push(collection.score(nearest(query, vectors, owners), gains));
    const known = { identity: encoder.identity, encode: () => Promise.resolve(query) };
    const hits = await hybridSearch(search, known, { alias: physical, query: text, k: K });
    lists.search.push(
      collection.score(
        hits.map(({ document }) => document.id),
        gains,
      ),
    );
  }
  await search.indices.delete({ index: physical });
  return { chunks: owners.length, lists };
}

/** Documents by the nearest of their chunks, without an index. */
function nearest(query: Float32Array, vectors: Float32Array, owners: readonly string[]): string[] {
  const best = new Map<string, number>();
  for (const [at, owner] of owners.entries()) {
    let similarity = 0;
    for (let i = 0; i < query.length; i += 1) similarity += (query[i] ?? 0) * (vectors[at * query.length + i] ?? 0);
    best.set(owner, Math.max(best.get(owner) ?? -Infinity, similarity));
  }
  return [...best]
    .sort((a, b) => b[1] - a[1])
    .slice(0, K)
    .map(([id]) => id);
}

/** The mean difference over queries with its 95% interval, paired. */
function difference(of: readonly number[], base: readonly number[]): string {
  const { mean: middle, low, high } = pairedBootstrap(base, of);
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3).slice(1)}`;
  return `${signed(middle)} (${signed(low)} to ${signed(high)})`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      sets: { type: 'string', default: Object.keys(COLLECTIONS).join(',') },
      ways: { type: 'string', default: Object.keys(WAYS).join(';') },
      vectors: { type: 'string' },
    },
  });
  if (!existsSync(values.data)) {
    console.log(`skipped: there is no ${values.data}; name the folder of the collections with --data`);
    return;
  }
  await withElasticsearch(async (search) => {
    const cache = await openCache(values.vectors);
    const open = (precision: Precision) =>
      openConfiguredEncoder(
        { config: packConfig.parse({ encoder: { precision } }), cacheDir: defaultCacheDir() },
        console.error,
      );
    const encoders = { fp32: await open('fp32'), int8: await open('int8') };
    try {
      for (const set of values.sets.split(',')) {
        const collection = await COLLECTIONS[set]?.(values.data);
        if (!collection) throw new Error(`There is no collection ${set}`);
        console.log(`\n${set}: ${collection.documents.length} documents, ${collection.queries.length} queries`);
        const { measure: name } = collection;
        console.log(`| way | chunks | vectors ${name} | against ${BASE} | search ${name} | against ${BASE} |`);
        console.log('|---|---:|---:|---|---:|---|');
        let base: Outcome | undefined;
        for (const [at, wanted] of [...new Set([BASE, ...values.ways.split(';')])].entries()) {
          const way = WAYS[wanted];
          if (!way) throw new Error(`There is no way ${wanted}`);
          const physical = `bench-chunking-${process.pid}-${set}-${at}`;
          const encoder = encoders[way.precision ?? 'fp32'];
          const outcome = await measure(search, encoder, cache, collection, way.chunking, physical);
          const reference = (base ??= outcome);
          const cells = (['vectors', 'search'] as const).flatMap((list) => [
            mean(outcome.lists[list]).toFixed(4),
            outcome === reference ? '' : difference(outcome.lists[list], reference.lists[list]),
          ]);
          console.log(`| ${[wanted, outcome.chunks, ...cells].join(' | ')} |`);
        }
      }
    } finally {
      await Promise.all([encoders.fp32.close(), encoders.int8.close()]);
    }
  });
}

void main();
