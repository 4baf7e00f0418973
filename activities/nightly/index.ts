import { type NightlyRefreshOutput, type NightPending } from '../../schemas/nightly-refresh';
import type { ActivityDependencies } from '../index';
import { inScratch } from '../cleaning/scratch';
import { withHeartbeat } from '../kit/heartbeat';
import { inDuckDB, parquetTable, rowsOfQuery } from '../features/parquet';
import { findVersion } from '../stores/find-version';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import { findData } from '../training/data';
import { findRollouts, type RolloutsOfName } from './find-rollouts';
import { findPending, leavePending } from './pending';

/** Documents of a dataset version that a model has not been trained on, and the version that it has: null for none. */
export interface Freshness {
  fresh: number;
  trained: string | null;
}

/** The activities of `nightlyRefresh`. */
export function createNightlyActivities({
  store,
  registry,
  sources,
}: Pick<ActivityDependencies, 'store' | 'registry' | 'sources'>) {
  const filesOf = async (scratch: string, { name, version }: DatasetVersion): Promise<string[]> => {
    const copied = { dir: scratch, role: 'train' as const, wanted: ['content_hash'] };
    const dataset = `${name}@${version}`;
    const { key, files } = await findData({ store, registry, roots: sources.roots }, { dataset }, copied);
    return Promise.all(files.map(({ name: file }) => store.localFile(key ?? '', file)));
  };
  return {
    /**
     * Counts the documents of a dataset version whose text is not in the last version that any version of the model was trained on, by
     * the registry's lineage: there is no mark of its own that could be lost or run ahead. @throws `DatasetNotFound`
     */
    countFresh: ({ dataset, model }: { dataset: string; model: string }): Promise<Freshness> =>
      withHeartbeat({ phase: 'train', unit: 0 }, async () => {
        const now = await findVersion('dataset', dataset, (...named) => registry.dataset(...named));
        const version = await registry.trainedOn(model, now.name);
        const before = version === undefined ? undefined : await registry.dataset(now.name, version);
        if (!before) return { fresh: now.artifact.rows, trained: null };
        const trained = `${before.name}@${before.version}`;
        if (before.artifact.uri === now.artifact.uri) return { fresh: 0, trained };
        const fresh = await inScratch(store, async (scratch) => {
          const [files, old] = [await filesOf(scratch, now), await filesOf(scratch, before)];
          if (files.length === 0) return 0;
          const seen =
            old.length === 0 ? '' : `where content_hash not in (select content_hash from ${parquetTable(old)})`;
          return inDuckDB(scratch, async (connection) => {
            const query = `select count(*)::double as rows from ${parquetTable(files)} ${seen}`;
            const [counted] = await rowsOfQuery<{ rows: number }>(connection, query);
            return counted?.rows ?? 0;
          });
        });
        return { fresh, trained };
      }),

    /** The newest version of a dataset where it holds the same as this one; null where it holds something else. */
    async newestAs({ dataset: { name, artifact } }: { dataset: DatasetVersion }): Promise<DatasetVersion | null> {
      const newest = await registry.dataset(name);
      return newest?.artifact.uri === artifact.uri ? newest : null;
    },

    /** How the rollouts of a strategy's name stand, for a night that wants to try a strategy. */
    findRollouts: (wanted: { name: string; strategy: Record<string, unknown> }): Promise<RolloutsOfName> =>
      findRollouts(registry, wanted),

    /** What the last night of a name has left to the next one; nothing where it was whole, or there was none. */
    findPending: ({ name }: { name: string }): Promise<NightPending> => findPending(registry, name),

    /** Puts on record what a night that is not whole leaves to the next one. */
    leavePending: (left: { name: string; night: string; pending: NightPending }): Promise<void> =>
      leavePending(registry, left),

    /** Puts a night on record whose steps are all through. */
    recordNight: ({
      workKey,
      ...rest
    }: Pick<NightlyRefreshOutput, 'workKey' | 'night' | 'counts' | 'steps'>): Promise<NightlyRefreshOutput> =>
      registry.finishWork<NightlyRefreshOutput>(workKey, () =>
        Promise.resolve({ outcome: 'published' as const, workKey, ...rest }),
      ),
  };
}
