/**
 * How well an index answers the queries of two public collections, through the real search engine: each list by itself,
 * both fused by rank, and what a fit makes of them, cross-validated by query, with 95% intervals and the time of a query:
 * `npx jiti bench/relevance.ts [--data DIR] [--cache DIR] [--only NAME] [--full]`. `--only` takes
 * one collection, `cranfield` or `cmrc`, `--full` takes whole documents beside chunked ones.
 * Uses ELASTICSEARCH_URL (indexes named bench-* are made and deleted) or starts the embedded node. Embeddings are kept in
 * the cache: they take minutes.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@elastic/elasticsearch';
import type { Encoder } from '../activities/encoder/encoder';
import { openBuild, sealBuild } from '../activities/indexing/build';
import { chunkRecords, type DatasetDocument, embeddingText } from '../activities/indexing/chunk-record';
import { embedDocuments } from '../activities/indexing/embed';
import { embeddedUnit, writeEmbedded } from '../activities/indexing/embedded-unit';
import { indexEmbeddedUnit } from '../activities/indexing/index-unit';
import { unitKey } from '../activities/kit/unit';
import { bootstrapMean, pairedBootstrap } from '../activities/evaluation/statistics/bootstrap';
import { describeFit, interval } from '../activities/relevance/describe';
import { engineSource, type Measured, measure } from '../activities/relevance/engine';
import { type Fitted, fitFusion, K, type Way } from '../activities/relevance/fit';
import { foldOf, FOLDS, type GoldenQuery } from '../activities/relevance/golden';
import { hybridSearch } from '../activities/search/hybrid-search';
import { scriptOf } from '../activities/search/script';
import { FileArtifactStore } from '../activities/stores/file-store';
import { packConfig } from '../schemas/config';
import { chunking } from '../schemas/rebuild-index';
import type { Fusion, SearchProfile } from '../schemas/relevance';
import { withElasticsearch } from './servers';
import { openConfiguredEncoder } from '../workers/dependencies';
import { defaultCacheDir } from '../workers/stack/cache';

const CHUNKING = chunking.parse({});
const quiet = { signal: new AbortController().signal, report: () => undefined };

interface Collection {
  name: string;
  documents: DatasetDocument[];
  queries: GoldenQuery[];
}

async function jsonLines<T>(...parts: string[]): Promise<T[]> {
  const text = await readFile(path.join(...parts), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

type Text = { id: string; title: string; text: string };
const documentOf = ({ id, title, text }: Text): DatasetDocument => ({ id, source: id, title, text });

/** Gains are 5 - code, 4 to 1; a code of -1 is not defined, and left out. */
async function cranfield(data: string): Promise<Collection> {
  const dir = path.join(data, 'cranfield');
  const documents = (await jsonLines<Text>(dir, 'documents.jsonl')).filter(({ text }) => text !== '').map(documentOf);
  const gains = new Map<string, Map<string, number>>();
  type Judgement = { query: string; document: string; code: number };
  for (const { query, document, code } of await jsonLines<Judgement>(dir, 'judgements.jsonl')) {
    if (code > 0) gains.set(query, (gains.get(query) ?? new Map<string, number>()).set(document, 5 - code));
  }
  const queries = (await jsonLines<Text>(dir, 'queries.jsonl')).map(({ id, text }) => ({
    query: text,
    gains: gains.get(id) ?? new Map<string, number>(),
  }));
  return { name: 'cranfield', documents, queries };
}

/** The passage that a question was asked about is the one that answers it. */
async function cmrc(data: string): Promise<Collection> {
  const dir = path.join(data, 'cmrc2018-trial');
  const documents = (await jsonLines<Text>(dir, 'passages.jsonl')).map(documentOf);
  const questions = await jsonLines<Text & { passage: string }>(dir, 'questions.jsonl');
  // Two of them have no text.
  const asked = questions.filter(({ text }) => text.trim() !== '');
  const queries = asked.map(({ passage, text }) => ({ query: text, gains: new Map([[passage, 1]]) }));
  return { name: 'cmrc', documents, queries };
}

