import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlTool } from '../../activities/agent/tools/sql/sql-tool';
import type { AgentTool, ToolContext } from '../../activities/agent/tools/tool';
import { type SqlToolConfig, toolConfig } from '../../schemas/agent-config';
import { sharedServers } from '../support/shared-servers';
import { canary } from '../support/secrets/canary';

const SECRET = 'the-secret-of-the-vault';
const PASSWORD = canary('role');
const id = randomBytes(4).toString('hex');
const names = { database: `agent_${id}`, reader: `reader_${id}`, curious: `curious_${id}`, mighty: `mighty_${id}` };
let owner: Client;

const urlFor = (user: string) => {
  const url = new URL(sharedServers().databaseUrl);
  url.pathname = `/${names.database}`;
  if (user !== 'owner') [url.username, url.password] = [user, PASSWORD];
  return url.href;
};

beforeAll(async () => {
  const admin = new Client({ connectionString: sharedServers().databaseUrl });
  await admin.connect();
  await admin.query(`create database ${names.database}`);
  await admin.end();
  owner = new Client({ connectionString: urlFor('owner') });
  await owner.connect();
  await owner.query(`
    create extension pg_trgm;
    create schema sales;
    create table public.vault (id int primary key, secret text);
    insert into vault values (1, '${SECRET}');
    create table sales.customers (id int primary key, name text, tenant int);
    insert into sales.customers select n, 'customer ' || n, n % 2 from generate_series(1, 500) n;
    create view sales.orders as select n as id, n % 500 + 1 as customer, n * 1.5 as total, n as r from generate_series(1, 1000) n;
    create view sales.people as select id, name from sales.customers where tenant = 1;
    create function public.peek() returns text language sql immutable security definer as 'select secret from public.vault';
    create function public.always(int, int) returns boolean language sql immutable as 'select true';
    create operator public.=== (leftarg = int, rightarg = int, function = public.always);
    create role ${names.reader} login password '${PASSWORD}';
    grant usage on schema sales to ${names.reader};
    grant select on sales.orders, sales.people to ${names.reader};
    create role ${names.curious} login password '${PASSWORD}';
    grant usage on schema sales to ${names.curious};
    grant all on all tables in schema sales, public to ${names.curious};
    create role ${names.mighty} login password '${PASSWORD}' in role pg_read_all_data;
  `);
});
afterAll(async () => {
  await owner.end();
  const admin = new Client({ connectionString: sharedServers().databaseUrl });
  await admin.connect();
  await admin.query(`drop database ${names.database} with (force)`);
  for (const role of [names.reader, names.curious, names.mighty]) await admin.query(`drop role ${role}`);
  await admin.end();
});

const context = (signal = new AbortController().signal): ToolContext => ({
  ...{ idempotencyKey: 'f'.repeat(64), signal, heartbeat: () => undefined },
});
const open = (user: string, config: Partial<SqlToolConfig> = {}) => {
  const views = ['sales.orders', 'sales.people'];
  const parsed = toolConfig.parse({ type: 'sql', urlVariable: 'SALES_URL', views, ...config }) as SqlToolConfig;
  return sqlTool('sales', parsed, urlFor(user));
};

