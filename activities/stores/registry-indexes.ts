import type { EncoderIdentity, IndexVersion } from '../../schemas/rebuild-index';
import { failure } from '../errors';
import type { Query } from './registry-database';
import { forgetDocuments, lockAlias, nextDocumentVersion } from './registry-documents';
import { nextVersion } from './registry-versions';

export interface IndexReservation {
  alias: string;
  workKey: string;
  encoder: EncoderIdentity;
}

/** The index that searches go to, and the physical one that it replaced. */
export interface LiveIndex extends IndexVersion {
  previous: string | null;
}

/**
 * The version that a piece of work builds: reserved at the first call, the same at every later one. Call it in a
 * transaction, after the work is in the ledger.
 */
export async function reserveIndex(query: Query, { alias, workKey, encoder }: IndexReservation): Promise<IndexVersion> {
  // Two attempts of the same work come one after the other by the lock on its row.
  await query('select 1 from llm_pack.work where work_key = $1 for update', [workKey]);
  const [standing] = await query<IndexVersion>(
    'select alias, version, physical from llm_pack.index_versions where work_key = $1',
    [workKey],
  );
  if (standing) {
    if (standing.alias === alias) return standing;
    throw failure('InvariantBroken', `Work ${workKey.slice(0, 8)} builds ${standing.alias}, not ${alias}.`);
  }
  const version = await nextVersion(query, 'index', alias);
  // The key sets apart indexes of two registries on one cluster, which would both begin with version 1.
  const physical = `${alias}-v${version}-${workKey.slice(0, 8)}`;
  await query(
    `insert into llm_pack.index_versions
       (alias, version, physical, work_key, encoder_name, encoder_fingerprint, dimensions)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [alias, version, physical, workKey, encoder.name, encoder.fingerprint, encoder.dimensions],
  );
  return { alias, version, physical };
}

/** What updates must know of a build. */
export interface BuildWrites {
  indexId: number;
  /** The version of all that it loads from its dataset. */
  baseVersion: number;
}

/**
 * From now on updates go to the build as well. One that received them all along keeps its version, so that what it has
 * loaded already stays; any other begins with an empty ledger.
 */
export async function beginWrites(query: Query, { alias, physical }: IndexVersion): Promise<BuildWrites> {
  await lockAlias(query, alias);
  const [standing] = await query<BuildWrites>(
    `select id as "indexId", base_version::float8 as "baseVersion" from llm_pack.index_versions
     where physical = $1 and receives_writes and base_version is not null`,
    [physical],
  );
  if (standing) return standing;
  await forgetDocuments(query, physical);
  const [begun] = await query<BuildWrites>(
    `update llm_pack.index_versions set receives_writes = true, base_version = $2
     where physical = $1 returning id as "indexId", base_version::float8 as "baseVersion"`,
    [physical, await nextDocumentVersion(query)],
  );
  if (!begun) throw failure('InvariantBroken', `${physical} was never reserved.`);
  return begun;
}

/** The live index of an alias: that of its last promotion. */
export async function liveIndex(query: Query, alias: string): Promise<LiveIndex | undefined> {
  const [live] = await query<LiveIndex>(
    `select live.alias, live.version, live.physical, previous.physical as previous
     from llm_pack.promotions p
     join llm_pack.index_versions live on live.alias = p.index_alias and live.version = p.version
     left join llm_pack.index_versions previous
       on previous.alias = p.index_alias and previous.version = p.previous_version
     where p.kind = 'index' and p.name = $1 order by p.id desc limit 1`,
    [alias],
  );
  return live;
}

/** A version of an alias, whether it still stands or not; undefined where there never was one. */
export async function findIndexVersion(
  query: Query,
  alias: string,
  version: number,
): Promise<(IndexVersion & { isDeleted: boolean }) | undefined> {
  const [found] = await query<IndexVersion & { isDeleted: boolean }>(
    `select alias, version, physical, deleted_at is not null as "isDeleted" from llm_pack.index_versions
     where alias = $1 and version = $2`,
    [alias, version],
  );
  return found;
}

/** The highest version of what was written to an index: it grows with each write, deletions included; 0 before the first. */
export async function lastWrite(query: Query, physical: string): Promise<number> {
  const [row] = await query<{ last: number }>(
    `select coalesce(max(d.version), 0)::float8 as last from llm_pack.index_documents d
     join llm_pack.index_versions i on i.id = d.index_id where i.physical = $1`,
    [physical],
  );
  return row?.last ?? 0;
}

/**
 * Physical indexes older than the live one that may be deleted, oldest first: all but the newest `keep` of those that
 * were live once, and all that never were, since a version behind the live one can not be promoted any more. One that
 * can still be gone back to, since its rollback window is open, stays.
 */
export async function indexesBehind(query: Query, alias: string, keep: number): Promise<string[]> {
  const live = await liveIndex(query, alias);
  if (!live) return [];
  const rows = await query<{ physical: string }>(
    `with behind as (
       select version, physical, receives_writes, exists (
         select from llm_pack.promotions p where p.index_alias = i.alias and p.version = i.version
       ) as served
       from llm_pack.index_versions i where alias = $1 and version < $2 and deleted_at is null
     ), ranked as (
       select *, row_number() over (partition by served order by version desc) as rank from behind
     )
     select physical from ranked where not served or (rank > $3 and not receives_writes) order by version`,
    [alias, live.version, keep],
  );
  return rows.map((row) => row.physical);
}

/** Records that a physical index is gone, and forgets what it held. Doing so again changes nothing. */
export async function markIndexDeleted(query: Query, physical: string): Promise<void> {
  await query(
    `update llm_pack.index_versions set deleted_at = coalesce(deleted_at, now()), receives_writes = false
     where physical = $1`,
    [physical],
  );
  await forgetDocuments(query, physical);
}
