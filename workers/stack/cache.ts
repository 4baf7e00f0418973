import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { acquireLock } from './lock';

/** Environment variables as a process has them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where what was downloaded or built is kept between projects: `LLM_PACK_CACHE`, or the user's cache folder. */
export function defaultCacheDir(env: Env = process.env): string {
  if (env['LLM_PACK_CACHE']) return path.resolve(env['LLM_PACK_CACHE']);
  return path.join(env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'temporal-llm-pack');
}

// Longer than the slowest step (a cold build of the Temporal server, about 4 minutes on 2 cores) by a wide margin.
const WAIT_MS = 30 * 60_000;

/**
 * The folder `name` of the cache, made by `build` if it is not there. `build` fills an empty folder, which is renamed
 * into place when it returns: what is there is whole. Of two processes that want it, one builds and the other waits.
 */
export async function cached(
  cacheDir: string,
  name: string,
  build: (dir: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<string> {
  const target = path.join(cacheDir, name);
  if (existsSync(target)) return target;
  const lock = await acquireLock(path.join(cacheDir, 'locks', name), {
    waitMs: WAIT_MS,
    ...(signal ? { signal } : {}),
  });
  try {
    if (existsSync(target)) return target;
    const dir = path.join(cacheDir, 'partial', name);
    try {
      // What a builder that was killed left; the lock says that there is no other one.
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir, { recursive: true });
      await build(dir);
      await rename(dir, target);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    return target;
  } finally {
    await lock.release();
  }
}
