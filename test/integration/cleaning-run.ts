import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createCleaningActivities, type WriteShardInput } from '../../activities/cleaning';
import type { AllowedSources } from '../../activities/cleaning/source/allowed';
import type { TakenOver } from '../../activities/cleaning/kept/take-over';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import { documentFormat, type CleanCounts, type DocumentFormat, type PlantedCounts } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import { RECIPES, spanRulesOf, type CleaningRules } from '../../schemas/recipes';

export interface CleaningRun {
  root: string;
  storeDir: string;
  source?: string;
  query?: string;
  /** Where the source may lie, besides the root. */
  allowed?: Omit<AllowedSources, 'roots'>;
  rules?: CleaningRules;
  unitBytes?: number;
  maxDocumentBytes?: number;
  /** Lists and evaluation sets. */
  references?: ArtifactRef;
  /** Keeps the statistics of every document. */
  scores?: boolean;
  /** Applies `rules` to the scores of what was cleaned before, in place of reading the source. */
  again?: Cleaned;
  /** Units in flight at once. */
  concurrency?: number;
  /** The order in which units are started; as numbered where not given. */
  order?: (units: number) => number[];
  parts?: number;
  /** List of signature indexes that documents must not repeat. */
  against?: ArtifactRef;
  workKey?: string;
  /** Keeps its units, and takes over what an earlier version keeps, if any. */
  takeOver?: boolean;
  /** Threads that are up already, and the store they write to; each run has its own where left out. */
  activities?: Activities;
  /** Called before each activity; may throw, as a crash would. */
  before?: (phase: string, unit: number) => void;
  /** Called when a unit is done. */
  after?: (phase: string, unit: number) => void;
}

export interface Cleaned {
  counts: CleanCounts;
  artifact: ArtifactRef;
  rejects: ArtifactRef;
  report: ArtifactRef;
  signatures: ArtifactRef;
  planted: PlantedCounts;
  skippedFiles: number;
  units: number;
  /** Absent where nothing may be taken over. */
  takenOver?: TakenOver;
}

export type Activities = ReturnType<typeof createCleaningActivities>;

const FORMATS: DocumentFormat[] = [...documentFormat.options];
export const WORK_KEY = '0'.repeat(64);
const WORK_KEY_AGAIN = 'f'.repeat(64);

