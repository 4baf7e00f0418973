import type { IndexVersion } from '../../schemas/rebuild-index';
import type { ToldChange } from '../../schemas/told-changes';
import { failure } from '../errors';
import {
  backlog,
  type Backlog,
  backlogs,
  CHANGES_CHANNEL,
  type Change,
  changesMissing,
  changesOf,
  pendingChanges,
  recordTold,
} from './registry-changes';
import type { Database, Query } from './registry-database';
import {
  claimChunks,
  endWrites,
  enterRows,
  type LedgerRow,
  ledgerRange,
  ledgerRows,
  lockAlias,
  type NewLedgerRow,
  rowsAbove,
  type WriteTarget,
  writeTargets,
} from './registry-documents';
import { beginWrites, type BuildWrites, liveIndex } from './registry-indexes';

/** Where an index stands: what it was last brought up to. */
export interface Watermark {
  name: string;
  version: number;
}

/** The registry as the write path of indexes sees it: document ledgers, targets of updates, and the outbox. */
export class UpdateRegistry {
  constructor(private readonly database: Database) {}

  /** From now on updates go to the build as well. */
  beginWrites(index: IndexVersion): Promise<BuildWrites> {
    return this.database.transaction((query) => beginWrites(query, index));
  }

  /** Lets an index have no further updates. */
  endWrites(physical: string): Promise<void> {
    return endWrites(this.database.query, physical);
  }

  /** Does `work` while no update, swap or rollback of the alias is under way. */
  locked<T>(alias: string, work: (query: Query) => Promise<T>): Promise<T> {
    return this.database.transaction(async (query) => {
      await lockAlias(query, alias);
      return work(query);
    });
  }

  /** Indexes that updates go to now, the live one first. */
  targets(alias: string): Promise<WriteTarget[]> {
    return writeTargets(this.database.query, alias);
  }

  claim(indexId: number, documents: readonly { key: string; document: string; chunks: number }[]): Promise<void> {
    return claimChunks(this.database.query, indexId, documents);
  }

  /** Enters what a build has loaded. */
  enter(indexId: number, rows: readonly NewLedgerRow[]): Promise<void> {
    return enterRows(this.database.query, indexId, rows);
  }

  rows(indexId: number, keys: readonly string[]): Promise<Map<string, LedgerRow>> {
    return ledgerRows(this.database.query, indexId, keys);
  }

  range(indexId: number, from: string, to: string): Promise<LedgerRow[]> {
    return ledgerRange(this.database.query, indexId, from, to);
  }

  rowsAbove(indexId: number, version: number): Promise<LedgerRow[]> {
    return rowsAbove(this.database.query, indexId, version);
  }

  /** The dataset version that an index was last brought up to; undefined where none was entered. */
  async watermark(indexId: number): Promise<Watermark | undefined> {
    const [row] = await this.database.query<Watermark>(
      `select dataset_name as name, dataset_version as version from llm_pack.index_versions
       where id = $1 and dataset_name is not null`,
      [indexId],
    );
    return row;
  }

  /**
   * A time after which the sources of a dataset were read: when the run began that cleaned them. For one that was made
   * of another dataset it is that one's; of several versions with the same content, that of the newest one that there was.
   */
  async readSince({ name, version }: Watermark): Promise<Date> {
    const [row] = await this.database.query<{ since: Date | null }>(
      `with recursive made as (
         select w.inputs, w.started_at, coalesce(w.read_since, w.started_at) as since
         from llm_pack.dataset_versions d join llm_pack.work w using (work_key) where d.name = $1 and d.version = $2
         union
         select w.inputs, w.started_at, coalesce(w.read_since, w.started_at)
         from made join llm_pack.artifacts a on a.kind = 'dataset' and a.sha256 = any(made.inputs)
         cross join lateral (
           select d.work_key from llm_pack.dataset_versions d
           where d.artifact = a.uri and d.published_at <= made.started_at
           order by d.published_at desc limit 1
         ) newest
         join llm_pack.work w on w.work_key = newest.work_key
       )
       select min(since) as since from made`,
      [name, version],
    );
    if (!row?.since) throw failure('DatasetNotFound', `There is no dataset "${name}@${version}".`);
    return row.since;
  }

  /** Puts changes into the outbox, once for each name of a batch. */
  recordTold(alias: string, batch: string, changes: readonly ToldChange[]): Promise<{ recorded: number }> {
    return this.database.transaction((query) => recordTold(query, alias, batch, changes));
  }

  pending(alias: string, limit: number, bytes: number): Promise<Change[]> {
    return pendingChanges(this.database.query, alias, limit, bytes);
  }

  missing(wanted: { alias: string; indexId: number; since: Date; limit: number }): Promise<Change[]> {
    return changesMissing(this.database.query, wanted);
  }

  changesOf(alias: string, keys: readonly string[]): Promise<Change[]> {
    return changesOf(this.database.query, alias, keys);
  }

  backlog(alias: string): Promise<Backlog> {
    return backlog(this.database.query, alias);
  }

  /** Of every alias that has any waiting. */
  backlogs(): Promise<Map<string, Backlog>> {
    return backlogs(this.database.query);
  }

  /** Waits until a change of the alias is pending, or the signal comes. */
  async awaitChange(alias: string, signal: AbortSignal): Promise<void> {
    const isPending = async () => (await this.backlog(alias)).pending > 0;
    await this.database.waitFor({ channel: CHANGES_CHANNEL, payload: alias }, isPending, signal);
  }

  /**
   * Makes the index that was live before `from` live again; `swap` moves the alias, and must change nothing else. Where
   * that was done already, nothing is entered.
   * @throws `Superseded` where another index is live, `RollbackClosed` where the one before has missed updates.
   */
  rollback(
    { alias, version }: IndexVersion,
    to: IndexVersion,
    reason: string,
    by: string,
    swap: () => Promise<void>,
  ): Promise<void> {
    return this.locked(alias, async (query) => {
      const live = await liveIndex(query, alias);
      const [target] = await query<{ open: boolean }>(
        `select receives_writes and deleted_at is null as open from llm_pack.index_versions where physical = $1`,
        [to.physical],
      );
      if (live?.physical !== to.physical) {
        if (live?.version !== version)
          throw failure('Superseded', `${live?.physical ?? 'nothing'} is live under ${alias} by now.`);
        if (!target?.open) throw failure('RollbackClosed', `${to.physical} has missed updates since its window ended.`);
        await query(
          `insert into llm_pack.promotions
             (kind, name, version, previous_version, work_key, reason, approved_by, undo)
           select 'index', alias, $2, version, work_key, $4, $5, $6 from llm_pack.index_versions
           where alias = $1 and version = $3`,
          [alias, to.version, version, reason, by, JSON.stringify({ alias, version, physical: live.physical })],
        );
        await query('update llm_pack.index_versions set receives_writes = false where alias = $1 and version = $2', [
          alias,
          version,
        ]);
      }
      await swap();
    });
  }
}
