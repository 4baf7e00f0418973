import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { isAlive, thisProcess } from '../../workers/stack/processes';
import type { ServerAddresses } from './pack';
import { RUN_FOLDER } from './run-folder';

export interface SharedServers extends ServerAddresses {
  temporalUi: string;
}

// Each file has a process of its own, whose modules may be loaded more than once.
const own = globalThis as { llmPackServers?: SharedServers };

/**
 * The servers that global-stack.ts has started for this file: those that run side by side have servers of their own each, since they use
 * the queues that every pack has, and count the rows of a whole table. A file finds what others before it have left.
 */
export const sharedServers = (): SharedServers => (own.llmPackServers ??= takeServers(inject('servers')));

/** Those that no other process has; waits for one that is still ending. */
function takeServers(all: readonly SharedServers[]): SharedServers {
  for (;;) {
    const free = all.find((_, lane) => take(join(process.env[RUN_FOLDER] ?? '', `lane-${lane}`)));
    if (free) return free;
    // A random wait, so that two who met do not meet again.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 + Math.random() * 100);
  }
}

/**
 * As acquireLock (workers/stack/lock.ts) does, for the time in which test files are collected, where nothing can be awaited: whoever finds no claim
 * of another living process beside its own has it until it ends. (VITEST_POOL_ID would not do: where one group of tiers follows another
 * it is given twice.)
 */
function take(dir: string): boolean {
  mkdirSync(dir, { recursive: true });
  const { pid, identity } = thisProcess();
  const claim = `${pid}.${identity}`;
  writeFileSync(join(dir, claim), '');
  const isTaken = readdirSync(dir).some((name) => {
    const [other, since = ''] = name.split('.');
    return name !== claim && isAlive({ pid: Number(other), identity: since });
  });
  if (isTaken) rmSync(join(dir, claim));
  return !isTaken;
}
