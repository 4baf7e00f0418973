import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { endProcess, isAlive, type ProcessRef } from './processes';
import type { TemporalAddress } from './temporal';

/** Where each part is, ours or configured. The database's URL holds its password. */
export interface StackAddresses {
  temporal: TemporalAddress;
  databaseUrl: string;
  elasticsearchUrl: string;
}

/** What a running stack writes down, for other commands to find it and for a later one to clear up after it. */
export interface StackRecord {
  supervisor: ProcessRef;
  /** Every process that it supervises now, by name. */
  processes: Record<string, ProcessRef>;
  /** Set once all parts are ready. */
  addresses?: StackAddresses;
}

/** The addresses of the stack that runs in that state folder; undefined where none does, or it is still starting. */
export async function readStack(stateDir: string): Promise<(StackRecord & { addresses: StackAddresses }) | undefined> {
  const record = await readRecord(stateDir);
  return record?.addresses && isAlive(record.supervisor) ? { ...record, addresses: record.addresses } : undefined;
}

const file = (stateDir: string): string => path.join(stateDir, 'stack.json');

async function readRecord(stateDir: string): Promise<StackRecord | undefined> {
  try {
    return JSON.parse(await readFile(file(stateDir), 'utf8')) as StackRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Synchronous, so that no process of ours is without its line in the file for longer than it takes to write it. */
export function writeRecord(stateDir: string, record: StackRecord): void {
  const aside = `${file(stateDir)}.aside`;
  writeFileSync(aside, JSON.stringify(record, undefined, 2), { mode: 0o600 });
  renameSync(aside, file(stateDir));
}

export const removeRecord = (stateDir: string): void => rmSync(file(stateDir), { force: true });

// As long as a part of ours may take to end by itself.
const ORPHAN_MS = 10_000;

/**
 * Ends the processes that a stack in that folder left when it was killed; returns their names. Only for the one who holds
 * the folder's lock. A process counts as left only if it started when the record says, so a pid that was given to
 * another since is safe.
 */
export async function endOrphans(stateDir: string): Promise<string[]> {
  const processes = Object.entries((await readRecord(stateDir))?.processes ?? {});
  const orphans = processes.filter(([, ref]) => isAlive(ref));
  // SIGINT: the one signal that all parts take for a request to stop now; PostgreSQL's SIGTERM waits for its clients.
  await Promise.all(orphans.map(([, ref]) => endProcess(ref, 'SIGINT', ORPHAN_MS)));
  removeRecord(stateDir);
  return orphans.map(([name]) => name);
}
