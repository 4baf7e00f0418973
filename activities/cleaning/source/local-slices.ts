import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { failure } from '../../errors';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { readGroup } from '../grouped-lines';
import { exportRows } from '../read/export-rows';
import type { LocalSlice, ReadOptions } from '../read/records';
import { PLAN_UNITS, type PlanMeta, type Slice } from './plan-types';
import { isAllowed, realPathOf, realRoots } from './resolve';

/**
 * The slices of a unit with where they lie on this host; rows of Parquet and CSV are exported into `scratch`, as the
 * thread that reads on has no DuckDB.
 * @throws `SourceChanged` where a file is gone or now lies outside the roots.
 */
export async function localSlices(
  store: ArtifactStore,
  roots: readonly string[],
  plan: ArtifactRef,
  unit: number,
  options: ReadOptions,
  scratch: string,
): Promise<LocalSlice[]> {
  const key = artifactKey(plan);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const meta = manifest.meta as unknown as PlanMeta;
  const slices = await readGroup<Slice>(store, key, PLAN_UNITS, unit);
  const real = await realRoots(roots);
  const locals: LocalSlice[] = [];
  for (const [number, slice] of slices.entries()) {
    const absolute = await locate(real, meta, slice);
    const exported = needsExport(slice) ? await exportRows(absolute, slice, options, scratch, number) : null;
    locals.push({ ...slice, absolute, exported });
  }
  return locals;
}

const needsExport = ({ format, sha256, fileBytes }: Slice): boolean =>
  (format === 'parquet' || format === 'csv') && sha256 !== null && fileBytes > 0;

async function locate(roots: (string | undefined)[], { source, single }: PlanMeta, slice: Slice): Promise<string> {
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
