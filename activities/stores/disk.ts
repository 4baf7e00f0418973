import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../errors';

/** The system's error code (`ENOENT`), where the error has one. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** `value`, or undefined where the file or folder it is about does not exist. */
export async function unlessMissing<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Does `work`, and turns a full disk or an exhausted quota into `StorageFull`, which is retried until there is room.
 * Wrap every step that writes below `dir`.
 */
export async function namingFullDisk<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    const reason = code === 'ENOSPC' ? 'No space is left on the disk' : 'The disk quota is used up';
    throw failure('StorageFull', `${reason} that holds ${dir}.`, error);
  }
}

/** Makes the entries of a folder durable: after a power cut a renamed file is found only if its folder was synced. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes what lies directly in `dir` and was not written to for `ageMs`. Returns how many entries it removed.
 * A folder is as young as the youngest file directly in it.
 */
export async function removeOlder(dir: string, ageMs: number): Promise<number> {
  const names = (await unlessMissing(readdir(dir))) ?? [];
  let removed = 0;
  for (const name of names) {
    const entry = path.join(dir, name);
    if (Date.now() - (await lastWritten(entry)) < ageMs) continue;
    await rm(entry, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}

async function lastWritten(entry: string): Promise<number> {
  const own = await unlessMissing(stat(entry));
  if (!own?.isDirectory()) return own?.mtimeMs ?? Date.now();
  const inside = (await unlessMissing(readdir(entry))) ?? [];
  const times = await Promise.all(inside.map((name) => unlessMissing(stat(path.join(entry, name)))));
  return Math.max(own.mtimeMs, ...times.map((found) => found?.mtimeMs ?? 0));
}
