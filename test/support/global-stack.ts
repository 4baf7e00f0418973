import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { defaultCacheDir } from '../../workers/stack/cache';
import { startStack, type Stack } from '../../workers/stack/stack';
import { Connection } from '@temporalio/client';
import { type Finding, refuseSecrets, secretSearch } from './secrets/find-secrets';
import { scanFolder } from './secrets/scan-folder';
import { scanServer } from './secrets/scan-histories';
import { scanProcesses } from './secrets/scan-processes';

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
    const findings = await leaked(stack, stateDir);
    await rm(stateDir, { recursive: true, force: true });
    refuseSecrets(findings);
  };
}

// The newest of some thousand; of all of them the server's file is read.
const HISTORIES_MS = 10_000;

/** Stops the stack, and looks for secrets in all that the tests have left in it: histories, logs, what the servers keep. */
async function leaked(stack: Stack, stateDir: string): Promise<Finding[]> {
  const { temporal, databaseUrl } = stack.addresses;
  const began = Date.now();
  const search = secretSearch([{ name: 'the password of PostgreSQL', text: new URL(databaseUrl).password }]);
  let runs: number;
  let findings: Finding[];
  try {
    const connection = await Connection.connect({ address: temporal.address });
    ({ runs, findings } = await scanServer(connection, search, HISTORIES_MS));
    // While the servers run: what they were started with stands in their command lines.
    findings.push(...(await scanProcesses(search)));
    await connection.close();
  } finally {
    await stack.stop();
  }
  findings.push(...(await scanFolder(stateDir, search)));
  process.stderr.write(`No place for secrets: ${runs} histories and ${stateDir}, in ${Date.now() - began} ms\n`);
  return findings;
}