/** Runs one activity as a worker would. */
export const runActivity = <T>(call: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(call);

/** Calls the activities of `cleanDataset` as its workflow does, without a server. */
export async function clean(run: CleaningRun): Promise<Cleaned> {
  const { root, storeDir, rules = RECIPES.minimal, unitBytes = 65_536, concurrency = 2, parts = 5, before } = run;
  const store = new FileArtifactStore(storeDir);
  const { again } = run;
  const registry = again && {
    lastCounts: () => Promise.resolve(undefined),
    cleanedVersion: () =>
      Promise.resolve({ ...again, dataset: { name: 'test', version: 1, artifact: again.artifact } }),
  };
  const sources = { roots: [root], ...run.allowed };
  const { activities = createCleaningActivities({ store, sources, threads: 2, ...(registry ? { registry } : {}) }) } =
    run;
  const source = { source: run.source ?? '.', query: run.query ?? null, formats: FORMATS, unitBytes };
  const { plan, files, units, skippedFiles } = await runActivity(() => activities.planSource(source));

  const each = async <T>(phase: string, total: number, start: (unit: number) => Promise<T>): Promise<T[]> => {
    const waiting = run.order?.(total) ?? Array.from({ length: total }, (_, unit) => unit);
    const results: T[] = [];
    const lane = async () => {
      for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
        before?.(phase, unit);
        results[unit] = await start(unit);
        run.after?.(phase, unit);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    return results;
  };

  const { workKey = again ? WORK_KEY_AGAIN : WORK_KEY } = run;
  const maxDocumentBytes = run.maxDocumentBytes ?? 1 << 20;
  const options = {
    ...{ workKey, plan, rules, textField: 'text', idField: 'id', maxDocumentBytes },
    ...(run.references ? { references: run.references } : {}),
    scores: run.scores ?? false,
    ...(run.takeOver ? { takeOver: { dataset: 'test', mayReuse: true } } : {}),
  };
  const planned = again && (await runActivity(() => activities.planRethreshold({ dataset: 'test', overrides: rules })));
  const filtered = await each('filter', planned?.units ?? units, (unit) =>
    runActivity(() =>
      planned
        ? activities.rethresholdUnit({ workKey, dataset: planned.from.artifact, rejects: planned.rejects, unit, rules })
        : activities.filterUnit({ ...options, unit }),
    ),
  );
  const duplicates = { workKey, units, parts, against: run.against ?? null };
  await each('match', parts, (part) => runActivity(() => activities.matchUnit({ ...duplicates, part, rules })));
  before?.('cluster', 0);
  const { planted } = await runActivity(() => activities.clusterDuplicates(duplicates));
  run.after?.('cluster', 0);
  let spans: WriteShardInput['spans'];
  if (spanRulesOf(rules)) {
    await each('spans', units, (unit) => runActivity(() => activities.signSpans({ workKey, unit, rules })));
    const match = (phase: string, withoutPoor: boolean) =>
      each(phase, parts, (part) =>
        runActivity(() => activities.findRepeatedSpans({ workKey, units, parts, part, withoutPoor })),
      );
    await match('repeats', false);
    const remains = await each('remains', units, (unit) =>
      runActivity(() => activities.findPoorDocuments({ workKey, unit, parts, rules })),
    );
    const recounted = remains.some(({ poor }) => poor > 0);
    if (recounted) await match('recount', true);
    spans = { parts, rules, recounted };
  }
  const shard = (unit: number) => activities.writeShard({ workKey, unit, ...(spans ? { spans } : {}) });
  const written = await each('write', units, (unit) => runActivity(() => shard(unit)));

  const counts: CleanCounts = { files, read: 0, kept: 0, rejected: 0, reasons: {} };
  const addReasons = (reasons: Record<string, number>) => {
    for (const [reason, count] of Object.entries(reasons))
      counts.reasons[reason] = (counts.reasons[reason] ?? 0) + count;
  };
  for (const { read, reasons } of filtered) {
    counts.read += read;
    addReasons(reasons);
  }
  for (const { kept, duplicates } of written) {
    counts.kept += kept;
    addReasons(duplicates);
  }
  const pii = filtered.reduce<Record<string, number>>((sum, unit) => {
    for (const [kind, count] of Object.entries(unit.pii ?? {})) sum[kind] = (sum[kind] ?? 0) + count;
    return sum;
  }, {});
  if (Object.keys(pii).length > 0) counts.pii = pii;
  if (spans) counts.cut = { documents: 0, spans: 0, chars: 0 };
  for (const { cut } of written) {
    if (!cut || !counts.cut) continue;
    counts.cut.documents += cut.documents;
    counts.cut.spans += cut.spans;
    counts.cut.chars += cut.chars;
  }
  counts.rejected = counts.read - counts.kept;
  before?.('publish', 0);
  const publish = { workKey, units, name: 'test', recipe: 'minimal' as const, rules, counts, planted };
  const published = await runActivity(() => activities.publishDataset(publish));
  const taken = { units: 0, documents: 0 };
  for (const { takenOver } of filtered) {
    taken.units += takenOver?.units ?? 0;
    taken.documents += takenOver?.documents ?? 0;
  }
  return { counts, planted, ...published, skippedFiles, units, ...(run.takeOver ? { takenOver: taken } : {}) };
}

/** The rows of an artifact's Parquet files, in order. */
export async function rowsOf(storeDir: string, ref: ArtifactRef): Promise<Record<string, unknown>[]> {
  const files = path.join(storeDir, ref.kind, ref.sha256, 'data-*.parquet');
  return withDuckDB(async (connection) => {
    const rows = await connection.runAndReadAll('select * from read_parquet($files)', { files });
    return rows.getRowObjectsJson();
  });
}

export const fileOf = (storeDir: string, ref: ArtifactRef, name: string): Promise<string> =>
  readFile(path.join(storeDir, ref.kind, ref.sha256, name), 'utf8');
