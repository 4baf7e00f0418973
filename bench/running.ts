import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client, Connection } from '@temporalio/client';
import type { PackConfigInput } from '../schemas/config';
import { QUEUES } from '../schemas/names';
import { defaultCacheDir } from '../workers/stack/cache';
import { startStack } from '../workers/stack/stack';

const MAIN = path.join(__dirname, '..', 'dist', 'workers', 'cli', 'main.js');

export type Running = Awaited<ReturnType<typeof startRunning>>;

/** What a user has: the embedded stack, a worker of every pool in a process of its own, and clients. Needs `npm run build`. */
export async function startRunning(config: PackConfigInput = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-bench-'));
  await writeFile(path.join(dir, 'temporal.config.js'), `module.exports = ${JSON.stringify(config)};\n`);
  const stack = await startStack({
    stateDir: path.join(dir, 'state'),
    cacheDir: defaultCacheDir(),
    env: {},
    log: ({ part, message }) => console.error(`[${part}] ${message}`),
  });
  const { temporal, databaseUrl, elasticsearchUrl } = stack.addresses;
  const addresses = {
    TEMPORAL_ADDRESS: temporal.address,
    DATABASE_URL: databaseUrl,
    ELASTICSEARCH_URL: elasticsearchUrl,
  };
  const worker = spawn(process.execPath, [MAIN, 'worker', '--pool', 'all'], {
    cwd: dir,
    env: { ...process.env, ...addresses },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(worker.stdout, 'data');
  const connection = await Connection.connect({ address: temporal.address });
  const { workflow } = new Client({ connection });
  const search = new Elasticsearch({ node: elasticsearchUrl, maxRetries: 0 });
  let runs = 0;
  const start = (type: string, input: object) =>
    workflow.start(type, { taskQueue: QUEUES.llm, workflowId: `${type}-${(runs += 1)}`, args: [input] });
  return {
    databaseUrl,
    search,
    /** Processes of the worker and of the servers, by name. */
    pids: () => ({
      worker: worker.pid ?? 0,
      ...Object.fromEntries(stack.parts.map(({ name, pid }) => [name, pid ?? 0])),
    }),
    start,
    /** Runs a stage and returns its output with the seconds it took, from the start to its end. */
    async timed<O>(type: string, input: object): Promise<{ output: O; seconds: number }> {
      const began = performance.now();
      const output = (await (await start(type, input)).result()) as O;
      return { output, seconds: (performance.now() - began) / 1_000 };
    },
    /** Writes JSON Lines into the project, for a stage to read. */
    async writeRows(name: string, rows: readonly object[]): Promise<void> {
      await mkdir(dir, { recursive: true });
      await writeFile(path.join(dir, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    },
    async stop(): Promise<void> {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
      await search.close();
      await connection.close();
      await stack.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** So many words from a vocabulary of 20,000, common ones more often, as in real text. */
export const words = (count: number, random: () => number): string =>
  Array.from({ length: count }, () => `w${Math.floor(20_000 * random() ** 3).toString(36)}`).join(' ');
