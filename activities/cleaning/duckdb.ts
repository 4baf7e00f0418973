import type { DuckDBConnection } from '@duckdb/node-api';
import { failure } from '../errors';

/** Enough for a unit; what needs more is spilled to the scratch folder or fails with a clear message. */
const MEMORY = '1GB';

/**
 * Opens a DuckDB of its own for `work`. One thread: rows keep their order, so that the same rows make the same bytes;
 * units run side by side anyway.
 * @throws `StorageFull` where it found no room to write.
 */
export async function withDuckDB<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  // Loaded when it is first used: threads that read no Parquet need not wait for it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    preserve_insertion_order: 'true',
    memory_limit: MEMORY,
    // No command of a file that is read may fetch or load code.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
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
    instance.closeSync();
  }
}

/** Text as an SQL literal, for statements that take no parameters. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name as an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
