import path from 'node:path';
import { Client, DatabaseError, Pool, type PoolClient } from 'pg';
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../errors';
import { packageRoot } from '../kit/package-root';

/** Runs one statement with `$1`-style values and returns its rows. */
export type Query = <Row extends object = Record<string, never>>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Every table of the pack is in this schema, so it can share a database with others. */
const SCHEMA = 'llm_pack';

// Statements are short and the pool is for one process: a few connections serve all of its activities. Batches of updates
// hold one while they wait for their turn at an index, of which some may come together.
const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
// A server that is stopped or cut off answers nothing at all, so the client has to give up. Longer than LOCK_SECONDS.
const QUERY_TIMEOUT_MS = 60_000;
const LOCK_SECONDS = 30;
// A worker that is frozen, or a host that is cut off, must not keep the row of a piece of work locked for longer.
const IDLE_SECONDS = 60;

/**
 * A connection pool to PostgreSQL whose errors are failures of the pack. Nothing here retries: Temporal does. No
 * message names more of the address than its host, for the rest may hold a password.
 */
export class Database {
  private readonly pool: Pool;
  private readonly host: string;

  /** Opens no connection yet. @throws `Unavailable` where `url` is not a URL. */
  constructor(private readonly url: string) {
    this.host = hostOf(url);
    this.pool = new Pool({
      connectionString: url,
      application_name: 'temporal-llm-pack',
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    // An idle connection that breaks is replaced at the next query, which says so if the server is gone.
    this.pool.on('error', () => undefined);
  }

  /** One statement by itself. */
  readonly query: Query = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await this.naming(this.pool.query<Row>(sql, values))).rows;

  /** All that `work` queries as one transaction; what it throws undoes it. */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.naming(this.pool.connect());
    // A connection that breaks between two statements emits an error, which nobody else hears while it is lent out.
    client.on('error', ignore);
    try {
      const query = this.queryOf(client);
      await query(
        `begin; set local lock_timeout = '${LOCK_SECONDS}s'; set local idle_in_transaction_session_timeout = '${IDLE_SECONDS}s'`,
      );
      const result = await work(query);
      await query('commit');
      client.off('error', ignore);
      client.release();
      return result;
    } catch (error) {
      // Closing the connection rolls back in whatever state it is, without another statement that may fail.
      client.release(true);
      throw error;
    }
  }

  /**
   * Waits until somebody notifies `channel` with `payload`, or `check` is true, or the signal comes; `check` is asked
   * once the channel is listened to, so that nothing falls between. Holds a connection of its own.
   */
  async waitFor(
    { channel, payload }: { channel: string; payload: string },
    check: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    // A connection that breaks ends the wait: whoever waits asks again.
    const told = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('notification', (message) => message.payload === payload && resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await this.naming(client.connect());
      await this.naming(client.query(`listen ${channel}`));
      if (!(await check())) await told;
    } finally {
      await client.end().catch(ignore);
    }
  }

  /** Brings the schema up to date. Several workers may do so at once: one does it while the others wait. */
  async migrate(): Promise<void> {
    // Not from the pool: whoever waits for the lock may wait for longer than a query may take.
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    client.on('error', ignore);
    await this.naming(client.connect());
    try {
      const { runner } = await import('node-pg-migrate');
      const migrated = runner({
        dbClient: client,
        dir: path.join(packageRoot(), 'activities/stores/migrations'),
        direction: 'up',
        schema: SCHEMA,
        createSchema: true,
        migrationsTable: 'migrations',
        singleTransaction: true,
        advisoryLockMode: 'wait',
        logger: { info: ignore, warn: ignore, error: ignore },
      });
      await this.naming(migrated);
    } finally {
      // The lock goes with the connection.
      await client.end().catch(ignore);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private queryOf(client: PoolClient): Query {
    return async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
      (await this.naming(client.query<Row>(sql, values))).rows;
  }

  private async naming<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw databaseFailure(error, this.host);
    }
  }
}

const ignore = (): void => undefined;

// Class 23 is a broken constraint, 22 a value that does not fit, 42 a wrong statement, 2F and 25P02 a wrong use: defects
// of ours. All else (connection, authentication, privilege 42501, shutdown, lock, deadlock) passes or can be put right.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const DEFECT = /^(21|22|23|25P02|26|2F|34|42(?!501))/;
const DISK_FULL = '53100';

function databaseFailure(error: unknown, host: string): ApplicationFailure {
  const said =
    error instanceof Error ? error.message || ('code' in error ? String(error.code) : error.name) : String(error);
  if (!(error instanceof DatabaseError))
    return failure('Unavailable', `PostgreSQL at ${host} does not answer: ${said}.`);
  if (error.code === DISK_FULL) return failure('StorageFull', `PostgreSQL at ${host} has no space left: ${said}.`);
  if (DEFECT.test(error.code ?? ''))
    return failure('InvariantBroken', `PostgreSQL refused a statement: ${said}.`, error);
  return failure('Unavailable', `PostgreSQL at ${host} can not do this now: ${said} (${error.code ?? 'no code'}).`);
}

function hostOf(url: string): string {
  try {
    return new URL(url).host || 'its local socket';
  } catch {
    // Without the cause: that holds the text, and with it the password.
    throw failure('Unavailable', 'DATABASE_URL is not a URL such as postgres://user:***@host:5432/database.');
  }
}
