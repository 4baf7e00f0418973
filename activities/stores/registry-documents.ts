import { createHash } from 'node:crypto';
import type { IndexVersion } from '../../schemas/rebuild-index';
import type { Query } from './registry-database';

/** A physical index that updates go to, or may go to. */
export interface WriteTarget extends IndexVersion {
  id: number;
  live: boolean;
  /** Fingerprint of its encoder. */
  encoder: string;
  /** Version of what its build has loaded; null for an index from before there was a ledger. */
  baseVersion: number | null;
}

/** What an index has of a document. */
export interface LedgerRow {
  key: string;
  document: string;
  version: number;
  /** Null for a tombstone. */
  contentHash: string | null;
  chunks: number;
  /** Chunks that some attempt may have written: `chunks` or more. */
  claimed: number;
  changeId: number | null;
  /** Of a dataset's document: when the run began that read the sources. */
  asOf: Date;
  /** When the write was entered here. */
  acceptedAt: Date;
}

/** A row to be entered; the time is the transaction's. */
export type NewLedgerRow = Omit<LedgerRow, 'acceptedAt'>;

/** The key of a document in ledgers, and the beginning of the ids of its chunks. */
export const documentKey = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32);

const ROW = `document_key as key, document, version::float8 as version, content_hash as "contentHash", chunks, claimed,
  change_id::float8 as "changeId", as_of as "asOf", accepted_at as "acceptedAt"`;

/**
 * Takes the lock of an alias for the rest of the transaction: of updates, swaps and rollbacks one at a time goes on.
 * @returns whether the alias is known.
 */
export async function lockAlias(query: Query, alias: string): Promise<boolean> {
  const rows = await query(
    `select 1 from llm_pack.version_counters where kind = 'index' and name = $1 for no key update`,
    [alias],
  );
  return rows.length > 0;
}

/** The indexes of an alias that updates go to, the live one first. Under `lockAlias` it stays so. */
export async function writeTargets(query: Query, alias: string): Promise<WriteTarget[]> {
  return query<WriteTarget>(
    `select i.id, i.alias, i.version, i.physical, i.encoder_fingerprint as encoder,
       i.base_version::float8 as "baseVersion", coalesce(i.version = live.version, false) as live
     from llm_pack.index_versions i left join lateral (
       select p.version from llm_pack.promotions p where p.kind = 'index' and p.name = i.alias order by p.id desc limit 1
     ) live on true
     where i.alias = $1 and i.deleted_at is null and (i.receives_writes or i.version = live.version)
     order by live desc, i.version`,
    [alias],
  );
}

/** The next version of a document, or of all that a build loads: higher than any before. */
export async function nextDocumentVersion(query: Query): Promise<number> {
  const [row] = await query<{ version: number }>(`select nextval('llm_pack.document_versions')::float8 as version`);
  return row?.version ?? Number.NaN;
}

/** Rows of the given documents by key; those that the index never had are left out. */
export async function ledgerRows(
  query: Query,
  indexId: number,
  keys: readonly string[],
): Promise<Map<string, LedgerRow>> {
  const rows = await query<LedgerRow>(
    `select ${ROW} from llm_pack.index_documents where index_id = $1 and document_key = any($2)`,
    [indexId, keys],
  );
  return new Map(rows.map((row) => [row.key, row]));
}

/** Rows from key `from` (included) to `to` (left out), in the order of keys. */
export const ledgerRange = (query: Query, indexId: number, from: string, to: string): Promise<LedgerRow[]> =>
  query<LedgerRow>(
    `select ${ROW} from llm_pack.index_documents
     where index_id = $1 and document_key >= $2 and document_key < $3 order by document_key`,
    [indexId, from, to],
  );

/** Rows that were written after what the build has loaded. */
export const rowsAbove = (query: Query, indexId: number, version: number): Promise<LedgerRow[]> =>
  query<LedgerRow>(`select ${ROW} from llm_pack.index_documents where index_id = $1 and version > $2`, [
    indexId,
    version,
  ]);

/**
 * Notes, before anything is written, how many chunks an attempt may leave of each document. Must outlive the attempt:
 * call it before the transaction that enters the rows. A document that the index never had gets an empty tombstone.
 */
export async function claimChunks(
  query: Query,
  indexId: number,
  documents: readonly { key: string; document: string; chunks: number }[],
): Promise<void> {
  await query(
    `insert into llm_pack.index_documents as known
       (index_id, document_key, document, version, content_hash, chunks, claimed, as_of)
     select $1, key, document, 0, null, 0, chunks, 'epoch'
     from unnest($2::text[], $3::text[], $4::integer[]) as t (key, document, chunks) order by key
     on conflict (index_id, document_key) do update set claimed = greatest(known.claimed, excluded.claimed)`,
    [indexId, ...columns(documents, 'key', 'document', 'chunks')],
  );
}

/** Enters what was written. A row of a higher version stays. */
export async function enterRows(query: Query, indexId: number, rows: readonly NewLedgerRow[]): Promise<void> {
  const values = columns(rows, 'key', 'document', 'version', 'contentHash', 'chunks', 'claimed', 'changeId', 'asOf');
  await query(
    `insert into llm_pack.index_documents as known
       (index_id, document_key, document, version, content_hash, chunks, claimed, change_id, as_of)
     select $1, key, document, version, content_hash, chunks, claimed, change_id, as_of
     from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::bigint[],
       $9::timestamptz[]) as t (key, document, version, content_hash, chunks, claimed, change_id, as_of) order by key
     on conflict (index_id, document_key) do update set
       document = excluded.document, version = excluded.version, content_hash = excluded.content_hash,
       chunks = excluded.chunks, claimed = excluded.claimed, change_id = excluded.change_id, as_of = excluded.as_of,
       accepted_at = clock_timestamp()
     where excluded.version >= known.version`,
    [indexId, ...values],
  );
}

/** Lets an index have no further updates; those it has stay. */
export async function endWrites(query: Query, physical: string): Promise<void> {
  await query('update llm_pack.index_versions set receives_writes = false where physical = $1', [physical]);
}

/** Forgets what an index has, once it is gone. */
export async function forgetDocuments(query: Query, physical: string): Promise<void> {
  await query(
    `delete from llm_pack.index_documents where index_id = (
       select id from llm_pack.index_versions where physical = $1)`,
    [physical],
  );
}

/** Rows as one array a column, for `unnest`. */
const columns = <R extends object>(rows: readonly R[], ...names: (keyof R)[]): unknown[][] =>
  names.map((name) => rows.map((row) => row[name]));