/** A sealed index of the collection, chunked as rebuildIndex does, or with each document as one chunk. */
async function buildIndex(
  { search, encoder, store }: Tools,
  { name, documents }: Collection,
  whole: boolean,
): Promise<string> {
  const { fingerprint, dimensions } = encoder.identity;
  const workKey = createHash('sha256').update(`${name} ${whole} ${fingerprint}`).digest('hex');
  const physical = `bench-${process.pid}-${name}-${whole ? 'whole' : 'chunked'}`;
  if (!(await store.manifest(unitKey(embeddedUnit(workKey, 0))))) {
    console.error(`embedding ${documents.length} documents of ${name}${whole ? ', each as a whole' : ''}`);
    const embedded = whole
      ? await embedWhole(encoder, documents)
      : await embedDocuments(documents, encoder, CHUNKING, quiet);
    const dir = await store.scratch();
    await writeEmbedded(dir, embedded);
    const counts = { documents: documents.length, chunks: embedded.chunks.length, tokens: 0 };
    await store.publish(unitKey(embeddedUnit(workKey, 0)), dir, { ...counts, dimensions, encoder: fingerprint });
  }
  const dataset = createHash('sha256').update(name).digest('hex');
  await openBuild(search, physical, { workKey, encoder: encoder.identity, chunking: CHUNKING, dataset }, 1);
  await indexEmbeddedUnit({ store, search }, { workKey, physical, unit: 0 }, quiet);
  await sealBuild(search, physical, 0, quiet.signal);
  return physical;
}

async function embedWhole(encoder: Encoder, documents: readonly DatasetDocument[]) {
  const chunks = documents.flatMap((document) =>
    chunkRecords(document, [{ ordinal: 0, start: 0, end: document.text.length, path: [], tokens: 0 }]),
  );
  return { chunks, vectors: await encoder.encode(chunks.map(embeddingText)) };
}

interface Tools {
  search: Client;
  encoder: Encoder;
  store: FileArtifactStore;
}

const same = (fusion: Fusion): SearchProfile => ({ cjk: fusion, other: fusion });
const FIXED: Record<string, Fusion> = {
  'words alone': { method: 'weighted', words: 1, vector: 0, feedback: null },
  'vectors alone': { method: 'weighted', words: 0, vector: 1, feedback: null },
  'fused by rank': { method: 'rrf' },
};
const FITTED: Record<string, (fit: Fitted) => Way> = {
  'fitted weights': () => 'weighted',
  'fitted weights and feedback': () => 'feedback',
  'what the fit takes': ({ way }) => way,
};

/** Each query is answered by what was fitted on the other four folds. */
async function crossValidated(
  { search, encoder }: Tools,
  index: string,
  queries: readonly GoldenQuery[],
): Promise<Record<string, Measured>> {
  const measured: Record<string, Measured> = {};
  for (const [name, fusion] of Object.entries(FIXED)) {
    measured[name] = await measure(search, encoder, { alias: index, profile: same(fusion) }, queries);
  }
  const source = engineSource(search, encoder, index);
  const parts: Record<string, { at: number[]; scores: Measured }[]> = {};
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const at = [...queries.keys()].filter((query) => foldOf(queries[query]?.query ?? '') === fold);
    const held = at.flatMap((query) => queries[query] ?? []);
    const fit = await fitFusion(
      queries.filter(({ query }) => foldOf(query) !== fold),
      source,
    );
    console.log(`  fold ${fold}: ${describeFit(scriptOf(held[0]?.query ?? ''), fit)}`);
    for (const [name, wayOf] of Object.entries(FITTED)) {
      const profile = same(fit.ways[wayOf(fit)].fusion);
      (parts[name] ??= []).push({ at, scores: await measure(search, encoder, { alias: index, profile }, held) });
    }
  }
  for (const [name, folds] of Object.entries(parts)) {
    const put = (metric: keyof Measured) => {
      const all = new Array<number>(queries.length).fill(0);
      for (const { at, scores } of folds) at.forEach((query, place) => (all[query] = scores[metric][place] ?? 0));
      return all;
    };
    measured[name] = { ndcg: put('ndcg'), recall: put('recall'), mrr: put('mrr') };
  }
  return measured;
}

