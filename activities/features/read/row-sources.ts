import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { readGroup } from '../../cleaning/grouped-lines';
import { locate } from '../../cleaning/source/local-slices';
import { PLAN_UNITS, type Slice } from '../../cleaning/source/plan-types';
import { realRoots } from '../../cleaning/source/resolve';
import { datasetFiles, rowRanges } from '../../indexing/dataset-rows';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import type { FeaturePlanMeta } from '../plan';
import { exportColumns } from './export-columns';
import type { RowSource } from './rows';

/**
 * Where the rows of a unit are on this host; those of Parquet and CSV are exported into `scratch`, as the thread that
 * reads on has no DuckDB.
 * @throws `SourceChanged` where a file is gone or now lies outside the roots.
 */
export async function rowSources(
  store: ArtifactStore,
  roots: readonly string[],
  plan: ArtifactRef,
  meta: FeaturePlanMeta,
  unit: number,
  columns: readonly string[],
  scratch: string,
): Promise<RowSource[]> {
  const target = (number: number) => path.join(scratch, `rows-${number}.jsonl`);
  const sources: RowSource[] = [];
  if (meta.dataset) {
    const ranges = rowRanges(await datasetFiles(store, meta.dataset), unit * meta.unitRows, (unit + 1) * meta.unitRows);
    for (const [number, { file, from, to }] of ranges.entries()) {
      const local = await store.localFile(artifactKey(meta.dataset.artifact), file);
      const rows = { from, count: to - from };
      const done = await exportColumns({ file: local, format: 'parquet', rows }, columns, target(number));
      sources.push({ source: file, lines: null, check: null, exported: done ? target(number) : null });
    }
    return sources;
  }
  if (!meta.source) return [];
  const real = await realRoots(roots);
  for (const [number, slice] of (await readGroup<Slice>(store, artifactKey(plan), PLAN_UNITS, unit)).entries()) {
    const absolute = await locate(real, meta.source, slice);
    const { format, rowsBefore, rows: count } = slice;
    const found: RowSource = { source: slice.path, lines: null, check: null, exported: null };
    if (slice.sha256 !== null && format === 'jsonl') found.lines = { absolute, slice };
    else if (slice.sha256 !== null && (format === 'parquet' || format === 'csv')) {
      found.check = { absolute, slice };
      const rows = count === null ? null : { from: rowsBefore, count };
      const done = await exportColumns({ file: absolute, format, rows }, columns, target(number));
      if (done) found.exported = target(number);
    }
    sources.push(found);
  }
  return sources;
}
