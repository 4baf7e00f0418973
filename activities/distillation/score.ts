import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { Encoder } from '../encoder/encoder';
import { encodeOnce } from '../encoder/encode-once';
import { ndcgAt } from '../evaluation/metrics/ranking';
import { failure } from '../errors';
import { createThreadPool } from '../kit/thread';
import { doUnit, unitKey } from '../kit/unit';
import type { Report } from '../kit/heartbeat';
import { loadGolden } from '../relevance/golden';
import type { ArtifactStore } from '../stores/artifact-store';
import { rowsOf } from './check';
import type { DistillationDependencies } from './dependencies';
import type { ShelvedModel } from './model-shelf';
import type * as thread from './score-thread';
import { type GatheredTexts, readAllTexts, type TextRow } from './texts';

const K = 10;
const PHASE = 'score';
const FILE = 'scores.json';

const threads = createThreadPool<typeof thread>(__dirname, 'score-thread', { threads: 1 });
/** Runs what takes long in a thread, which ends with the process. */
export const scoring = threads;

export interface ScoreInput {
  workKey: string;
  /** 0 is the teacher; a student's is its place among the precisions and 1. */
  unit: number;
  model: ShelvedModel;
  golden: ArtifactRef | null;
  judged: GatheredTexts;
  labels: string[] | null;
}

/** What one model came to, query by query or case by case. */
export interface Scores {
  /** nDCG@10 of each query; of a classifier, the place of the class that it told. */
  values: number[];
  /** The place of the class that each case truly has; null where there are queries. */
  truth: number[] | null;
}

/** Scores a model on all golden queries, or labelled cases. Vectors that were made before, in whatever run, are taken from the registry. */
export function scoreModel(
  dependencies: DistillationDependencies,
  { workKey, unit, model, golden, judged, labels }: ScoreInput,
): Promise<{ cases: number }> {
  const { store, distillation } = dependencies;
  return doUnit(store, { workKey, phase: PHASE, unit }, async ({ dir, report, signal }) => {
    const rows = await readAllTexts(store, judged);
    const scores = await distillation.shelf.using([model], async (encoder) =>
      golden === null
        ? toldLabels(encoder, rows, labels ?? [], report, signal)
        : {
            values: await rankings(dependencies, encoder, rows, golden, report, signal),
            truth: null,
          },
    );
    await writeFile(path.join(dir, FILE), JSON.stringify(scores));
    return { cases: scores.values.length };
  });
}

export async function readScores(store: ArtifactStore, workKey: string, unit: number): Promise<Scores> {
  const file = await store.localFile(unitKey({ workKey, phase: PHASE, unit }), FILE);
  return JSON.parse(await readFile(file, 'utf8')) as Scores;
}

async function rankings(
  { store, registry }: DistillationDependencies,
  encoder: Encoder,
  documents: readonly TextRow[],
  golden: ArtifactRef,
  report: Report,
  signal: AbortSignal,
): Promise<number[]> {
  const queries = await loadGolden(store, golden);
  const total = documents.length + 2 * queries.length;
  const encode = async (texts: string[], before: number) => {
    const told: Report = (done) => report(before + done, total);
    return (await encodeOnce(texts, encoder, { cache: registry, signal, report: told })).vectors;
  };
  const vectors = await encode(
    documents.map(({ text }) => text),
    0,
  );
  const asked = await encode(
    queries.map(({ query }) => query),
    documents.length,
  );
  const task = { queries: asked, documents: vectors, width: encoder.identity.dimensions, k: K };
  const told: Report = (done) => report(documents.length + queries.length + done, total);
  const ranked = await scoring.run('nearest', task, { signal, report: told });
  return queries.map(({ gains }, query) => {
    const ids = Array.from(ranked[query] ?? [], (place) => documents[place]?.id ?? '');
    return ndcgAt(ids, gains, K);
  });
}

async function toldLabels(
  encoder: Encoder,
  rows: readonly TextRow[],
  labels: readonly string[],
  report: Report,
  signal: AbortSignal,
): Promise<Scores> {
  const truth = rows.map(({ label = '' }) => labels.indexOf(label));
  const unknown = rows.find((_, at) => truth[at] === -1);
  if (unknown) {
    const known = labels.join(', ');
    throw failure('DataUnusable', `A case has the label "${unknown.label ?? ''}", and the teacher knows ${known}.`);
  }
  const logits = await encoder.encode(
    rows.map(({ text }) => text),
    { report, signal },
  );
  const values = rowsOf(logits, encoder.identity.dimensions).map((row) => row.indexOf(Math.max(...row)));
  return { values, truth };
}
