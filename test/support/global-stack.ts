import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { TestProject } from 'vitest/node';
import { makeBundle, READY_BUNDLE } from '../../workers/bundle';
import { defaultCacheDir } from '../../workers/stack/cache';
import { startStack, type Stack } from '../../workers/stack/stack';
import { RUN_FOLDER } from './run-folder';
import type { SharedServers } from './shared-servers';
import { type Finding, refuseSecrets, secretSearch } from './secrets/find-secrets';
import { scanFolder } from './secrets/scan-folder';
import { scanServer } from './secrets/scan-histories';
import { scanProcesses } from './secrets/scan-processes';

declare module 'vitest' {
  interface ProvidedContext {
    /** One set of servers for each of the files that run side by side. */
    servers: SharedServers[];
  }
}

interface Lane {
  stack: Stack;
  stateDir: string;
}

// Each project loads this file anew; the servers are for all of them.
const shared = globalThis as { llmPackTests?: { users: number; lanes: Promise<Lane[]> } };

/** Starts the embedded parts once for all tiers that ask, and stops them after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tests = (shared.llmPackTests ??= { users: 0, lanes: start(project.vitest) });
  tests.users += 1;
  const lanes = await tests.lanes;
  project.provide(
    'servers',
    lanes.map(({ stack: { addresses } }) => ({
      temporalAddress: addresses.temporal.address,
      // The embedded server always has one.
      temporalUi: addresses.temporal.uiUrl ?? '',
      databaseUrl: addresses.databaseUrl,
      elasticsearchUrl: addresses.elasticsearchUrl,
    })),
  );
  return async () => {
    tests.users -= 1;
    if (tests.users > 0) return;
    delete shared.llmPackTests;
    await rm(process.env[RUN_FOLDER] ?? '', { recursive: true, force: true });
    const findings = (await Promise.all(lanes.map(leaked))).flat();
    refuseSecrets(findings);
  };
}

async function start(vitest: TestProject['vitest']): Promise<Lane[]> {
  process.env[RUN_FOLDER] = await mkdtemp(join(tmpdir(), 'llm-pack-run-'));
  const lanes = Array.from({ length: lanesOf(vitest) }, startLane);
  const [bundle, ...started] = await Promise.all([makeBundle(), ...lanes]);
  // The tests' workers would each make the same again.
  process.env[READY_BUNDLE] = join(process.env[RUN_FOLDER], 'workflow-bundle.js');
  await writeFile(process.env[READY_BUNDLE], bundle.code);
  return started;
}

/** As many as there are files side by side: one that is run by itself needs no servers beside its own. */
function lanesOf({ projects, state }: TestProject['vitest']): number {
  const atOnce = Math.max(...projects.map(({ config }) => config.maxWorkers ?? 1));
  return Math.min(atOnce, state.getPaths().length);
}

async function startLane(_: unknown, lane: number): Promise<Lane> {
  const stateDir = await mkdtemp(join(tmpdir(), 'llm-pack-test-'));
  const stack = await startStack({
    stateDir,
    cacheDir: defaultCacheDir(),
    env: {},
    log: ({ part, message }) => process.stderr.write(`[${part} ${lane + 1}] ${message}\n`),
  });
  return { stack, stateDir };
}

// The newest of some thousand; of all of them the server's file is read.
const HISTORIES_MS = 10_000;

/** Stops the stack, and looks for secrets in all that the tests have left in it: histories, logs, what the servers keep. */
async function leaked({ stack, stateDir }: Lane): Promise<Finding[]> {
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
  await rm(stateDir, { recursive: true, force: true });
  return findings;
}
