import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactRef } from '../../../schemas/common';
import { failure } from '../../errors';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { readGroup } from '../grouped-lines';
import { exportRows } from '../read/export-rows';
import type { LocalSlice, ReadOptions } from '../read/records';
import type { AllowedSources } from './allowed';
import { openHttp } from './http-source';
import { PLAN_UNITS, wasReadable, type HttpPlace, type PlanMeta, type S3Place, type Slice } from './plan-types';
import { isAllowed, realPathOf, realRoots, type SourcePlace } from './resolve';
import { openS3 } from './s3-source';
import type { RemoteFiles } from './source-file';
import { writeSparseParquet } from './sparse-parquet';

/** What it takes to have the bytes of a unit on this host. */
export interface LocateTask {
  store: ArtifactStore;
  allowed: AllowedSources;
  plan: ArtifactRef;
  unit: number;
  /** Empty folder for what is fetched and exported. */
  scratch: string;
  signal: AbortSignal;
  /** Whether a slice, by its number in the unit, is to be read; every one where left out. Others lie nowhere. */
  isWanted?: (slice: number) => boolean;
  /** Told how many bytes are fetched, of how many. */
  report(done: number, total: number): void;
}

/** What it takes to have the slices of a unit on this host. */
export interface SlicesTask extends LocateTask {
  options: ReadOptions;
}

const all = () => true;

/** Where the bytes of a slice lie on this host. */
type Located = Pick<LocalSlice, 'absolute' | 'offset' | 'localBytes'>;

/** Fetched at once: a unit may be of two thousand small files, and a request takes tens of milliseconds. */
const FETCHES = 8;

/**
 * The slices of a unit with where they lie on this host, those of other hosts fetched into `scratch`.
 * @throws `SourceChanged` where a file is gone, is another by now, or lies outside of what is allowed.
 */
export async function locatedSlices(task: LocateTask): Promise<(Slice & Located)[]> {
  const { store, plan, unit } = task;
  const key = artifactKey(plan);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const meta = manifest.meta as unknown as PlanMeta;
  const slices = await readGroup<Slice>(store, key, PLAN_UNITS, unit);
  const { isWanted = all } = task;
  const locate = await locator(
    task,
    meta,
    key,
    slices.filter((_, number) => isWanted(number)),
  );
  const located = await eachOf(slices, FETCHES, async (slice, number) =>
    isWanted(number) ? locate(slice, number) : NOWHERE,
  );
  return slices.map((slice, number) => ({ ...slice, ...(located[number] ?? NOWHERE) }));
}

/** As `locatedSlices`, with the rows of Parquet exported into `scratch`, as the thread that reads on has no DuckDB. */
export async function localSlices(task: SlicesTask): Promise<LocalSlice[]> {
  const locals: LocalSlice[] = [];
  const { isWanted = all } = task;
  for (const [number, slice] of (await locatedSlices(task)).entries()) {
    const { absolute } = slice;
    const isExported = isWanted(number) && needsExport(slice);
    const exported = isExported ? await exportRows(absolute, slice, task.options, task.scratch, number) : null;
    locals.push({ ...slice, exported });
  }
  return locals;
}

const NOWHERE: Located = { absolute: '', offset: 0, localBytes: 0 };

const needsExport = (slice: Slice): boolean => slice.format === 'parquet' && wasReadable(slice) && slice.fileBytes > 0;

/** Says for each slice, by its number, where its bytes are; fetches them first where they lie elsewhere. */
async function locator(
  task: LocateTask,
  { source, single }: PlanMeta,
  key: string,
  slices: readonly Slice[],
): Promise<(slice: Slice, number: number) => Promise<Located>> {
  if (source.kind === 'stored') {
    return async (slice) => {
      const absolute = await task.store.localFile(key, slice.stored ?? '');
      return { absolute, offset: 0, localBytes: slice.fileBytes };
    };
  }
  if (source.kind !== undefined) {
    const total = slices.reduce((sum, { start, end }) => sum + end - start, 0);
    const remote = counting(openRemote(task.allowed, source), (bytes) => task.report(bytes, total));
    return (slice, number) => fetchSlice(remote, slice, path.join(task.scratch, `slice-${number}`), task.signal);
  }
  const roots = await realRoots(task.allowed.roots);
  return async (slice) => {
    const absolute = await locateLocal(roots, source, single, slice);
    return { absolute, offset: 0, localBytes: slice.fileBytes };
  };
}

const openRemote = (allowed: AllowedSources, place: S3Place | HttpPlace): RemoteFiles =>
  place.kind === 's3' ? openS3(allowed.s3 ?? [], place) : openHttp(allowed.http ?? [], place);

/** The same files, with a word on every chunk: a long fetch that moves is no hang. */
function counting(remote: RemoteFiles, onBytes: (bytes: number) => void): RemoteFiles {
  let fetched = 0;
  return {
    async *read(...range) {
      for await (const chunk of remote.read(...range)) {
        onBytes((fetched += chunk.length));
        yield chunk;
      }
    },
  };
}

async function fetchSlice(remote: RemoteFiles, slice: Slice, target: string, signal: AbortSignal): Promise<Located> {
  const { path: name, pin = null, start, end, fileBytes: bytes, format } = slice;
  const read = (from: number, to: number) => remote.read(name, pin, from, to, signal);
  try {
    if (format === 'parquet') {
      await writeSparseParquet({ bytes, read }, slice, target);
      return { absolute: target, offset: 0, localBytes: bytes };
    }
    await pipeline(read(start, end), createWriteStream(target));
    return { absolute: target, offset: start, localBytes: end - start };
  } catch (error) {
    // A request that was cancelled fails like one that got no answer.
    signal.throwIfAborted();
    throw error;
  }
}

async function locateLocal(
  roots: (string | undefined)[],
  source: SourcePlace,
  single: boolean,
  slice: Slice,
): Promise<string> {
  const root = roots[source.root];
  const below = single ? source.path : path.posix.join(source.path, slice.path);
  const absolute = root === undefined ? undefined : await realPathOf(path.join(root, below));
  // One that could not be read when it was planned needs not be there: it is a reject either way.
  if (slice.sha256 === null) return absolute ?? '';
  if (absolute === undefined || !isAllowed(absolute, roots)) {
    throw failure('SourceChanged', `The file "${slice.path}" is gone since the source was planned.`);
  }
  return absolute;
}

/** Does `work` for each item, some at once, and returns the results in the order of the items. */
async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, number: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const lane = async () => {
    for (const [number, item] of waiting) results[number] = await work(item, number);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}
