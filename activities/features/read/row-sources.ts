import path from 'node:path';
import { locatedSlices, type LocateTask } from '../../cleaning/source/local-slices';
import { wasReadable } from '../../cleaning/source/plan-types';
import { datasetFiles, rowRanges } from '../../indexing/dataset-rows';
import { artifactKey } from '../../stores/artifact-store';
import type { FeaturePlanMeta } from '../plan';
import { exportColumns } from './export-columns';
import type { RowSource } from './rows';

/**
 * Where the rows of a unit are on this host: fetched first where they lie elsewhere, and those of Parquet exported into
 * `scratch`, as the thread that reads on has no DuckDB.
 * @throws `SourceChanged` where a file is gone, is another by now, or lies outside of what is allowed.
 */
export async function rowSources(
  task: LocateTask,
  { dataset, unitRows }: FeaturePlanMeta,
  columns: readonly string[],
): Promise<RowSource[]> {
  const { store, unit, scratch } = task;
  const sources: RowSource[] = [];
  const exportTo = async (file: string, rows: { from: number; count: number } | null): Promise<string | null> => {
    const target = path.join(scratch, `rows-${sources.length}.jsonl`);
    return (await exportColumns(file, rows, columns, target)) ? target : null;
  };
  if (dataset) {
    for (const { file, from, to } of rowRanges(
      await datasetFiles(store, dataset),
      unit * unitRows,
      (unit + 1) * unitRows,
    )) {
      const local = await store.localFile(artifactKey(dataset.artifact), file);
      sources.push({ source: file, slice: null, exported: await exportTo(local, { from, count: to - from }) });
    }
    return sources;
  }
  for (const located of await locatedSlices(task)) {
    const { absolute, format, fileBytes, rowsBefore, rows } = located;
    const isTable = format === 'parquet' && wasReadable(located) && fileBytes > 0;
    const span = rows === null ? null : { from: rowsBefore, count: rows };
    const exported = isTable ? await exportTo(absolute, span) : null;
    sources.push({ source: located.path, slice: { ...located, exported: null }, exported });
  }
  return sources;
}
