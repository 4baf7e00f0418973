import type { Client } from 'pg';

/** Roles of PostgreSQL itself whose members reach more than what they were granted. */
const MIGHTY_ROLES = [
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
];

/**
 * What a connection's role can that no agent's should; undefined where it is as it should be. Statements are looked at
 * before they run, and this is what still holds if that were got around.
 */
export async function excessRight(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ right: string }>(
    `select 'is a superuser' as right from pg_catalog.pg_roles where rolname in (current_user, session_user) and rolsuper
     union all
     select 'has the role ' || rolname from pg_catalog.pg_roles
     where rolname = any($1) and pg_has_role(session_user, oid, 'member')
     limit 1`,
    [MIGHTY_ROLES],
  );
  return rows[0]?.right;
}
