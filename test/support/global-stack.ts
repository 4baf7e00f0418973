import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { defaultCacheDir } from '../../workers/stack/cache';
import { startStack, type Stack } from '../../workers/stack/stack';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    temporalUi: string;
    databaseUrl: string;
    elasticsearchUrl: string;
  }
}

let started: Promise<{ stack: Stack; stateDir: string }> | undefined;
let users = 0;

async function start(): Promise<{ stack: Stack; stateDir: string }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'llm-pack-test-'));
  const stack = await startStack({
    stateDir,
    cacheDir: defaultCacheDir(),
    env: {},
    log: ({ part, message }) => process.stderr.write(`[${part}] ${message}\n`),
  });
  return { stack, stateDir };
}

/** Starts the embedded parts once for all tiers that ask, and stops them after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  const { stack, stateDir } = await (started ??= start());
  project.provide('temporalAddress', stack.addresses.temporal.address);
  // The embedded server always has one.
  project.provide('temporalUi', stack.addresses.temporal.uiUrl ?? '');
  project.provide('databaseUrl', stack.addresses.databaseUrl);
  project.provide('elasticsearchUrl', stack.addresses.elasticsearchUrl);
  return async () => {
    users -= 1;
    if (users > 0) return;
    started = undefined;
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
