import type { ToldChange } from '../../schemas/told-changes';
import type { Query } from './registry-database';

/** The channel on which the database tells of new changes; its payload is the alias. */
export const CHANGES_CHANNEL = 'llm_pack_changes';

/** The newest change of a document, as the outbox holds it. */
export interface Change {
  changeId: number;
  key: string;
  document: string;
  deleted: boolean;
  source: string;
  title: string;
  text: string;
  recordedAt: Date;
}

/** How many changes wait, and since when. */
export interface Backlog {
  pending: number;
  /** Seconds that the oldest has waited; 0 where none does. */
  oldestSeconds: number;
}

const CHANGE = `c.change_id::float8 as "changeId", c.document_key as key, c.document, c.deleted,
  coalesce(c.source, c.document) as source, coalesce(c.title, '') as title, coalesce(c.body, '') as text,
  c.recorded_at as "recordedAt"`;

/**
 * The oldest pending changes of an alias, at most `limit`, and so many that their texts have `bytes` together (one at
 * least). A document has one change at a time, so the order of its changes is kept by itself.
 */
export function pendingChanges(query: Query, alias: string, limit: number, bytes: number): Promise<Change[]> {
  return query<Change>(
    `select ${CHANGE} from (
       select *, sum(coalesce(length(body), 0)) over (order by change_id) - coalesce(length(body), 0) as before from (
         select * from llm_pack.changes where alias = $1 and applied_at is null order by change_id limit $2
       ) oldest
     ) c where before < $3 order by c.change_id`,
    [alias, limit, bytes],
  );
}

/**
 * Changes that the live index has and a build lacks: those that were applied after its dataset was read. What was
 * applied shortly before counts as well, for clocks differ.
 */
export function changesMissing(
  query: Query,
  { alias, indexId, since, limit }: { alias: string; indexId: number; since: Date; limit: number },
): Promise<Change[]> {
  return query<Change>(
    `select ${CHANGE} from llm_pack.changes c
     left join llm_pack.index_documents d on d.index_id = $2 and d.document_key = c.document_key
     where c.alias = $1 and c.applied_at >= $3 and (c.deleted or c.body is not null)
       and (d.change_id is null or d.change_id < c.change_id)
     order by c.change_id limit $4`,
    [alias, indexId, since, limit],
  );
}

/** Changes by document, as far as their texts are still kept. */
export function changesOf(query: Query, alias: string, keys: readonly string[]): Promise<Change[]> {
  return query<Change>(
    `select ${CHANGE} from llm_pack.changes c
     where c.alias = $1 and c.document_key = any($2) and (c.deleted or c.body is not null)`,
    [alias, keys],
  );
}

/** How long a batch is known by its name: far longer than an attempt that died may come again. */
const TOLD_KEPT = '30 days';

/**
 * Puts changes into the outbox in their order, unless the batch was put there before. Returns how many were newer than
 * what is known.
 */
export async function recordTold(
  query: Query,
  alias: string,
  batch: string,
  changes: readonly ToldChange[],
): Promise<{ recorded: number }> {
  const [fresh] = await query<{ batch: string }>(
    'insert into llm_pack.told_changes (batch) values ($1) on conflict do nothing returning batch',
    [batch],
  );
  if (!fresh) return { recorded: 0 };
  await query(`delete from llm_pack.told_changes where told_at < clock_timestamp() - interval '${TOLD_KEPT}'`);
  let recorded = 0;
  for (const change of changes) {
    const [put] = await query<{ id: string | null }>(
      'deleted' in change
        ? 'select llm_pack.record_deletion($1, $2, $3) as id'
        : 'select llm_pack.record_change($1, $2, $4, $5, $6, $3) as id',
      [
        ...[alias, change.document, change.version ?? null],
        ...('deleted' in change ? [] : [change.title, change.text, change.source ?? null]),
      ],
    );
    if (put?.id != null) recorded += 1;
  }
  return { recorded };
}

/** Marks changes as searchable. One that came over it in the meantime stays pending. */
export async function markApplied(
  query: Query,
  alias: string,
  changes: readonly { key: string; changeId: number }[],
): Promise<void> {
  await query(
    `update llm_pack.changes c set applied_at = clock_timestamp()
     from unnest($2::text[], $3::bigint[]) as done (key, change_id)
     where c.alias = $1 and c.document_key = done.key and c.change_id = done.change_id and c.applied_at is null`,
    [alias, changes.map(({ key }) => key), changes.map(({ changeId }) => changeId)],
  );
}

/** Lets go of the texts of changes that a dataset holds, since it was read after they were applied. */
export async function forgetTexts(query: Query, alias: string, before: Date): Promise<void> {
  await query(
    `update llm_pack.changes set body = null, title = null, source = null
     where alias = $1 and applied_at < $2 and body is not null`,
    [alias, before],
  );
}

/** The same for every alias that has any waiting. */
export async function backlogs(query: Query): Promise<Map<string, Backlog>> {
  const rows = await query<Backlog & { alias: string }>(
    `select alias, count(*)::float8 as pending,
       extract(epoch from clock_timestamp() - min(recorded_at))::float8 as "oldestSeconds"
     from llm_pack.changes where applied_at is null group by alias`,
  );
  return new Map(rows.map(({ alias, ...waiting }) => [alias, waiting]));
}

export async function backlog(query: Query, alias: string): Promise<Backlog> {
  const [row] = await query<Backlog>(
    `select count(*)::float8 as pending,
       coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0)::float8 as "oldestSeconds"
     from llm_pack.changes where alias = $1 and applied_at is null`,
    [alias],
  );
  return row ?? { pending: 0, oldestSeconds: 0 };
}
