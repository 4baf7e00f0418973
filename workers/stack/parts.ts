import path from 'node:path';
import type { Env } from './cache';
import type { Log } from './log';
import type { Ports } from './ports';
import type { ChildSpec, Supervised } from './supervisor';

/** The parts that are started here where no address of them is configured. */
export const PARTS = ['temporal', 'postgres', 'elasticsearch'] as const;
export type PartName = (typeof PARTS)[number];

/** What a part needs from the stack to start itself. */
export interface PartContext {
  /** Folder of this part's data; made by the part. */
  dir: string;
  cacheDir: string;
  env: Env;
  ports: Ports;
  log: Log;
  signal: AbortSignal;
  supervise(spec: Omit<ChildSpec, 'log' | 'signal' | 'onSpawn' | 'logFile'>): Promise<Supervised>;
}

/** A part that runs: ours, or where its address was configured, one that the team runs. */
export interface RunningPart {
  name: PartName;
  /** Version of the server; undefined where it is not ours. */
  version?: string;
  /** Where it was found: a path, the way it was made, or the name of the setting that holds its address. */
  found: string;
  /** Our process that runs it; undefined where it is not ours, or between two of them. */
  readonly pid?: number | undefined;
}

/** Folder of a part's data inside the state folder. */
export const partDir = (stateDir: string, name: string): string => path.join(stateDir, name);

export const LOOPBACK = '127.0.0.1';
