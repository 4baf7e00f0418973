import type { Client } from 'pg';
import { STATEMENT_VIEW } from './statement';

/**
 * Functions whose result depends on more than their arguments (time, time zone, language of the session) and that do no
 * more than compute. Of the others only immutable ones are let through: they compute by definition. What is kept out is
 * all that reads files, other tables (`query_to_xml`), settings or the state of the server, waits, locks or writes.
 */
const STABLE_FUNCTIONS = (
  'age array_to_json array_to_string concat concat_ws date date_add date_part date_subtract date_trunc enum_first ' +
  'enum_last enum_range extract format generate_series json_agg json_agg_strict json_build_array json_build_object ' +
  'json_object_agg json_object_agg_strict jsonb_agg jsonb_agg_strict jsonb_build_array jsonb_build_object ' +
  'jsonb_object_agg jsonb_object_agg_strict jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz ' +
  'jsonb_path_query_first_tz jsonb_path_query_tz length make_timestamptz money now numeric overlaps phraseto_tsquery ' +
  'plainto_tsquery quote_literal quote_nullable row_to_json statement_timestamp time timestamp timestamptz timetz ' +
  'timezone to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp ' +
  'ts_headline websearch_to_tsquery'
).split(' ');

/** Where PostgreSQL's own objects end (`FirstNormalObjectId`): above are those of extensions and users. */
const FIRST_OF_USERS = 16_384;

const FUNCTIONS = /:(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)/g;
/** Of operators, and of what else calls a function by itself: sampling, and comparisons of rows. */
const OPERATORS = /:(?:opno|eqop|sortop|tsmhandler|startInRangeFunc|endInRangeFunc|cycle_mark_neop) (\d+)/g;
const ROW_OPERATORS = /:opnos \(o([ \d]*)\)/g;
const RELATIONS = /:relid (\d+)/g;

/** What a statement would do that it may not, in words; null where there is nothing. */
export type Objection = string | null;

/**
 * Looks at what the statement's view reads and calls, by the tree that PostgreSQL itself has made of it: names are
 * resolved there to what they mean, in subqueries and CTEs too, so nothing that is written in another way gets by. What
 * stands in a text or a name can not look like a part of the tree: PostgreSQL escapes it there.
 * @param views that may be read, as `schema.name`.
 */
export async function objectionTo(client: Client, views: readonly string[]): Promise<Objection> {
  const { rows } = await client.query<{ tree: string }>(
    `select ev_action::text as tree from pg_catalog.pg_rewrite where ev_class = '${STATEMENT_VIEW}'::regclass`,
  );
  const tree = rows[0]?.tree;
  if (tree === undefined) return 'The statement could not be looked at.';
  const relation = await forbiddenRelation(client, numbers(tree, RELATIONS), views);
  if (relation !== undefined) {
    return `The statement reads ${relation}, which it may not. What may be read: ${views.join(', ')}.`;
  }
  const operators = [...numbers(tree, OPERATORS), ...numbers(tree, ROW_OPERATORS)];
  if (operators.some((operator) => operator >= FIRST_OF_USERS)) {
    return 'The statement uses an operator that is not one of PostgreSQL itself.';
  }
  const called = await forbiddenFunction(client, numbers(tree, FUNCTIONS));
  if (called === undefined) return null;
  return `The statement calls ${called}(), which it may not: only functions that compute from their arguments, and dates.`;
}

const numbers = (tree: string, pattern: RegExp): number[] => [
  ...new Set([...tree.matchAll(pattern)].flatMap(([, found = '']) => found.split(' ').filter(Boolean).map(Number))),
];

async function forbiddenRelation(
  client: Client,
  relations: readonly number[],
  views: readonly string[],
): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select coalesce(n.nspname || '.' || c.relname, 'something unknown') as name
     from unnest($1::oid[]) as read(oid)
     left join pg_catalog.pg_class c on c.oid = read.oid
     left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where read.oid <> 0`,
    [relations],
  );
  return rows.map(({ name }) => name).find((name) => !views.includes(name));
}

/** Operators of PostgreSQL itself call functions that are not looked at further: none of them does more than compute. */
async function forbiddenFunction(client: Client, functions: readonly number[]): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select coalesce(p.proname, 'something unknown') as name
     from unnest($1::oid[]) as called(oid)
     left join pg_catalog.pg_proc p on p.oid = called.oid
     where called.oid <> 0 and (
       p.oid is null or p.oid >= ${FIRST_OF_USERS} or p.pronamespace <> 'pg_catalog'::regnamespace
       or not (p.provolatile = 'i' or p.proname = any($2) or (p.provolatile = 's' and exists (
         select from pg_catalog.pg_operator o where o.oprcode = p.oid and o.oid < ${FIRST_OF_USERS}))))
     limit 1`,
    [functions, STABLE_FUNCTIONS],
  );
  return rows[0]?.name;
}