describe('a database for a model', () => {
  let tool: AgentTool;
  beforeAll(async () => void (tool = await open(names.reader)));
  const ask = (query: string, parameters?: unknown[]) =>
    tool.call({ query, ...(parameters ? { parameters } : {}) }, context());

  it('says what there is to read, column by column', () => {
    expect(tool.spec).toMatchObject({ name: 'sales', effect: 'read' });
    expect(tool.spec.description).toContain('- sales.orders(id integer, customer integer, total numeric, r integer)');
    expect(tool.spec.description).toContain('- sales.people(id integer, name text)');
  });

  it('gives rows as JSON, in the order that was asked for, and names the call they came from', async () => {
    const query = `with best as (select customer, sum(total) as spent from sales.orders group by 1)
      select p.name, b.spent, to_char(date '2026-11-25', 'DD.MM.') as day, rank() over (order by b.spent desc) as place
      from best b join sales.people p on p.id = b.customer where p.name like 'customer%' order by b.spent desc limit 2;`;
    const { text, passages, failed } = await ask(query);
    expect(failed).toBeUndefined();
    expect(text).toBe(
      '2 rows\n{"name":"customer 1","spent":2250.0,"day":"25.11.","place":1}\n' +
        '{"name":"customer 499","spent":2244.0,"day":"25.11.","place":2}',
    );
    expect(passages).toEqual([{ document: `sales:${'f'.repeat(12)}`, title: query.slice(0, 200), text }]);
  });

  it('takes values as parameters, whatever they hold', async () => {
    const found = await ask('select id, $2 as said from sales.people where id = $1', [3, "it's $1 \\ '' --"]);
    expect(found.text).toBe(`1 rows\n{"id":3,"said":"it's $1 \\\\ '' --"}`);
    const nothing = await ask('select name from sales.people where name = $1', ["x' or true --"]);
    expect(nothing.text).toBe('0 rows');
    const inText = await ask("select '$1' as a, $q$ $1 $q$ as b, $1::int as c -- $1", [7]);
    expect(inText.text).toContain('{"a":"$1","b":" $1 ","c":7}');
  });

  it('cuts what has too many rows, or is too long, and says so', async () => {
    const some = await open(names.reader, { maxRows: 30 });
    const many = await some.call({ query: 'select id from sales.orders' }, context());
    expect(many.text.split('\n')).toHaveLength(31);
    expect(many.text).toContain('30 (there are more; 30 at the most are given) rows');
    const long = await ask("select repeat('x', 10000000) as long from sales.orders");
    expect(long.text.length).toBeLessThanOrEqual(16_000);
    expect(long.text).toMatch(/\[cut: \d+ characters in all\]$/);
  });

  it('stops what takes too long', async () => {
    const hasty = await open(names.reader, { timeoutSeconds: 1 });
    const slow = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b';
    expect(await hasty.call({ query: slow }, context())).toEqual({
      ...{ failed: true, text: 'The query took longer than 1 s and was stopped.' },
    });
  });

  it('lets go at once when it is cancelled', async () => {
    const controller = new AbortController();
    const slow = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b';
    const running = tool.call({ query: slow }, context(controller.signal));
    const reason = new Error('cancelled');
    setTimeout(() => controller.abort(reason), 200);
    await expect(running).rejects.toBe(reason);
  });

  it('passes on what the database says of a wrong query, and what is wrong with arguments', async () => {
    expect(await ask('select nam from sales.people')).toMatchObject({
      ...{ failed: true, text: expect.stringContaining('column "nam" does not exist') as string },
    });
    expect(await tool.call({ sql: 'select 1' }, context())).toMatchObject({ failed: true });
  });
});

