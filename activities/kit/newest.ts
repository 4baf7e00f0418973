import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { Registry, WorkEntry } from '../stores/registry';

/** What a stage has recorded that makes datasets; of other stages there is none. */
export interface DatasetResult {
  dataset?: DatasetVersion;
}

/**
 * The result of work that was done before, with its dataset as the newest version of its name. A source that is again as it once was has its
 * dataset already; but whoever takes the latest version would go on with what came between, so where that holds something else the same
 * artifacts are published as the next version. Asked again, nothing is published again.
 * @param renewal key of the work that this is, for what is the newest version now
 */
export async function asNewest(
  registry: Registry,
  entry: WorkEntry,
  done: DatasetResult,
  renewal: (newest: number) => string,
): Promise<unknown> {
  const { dataset } = done;
  const newest = dataset && (await registry.dataset(dataset.name));
  if (!newest || newest.version === dataset.version) return done;
  if (newest.artifact.uri === dataset.artifact.uri) return { ...done, dataset: newest };
  const workKey = renewal(newest.version);
  await registry.beginWork({ ...entry, workKey });
  return registry.finishWork(workKey, async (transaction) => {
    const version = await transaction.renewDatasetVersion(dataset);
    return { ...done, workKey, dataset: { ...dataset, version } };
  });
}