function print(title: string, measured: Record<string, Measured>): void {
  console.log(`\n${title}\n\n| | nDCG@${K} | MRR@${K} | recall@${K} |\n|---|---|---|---|`);
  for (const [name, { ndcg, mrr, recall }] of Object.entries(measured)) {
    const cells = [ndcg, mrr, recall].map((values) => interval(bootstrapMean(values)));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  const singles = ['words alone', 'vectors alone'].map((name) => ({ name, scores: measured[name]?.ndcg ?? [] }));
  const [better] = singles.sort((a, b) => bootstrapMean(b.scores).mean - bootstrapMean(a.scores).mean);
  const gain = pairedBootstrap(better?.scores ?? [], measured['what the fit takes']?.ndcg ?? []);
  console.log(`\nwhat the fit takes, against ${better?.name}: nDCG@${K} ${interval(gain)}`);
}

/** Milliseconds of a whole search, from text to documents, one after the other. */
async function latency({ search, encoder }: Tools, index: string, queries: readonly GoldenQuery[]): Promise<void> {
  const source = engineSource(search, encoder, index);
  const fit = await fitFusion(queries, source);
  const ways: Record<string, Fusion> = { ...FIXED, 'fitted weights and feedback': fit.ways.feedback.fusion };
  const took: Record<string, number[]> = {};
  for (const { query } of queries.slice(0, 200)) {
    for (const [name, fusion] of Object.entries(ways)) {
      const start = performance.now();
      await hybridSearch(search, encoder, { alias: index, query, k: K, profile: same(fusion) });
      (took[name] ??= []).push(performance.now() - start);
    }
  }
  for (const [name, values] of Object.entries(took)) {
    const sorted = values.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(share * sorted.length)] ?? Number.NaN).toFixed(1);
    console.log(`  ${name}: median ${at(0.5)} ms, 95% ${at(0.95)} ms`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: path.resolve(__dirname, '../../shared/data') },
      cache: { type: 'string', default: path.join(tmpdir(), 'llm-pack-bench-relevance') },
      only: { type: 'string' },
      full: { type: 'boolean', default: false },
    },
  });
  if (!existsSync(values.data)) {
    console.log(`Skipped: ${values.data} is not there; --data names the folder of the collections.`);
    return;
  }
  const log = (line: string) => console.error(line);
  await withElasticsearch(async (search) => {
    const settings = { config: packConfig.parse({}), cacheDir: defaultCacheDir() };
    const encoder = await openConfiguredEncoder(settings, log);
    const tools = { search, encoder, store: new FileArtifactStore(values.cache) };
    try {
      const { version } = await search.info();
      console.log(`node ${process.version}, Elasticsearch ${version.number}, ${availableParallelism()} cores`);
      for (const collection of [await cranfield(values.data), await cmrc(values.data)]) {
        if (values.only !== undefined && values.only !== collection.name) continue;
        const results: Measured[] = [];
        for (const whole of values.full ? [false, true] : [false]) {
          const index = await buildIndex(tools, collection, whole);
          const title = `${collection.name}, ${whole ? 'whole documents' : 'chunked'}`;
          console.log(`\n${title}`);
          const measured = await crossValidated(tools, index, collection.queries);
          print(title, measured);
          results.push(measured['what the fit takes'] ?? { ndcg: [], recall: [], mrr: [] });
          if (!whole) await latency(tools, index, collection.queries);
          await search.indices.delete({ index });
        }
        const [chunked, whole] = results;
        if (whole && chunked) {
          console.log(`\nchunked against whole: nDCG@${K} ${interval(pairedBootstrap(whole.ndcg, chunked.ndcg))}`);
        }
      }
    } finally {
      await encoder.close();
    }
  });
}

void main();
