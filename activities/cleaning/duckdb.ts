import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { failure } from '../errors';

/** Enough for a unit; what needs more is spilled to the scratch folder or fails with a clear message. */
const MEMORY = '1GB';

/** One thread: rows keep their order, so that the same rows make the same bytes; units run side by side anyway. */
async function openInstance(): Promise<DuckDBInstance> {
  // Loaded when it is first used: threads that read no Parquet need not wait for it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  return DuckDBInstance.create(':memory:', {
    threads: '1',
    preserve_insertion_order: 'true',
    memory_limit: MEMORY,
    // Files are read once: kept in memory they would only fill it.
    enable_external_file_cache: 'false',
    // No command of a file that is read may fetch or load code.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
}

/** @throws `StorageFull` where DuckDB found no room to write. */
async function withConnection<T>(
  instance: DuckDBInstance,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await instance.connect();
  try {
    return await work(connection);
  } catch (error) {
    if (error instanceof Error && /no space left|disk quota/i.test(error.message)) {
      throw failure('StorageFull', 'No space is left on the disk of the artifact store.', error);
    }
    throw error;
  } finally {
    connection.closeSync();
  }
}

/**
 * Opens a DuckDB of its own for `work`.
 * @throws `StorageFull` where it found no room to write.
 */
export async function withDuckDB<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await openInstance();
  try {
    return await withConnection(instance, work);
  } finally {
    instance.closeSync();
  }
}

/** Open ones that nobody uses: to open one takes as long as to write a fifth of a unit. */
const idle: DuckDBInstance[] = [];

/**
 * As `withDuckDB`, with a place on the disk for what does not fit in memory, and with the instance of an earlier call
 * where one is free. `work` leaves nothing in it but temporary tables, which end with its connection.
 * @param spill folder for that; it may be removed afterwards.
 */
export async function withUnitDuckDB<T>(spill: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const known = idle.pop();
  let instance = known ?? (await openInstance());
  try {
    // Not into the working folder, where DuckDB would write. One that has spilled already stays with its folder.
    const place = (into: DuckDBInstance) =>
      withConnection(into, (connection) => connection.run(`set temp_directory = ${literal(spill)}`));
    await place(instance).catch(async (error: unknown) => {
      if (!known) throw error;
      instance.closeSync();
      instance = await openInstance();
      await place(instance);
    });
    const result = await withConnection(instance, work);
    idle.push(instance);
    return result;
  } catch (error) {
    // Whatever state it is in, nobody else shall meet it.
    instance.closeSync();
    throw error;
  }
}

/** Text as an SQL literal, for statements that take no parameters. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