/** With a role that could read and write all of it, so that nothing but the tool itself stands in the way. */
describe('a hostile model', () => {
  let tool: AgentTool;
  beforeAll(async () => void (tool = await open(names.curious)));

  it.each([
    ['writes', "insert into public.vault values (2, 'x')"],
    ['writes in a CTE', "with w as (insert into public.vault values (2, 'x') returning *) select * from w"],
    ['writes by a locking read', 'select * from public.vault for update'],
    ['makes a table', 'select 1 as one into public.loot'],
    ['changes the schema', 'drop table public.vault'],
    ['sends a second statement', "select 1 as one; insert into public.vault values (2, 'x')"],
    ['ends the transaction first', "select 1 as one; commit; insert into public.vault values (2, 'x')"],
    ['ends what it is put into', 'select 1 as one with local check option; drop table public.vault'],
    ['hides a second statement behind a comment', 'select 1 as one /* ; */ ; delete from public.vault --'],
    ['changes its role', 'set role postgres'],
    ['changes a setting', "select set_config('statement_timeout', '0', false)"],
    ['turns off read-only', "select set_config('transaction_read_only', 'off', true)"],
    ['runs an anonymous block', 'do $$ begin delete from public.vault; end $$'],
    ['copies from a program', "copy public.vault to program 'cat'"],
    ['copies out', 'copy public.vault to stdout'],
    ['explains', 'explain analyze select * from public.vault'],
    ['reads another table', 'select secret from public.vault'],
    ['reads another table without its schema', 'select * from vault'],
    ['reads it in a subquery', 'select (select secret from vault limit 1) as s from sales.orders limit 1'],
    ['reads it in a CTE that has the name of a view', 'with orders as (select * from vault) select * from orders'],
    [
      'reads it in an exists',
      'select 1 as one from sales.orders o where exists (select from vault where secret like $$t%$$)',
    ],
    ['reads it by a join', 'select v.secret from sales.orders o join vault v on v.id = o.id'],
    ['reads it in a union', 'select name from sales.people union select secret from vault'],
    ['reads it by table', 'table vault'],
    ['reads it laterally', 'select s.* from sales.orders o, lateral (select secret from vault v where v.id = o.id) s'],
    ['reads it where nothing would be planned', 'select secret from vault where false'],
    ['reads what a view hides', 'select * from sales.customers'],
    ['reads the catalogue', 'select rolname from pg_catalog.pg_roles'],
    ['reads running statements', 'select query from pg_stat_activity'],
    ['reads the schema', 'select table_name from information_schema.tables'],
    ['reads by XML', "select query_to_xml('select secret from vault', true, false, '')"],
    ['reads a table by XML', "select table_to_xml('vault', true, false, '')"],
    ['reads the database by XML', "select database_to_xml(true, false, '')"],
    ['reads by text search', "select ts_stat('select to_tsvector(secret) from vault')::text as t"],
    [
      'reads by rewriting a search',
      "select ts_rewrite('a'::tsquery, 'select secret::tsquery, secret::tsquery from vault') as t",
    ],
    ['reads by a function with other rights', 'select public.peek()'],
    ['reads by a function in a condition', 'select id from sales.orders where public.peek() is not null'],
    ['reads by a function in an order', 'select id from sales.orders order by public.peek()'],
    ['calls an operator of a user', 'select id from sales.orders where id operator(public.===) 1'],
    ['calls a function of an extension', "select similarity('a', 'b') as s"],
    ['reads a file', "select pg_read_file('/etc/passwd')"],
    ['lists a folder', "select pg_ls_dir('/')"],
    ['reads a file as a large object', "select lo_import('/etc/passwd')"],
    ['reads a setting', "select current_setting('data_directory')"],
    ['waits', 'select pg_sleep(100)'],
    ['waits where it would be folded away', 'select case when false then pg_sleep(100) is null end as s'],
    ['takes a lock', 'select pg_advisory_lock(1)'],
    ['ends other sessions', 'select pg_terminate_backend(1)'],
    ['notifies', "select pg_notify('a', 'b')"],
    ['writes to the log', "select pg_logical_emit_message(false, 'a', 'b')"],
    ['asks for other relations by name', "select to_regclass('public.vault')::text as t"],
    ['hides a call in an alias', 'select set_config(\'a.b\', \'c\', false) as ":funcid 1067 (", 1 as ":relid 0"'],
    [
      'hides a call in a window',
      "select id, sum(id) over (order by set_config('a.b', 'c', false)) as s from sales.orders",
    ],
    [
      'hides a call in a filter',
      "select count(*) filter (where set_config('a.b', 'c', false) is null) as n from sales.orders",
    ],
    ['hides a call in a limit', "select id from sales.orders limit length(set_config('a.b', 'c', false))"],
    ['hides a call in the rows that it reads from', "select * from sales.orders, set_config('a.b', 'c', false) as s"],
    ['hides a call in a list of values', "values (set_config('a.b', 'c', false))"],
    ['hides a call in JSON', "select json_object('a': set_config('a.b', 'c', false)) as j"],
    ['smuggles by parameters', 'select $1 as a', ["'; delete from public.vault; --"], false],
    ['asks for nothing', ' ; -- '],
  ] as [string, string, unknown[]?, boolean?][])(
    '%s, in vain',
    async (_what, query, parameters = [], refused = true) => {
      const result = await tool.call({ query, parameters }, context());
      expect(result.failed ?? false).toBe(refused);
      expect(result.text).not.toContain(SECRET);
      const { rows } = await owner.query('select id, secret from public.vault');
      expect(rows).toEqual([{ id: 1, secret: SECRET }]);
      const loot = await owner.query("select to_regclass('public.loot') is null as none");
      expect(loot.rows).toEqual([{ none: true }]);
    },
  );

  it('leaves nothing behind in the database', async () => {
    await tool.call({ query: 'select id from sales.orders limit 1' }, context());
    const views = await owner.query("select 1 from pg_class where relname = 'llm_pack_statement'");
    expect(views.rowCount).toBe(0);
  });
});

describe('a connection that is not as it should be', () => {
  const opening = (user: string, config: Partial<SqlToolConfig> = {}) => open(user, config);

  it('is refused with a role that can do too much', async () => {
    await expect(opening('owner')).rejects.toMatchObject({
      ...{ type: 'AgentToolMissing', message: expect.stringContaining('is a superuser') as string },
    });
    await expect(opening(names.mighty)).rejects.toMatchObject({
      ...{ type: 'AgentToolMissing', message: expect.stringContaining('has the role pg_read_all_data') as string },
    });
  });

  it('is refused where a view is missing or the role is not let in, without its password', async () => {
    await expect(opening(names.reader, { views: ['sales.gone'] })).rejects.toMatchObject({ type: 'AgentToolMissing' });
    const error: unknown = await opening('nobody').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type: 'AgentToolMissing', nonRetryable: true });
    expect(String(error)).not.toContain(PASSWORD);
  });

  it('is waited for where nobody answers', async () => {
    const config = toolConfig.parse({ type: 'sql', urlVariable: 'X', views: ['a.b'] }) as SqlToolConfig;
    await expect(sqlTool('sales', config, 'postgres://a:b@127.0.0.1:1/c')).rejects.toMatchObject({
      ...{ type: 'Unavailable', nonRetryable: false },
    });
  });
});
