import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cached, defaultCacheDir } from '../../workers/stack/cache';
import { freePort } from './free-port';
import { canary } from './secrets/canary';

const run = promisify(execFile);

// Pinned: what a publish stands on (`If-None-Match: *`) is a promise of this version.
const VERSION = 'v1.8.0';
const READY_MS = 15_000;
const POLL_MS = 25;

/** A real S3 server on a local folder. */
export interface Versitygw {
  endpoint: string;
  /** Credentials, as the AWS SDK looks for them. */
  env: { AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string };
  stop(): Promise<void>;
}

/** Path of the server's binary: from an earlier time, or built by Go (about a minute on two cores). */
async function versitygwBinary(): Promise<string> {
  const dir = await cached(defaultCacheDir(), `versitygw-${VERSION}`, async (target) => {
    process.stderr.write(`[versitygw] building ${VERSION} with Go, about a minute\n`);
    const module = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
    await run('go', ['install', module], { env: { ...process.env, GOBIN: target } });
  });
  return path.join(dir, 'versitygw');
}

/** Starts the server on `dir`, which then holds the buckets, and waits until it answers. */
export async function startVersitygw(dir: string): Promise<Versitygw> {
  const env = { AWS_ACCESS_KEY_ID: 'llm-pack-test', AWS_SECRET_ACCESS_KEY: canary('s3') };
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(await versitygwBinary(), ['--port', address, '--quiet', 'posix', dir], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: os.tmpdir(),
      ROOT_ACCESS_KEY: env.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: env.AWS_SECRET_ACCESS_KEY,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const endpoint = `http://${address}`;
  const deadline = Date.now() + READY_MS;
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`versitygw did not start on ${address}`);
    await delay(POLL_MS);
  }
  return {
    endpoint,
    env,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

// Any answer will do: without a signature it is a refusal.
const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  );
