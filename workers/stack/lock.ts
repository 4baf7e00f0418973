import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, thisProcess, type ProcessRef } from './processes';

/** Something that one process at a time may hold. It ends with the process, however that ends. */
export interface Lock {
  release(): Promise<void>;
}

/** The lock is held by a process that is alive. */
export class LockHeld extends Error {
  constructor(readonly holder: number) {
    super(`Held by process ${holder}.`);
    this.name = 'LockHeld';
  }
}

/**
 * Takes the lock that is the folder `dir` (made if need be), waiting up to `waitMs` for another holder.
 *
 * Everyone who wants it puts a claim of a name of its own into the folder, and holds the lock if there is no other claim
 * of a living process; if there is one, it takes its own away and tries again. So two never hold it at once, and the
 * claim of a process that died counts for nothing: there is no stale lock to take over, which is where lock files race.
 * @throws LockHeld where another process still holds it at the end of the wait.
 */
export async function acquireLock(
  dir: string,
  { waitMs = 0, signal }: { waitMs?: number; signal?: AbortSignal } = {},
): Promise<Lock> {
  await mkdir(dir, { recursive: true });
  const deadline = Date.now() + waitMs;
  for (;;) {
    const { pid, identity } = thisProcess();
    const claim = `${pid}.${identity}.${randomBytes(6).toString('hex')}`;
    await writeFile(path.join(dir, claim), '', { flag: 'wx' });
    const release = () => rm(path.join(dir, claim), { force: true });
    const holder = await otherClaim(dir, claim);
    if (holder === undefined) return { release };
    await release();
    if (Date.now() >= deadline) throw new LockHeld(holder);
    // A random wait, so that two who met do not meet again.
    await sleep(20 + Math.random() * 100, undefined, { signal });
  }
}

async function otherClaim(dir: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(dir)) {
    if (name === own) continue;
    const ref = parse(name);
    if (ref && isAlive(ref)) return ref.pid;
    await rm(path.join(dir, name), { force: true });
  }
  return undefined;
}

function parse(claim: string): ProcessRef | undefined {
  const [pid, identity] = claim.split('.');
  return pid && identity ? { pid: Number(pid), identity } : undefined;
}
