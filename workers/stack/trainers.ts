import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../activities/kit/package-root';
import { cached, type Env } from './cache';
import { onPath, runCommand } from './commands';
import { type Log, StackError } from './log';

/** The folder with the Python side: its locked requirements, recipes and tests. */
export const trainersDir = (): string => path.join(packageRoot(), 'trainers');

const LOCK_FILE = 'requirements.lock.txt';
// A newer one resolves nothing differently: every requirement is locked with its hashes.
const UV_REQUIREMENT = 'uv==0.13.9';

export interface TrainersOptions {
  cacheDir: string;
  log: Log;
  env?: Env;
  signal?: AbortSignal;
}

/**
 * A Python with exactly what `trainers/requirements.lock.txt` says, made by uv on first use (3 GB of downloads, 5.3 GB
 * on disk, one minute on a fast line) and kept in the cache under the hash of that file.
 * @returns the path of the interpreter; start modules with `-m`, such as `-m torch.distributed.run`.
 * @throws StackError where there is no Python 3.11 or 3.12, or the packages can not be had.
 */
export async function ensureTrainersPython(options: TrainersOptions): Promise<string> {
  const { cacheDir, log, env = process.env, signal } = options;
  const lock = path.join(trainersDir(), LOCK_FILE);
  const dir = await cached(
    cacheDir,
    await cacheName(lock),
    async (target) => {
      const uv = await ensureUv(options);
      const message = 'installing PyTorch and what belongs to it (once, 5 GB on disk)';
      log({ part: 'trainers', message });
      const run = (...args: string[]) =>
        runCommand(uv, args, {
          env: { ...env, VIRTUAL_ENV: target, UV_PYTHON_DOWNLOADS: 'never' },
          onWait: (elapsedSeconds) => log({ part: 'trainers', message, elapsedSeconds }),
          ...(signal ? { signal } : {}),
        });
      try {
        // Relocatable, because it is renamed into place when it is whole.
        await run('venv', '--relocatable', '--allow-existing', '--python', '>=3.11,<3.13', target);
        // Compiled now: otherwise every training process compiles thousands of files again.
        await run('pip', 'sync', '--require-hashes', '--compile-bytecode', lock);
      } catch (error) {
        signal?.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        throw new StackError(`The trainers' Python could not be made: ${why}`, REMEDY, { cause: error });
      }
    },
    signal,
  );
  return path.join(dir, 'bin', 'python');
}

const cacheName = async (lock: string): Promise<string> =>
  `trainers-${createHash('sha256')
    .update(await readFile(lock))
    .digest('hex')
    .slice(0, 16)}`;

/** The interpreter that `ensureTrainersPython` makes, where it has made it. */
export async function madeTrainersPython(cacheDir: string): Promise<string | undefined> {
  const python = path.join(cacheDir, await cacheName(path.join(trainersDir(), LOCK_FILE)), 'bin', 'python');
  return existsSync(python) ? python : undefined;
}

const REMEDY = 'Install Python 3.11 or 3.12 with pip, leave 6 GB free in the cache, and check the package index.';

/** `uv` on the PATH, or one that pip puts into the cache. */
export async function ensureUv({ cacheDir, log, env = process.env, signal }: TrainersOptions): Promise<string> {
  const here = onPath('uv', env);
  if (here) return here;
  const name = UV_REQUIREMENT.replace('==', '-');
  const dir = await cached(cacheDir, name, async (target) => {
    log({ part: 'trainers', message: `installing ${UV_REQUIREMENT} into the cache` });
    const args = ['-m', 'pip', 'install', '--quiet', '--no-input', '--target', target, UV_REQUIREMENT];
    await runCommand('python3', args, { env, ...(signal ? { signal } : {}) });
  });
  return path.join(dir, 'bin', 'uv');
}
