import { join } from 'node:path';
import { Client, DatabaseError } from 'pg';
import { failure } from '../../errors';
import { identifier } from '../duckdb';
import { LineWriter } from '../line-writer';
import type { Slice } from './plan-types';

/** Text held in memory of one fetch; how many rows that is shows with the rows before. */
const FETCH_BYTES = 8 * 1024 * 1024;
/** Of rows nobody has seen yet. */
const FIRST_FETCH = 10;
const MOST_ROWS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Sorting a large table takes its time; a statement that takes longer is not one to run every night. */
const STATEMENT_TIMEOUT = '1h';

export interface PostgresExport {
  /** `postgres:NAME`. */
  source: string;
  query: string;
  /** Column that orders the rows, so that the same rows are always cut the same way. */
  idField: string;
  unitBytes: number;
  /** The plan's folder: the rows become files of the plan. */
  dir: string;
}

/**
 * Reads the rows of a query once, in the order of their ids and in one read-only snapshot, and writes them as JSON
 * Lines into the plan: units that read them later, on any host, all see the same rows. Yields a slice for each file.
 * @throws `SourceNotAllowed` for a database that is not configured, `InvalidQuery`, `Unavailable`.
 */
export async function* exportPostgres(
  databases: Readonly<Record<string, string>>,
  { source, query, idField, unitBytes, dir }: PostgresExport,
  signal: AbortSignal,
): AsyncGenerator<Slice> {
  const name = source.replace(/^postgres:/, '');
  const url = Object.hasOwn(databases, name) ? databases[name] : undefined;
  if (url === undefined) {
    throw failure('SourceNotAllowed', `The database "${name}" is not configured, or its variable is not set.`);
  }
  const client = new Client({
    connectionString: url,
    application_name: 'temporal-llm-pack',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  const ask = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: unknown) => {
      throw databaseFailure(error, name);
    });
  const files = new RowFiles(source, dir, unitBytes);
  try {
    await ask(client.connect());
    await ask(client.query('begin transaction isolation level repeatable read read only'));
    await ask(client.query(`set local statement_timeout = '${STATEMENT_TIMEOUT}'`));
    await ask(client.query(declareCursor(query, idField)));
    for (let wanted = FIRST_FETCH; ;) {
      signal.throwIfAborted();
      const { rows } = await ask(client.query<Record<string, unknown>>(`fetch ${wanted} from source_rows`));
      for (const row of rows) {
        const slice = files.add(row);
        if (slice) yield slice;
      }
      if (rows.length < wanted) break;
      wanted = Math.max(1, Math.min(MOST_ROWS, Math.floor(FETCH_BYTES / files.averageRow)));
    }
    const last = files.end();
    if (last) yield last;
  } finally {
    files.release();
    await client.end().catch(() => undefined);
  }
}

/**
 * One statement, whatever the query says: the extended protocol takes no second one, so nothing can end the read-only
 * transaction. What the query may read is up to the role of the connection.
 */
const declareCursor = (query: string, idField: string) => ({
  text: `declare source_rows no scroll cursor for
    select * from (\n${query}\n) as source_rows order by source_rows.${identifier(idField)}`,
  values: [],
  queryMode: 'extended',
});

/** Cuts rows into files of about the size of a unit. */
class RowFiles {
  private lines: LineWriter | undefined;
  private files = 0;
  private rows = 0;
  private rowsBefore = 0;
  private bytes = 0;

  constructor(
    private readonly source: string,
    private readonly dir: string,
    private readonly unitBytes: number,
  ) {}

  /** Bytes of a row, more or less. */
  get averageRow(): number {
    return Math.max(1, (this.bytes + (this.lines?.bytes ?? 0)) / (this.rowsBefore + this.rows));
  }

  /** Writes a row, and returns the slice of the file that it has filled. */
  add(row: Record<string, unknown>): Slice | undefined {
    this.lines ??= new LineWriter(join(this.dir, this.name));
    this.lines.write(JSON.stringify(row, plainValue));
    this.rows++;
    return this.lines.bytes >= this.unitBytes ? this.end() : undefined;
  }

  /** Ends the file that is open, if any, and returns its slice. */
  end(): Slice | undefined {
    if (!this.lines) return undefined;
    this.lines.close();
    const bytes = this.lines.bytes;
    const slice: Slice = {
      path: this.source,
      format: 'jsonl',
      packing: 'plain',
      fileBytes: bytes,
      start: 0,
      end: bytes,
      sha256: null,
      // The store that holds the plan compares every file with its hash.
      pin: 'plan',
      rowsBefore: this.rowsBefore,
      rows: this.rows,
      stored: this.name,
    };
    this.rowsBefore += this.rows;
    this.bytes += bytes;
    [this.lines, this.rows] = [undefined, 0];
    this.files++;
    return slice;
  }

  /** Lets go of the file that is open, whatever has happened. */
  release(): void {
    this.lines?.release();
  }

  private get name(): string {
    return `rows-${String(this.files).padStart(6, '0')}.jsonl`;
  }
}

/** Whole numbers beyond 2^53 keep their digits; bytes are no text. */
const plainValue = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

/** 42: names and syntax; 22: values; 25006: a write in a read-only transaction; 0A: not supported; 54: too complex. */
const WRONG_QUERY = /^(42|22|25006|0A|54|26|34)/;

/** The driver's messages name hosts at most, never passwords. */
function databaseFailure(error: unknown, name: string) {
  const said = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof DatabaseError && WRONG_QUERY.test(error.code ?? '')) {
    return failure('InvalidQuery', `The database "${name}" refused the query: ${said} (${error.code}).`);
  }
  return failure('Unavailable', `The database "${name}" does not answer: ${said}.`);
}
