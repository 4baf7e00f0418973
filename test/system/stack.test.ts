import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client, Connection } from '@temporalio/client';
import { Client as Postgres } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import { defaultCacheDir } from '../../workers/stack/cache';
import { runCommand } from '../../workers/stack/commands';
import { inspectParts } from '../../workers/stack/inspect';
import type { LogEvent } from '../../workers/stack/log';
import { PARTS, type PartName } from '../../workers/stack/parts';
import { isAlive, processIdentity, send } from '../../workers/stack/processes';
import { readStack, type Stack, type StackAddresses, startStack } from '../../workers/stack/stack';

// The first start of all fetches and builds; a part on a loaded machine takes tens of seconds to come back.
const START_MS = 600_000;
const BACK_MS = 120_000;

const cacheDir = defaultCacheDir();
const folders: string[] = [];

async function newFolder(): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-stack-'));
  folders.push(dir);
  return dir;
}

const start = (stateDir: string, env: Record<string, string> = {}, events: LogEvent[] = []): Promise<Stack> =>
  startStack({ stateDir, cacheDir, env, log: (event) => events.push(event) });

/** What a test leaves in a part, to be found there later. */
interface Marks {
  put(): Promise<void>;
  found(): Promise<boolean>;
}

function marks(addresses: StackAddresses): Record<PartName, Marks> {
  return {
    temporal: {
      put: () =>
        withTemporal(addresses, async (client) => {
          await client.workflow.start('nobodyRunsIt', { taskQueue: 'nobody', workflowId: 'mark', args: [] });
        }),
      found: () =>
        withTemporal(addresses, async (client) => {
          const { status } = await client.workflow.getHandle('mark').describe();
          return status.name === 'RUNNING';
        }),
    },
    postgres: {
      put: () =>
        withPostgres(addresses, async (client) => {
          await client.query('create table mark as select 1 as one');
        }),
      found: () => withPostgres(addresses, async (client) => (await client.query('table mark')).rowCount === 1),
    },
    elasticsearch: {
      put: async () => {
        const client = new Elasticsearch({ node: addresses.elasticsearchUrl });
        await client.indices.create({ index: 'mark' });
        await client.index({ index: 'mark', id: '1', document: { text: 'one' } });
      },
      found: () => new Elasticsearch({ node: addresses.elasticsearchUrl }).exists({ index: 'mark', id: '1' }),
    },
  };
}

async function withTemporal<T>({ temporal }: StackAddresses, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function withPostgres<T>({ databaseUrl }: StackAddresses, work: (client: Postgres) => Promise<T>): Promise<T> {
  const client = new Postgres({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const pidOf = (stack: Stack, name: PartName): number => {
  const pid = stack.parts.find((part) => part.name === name)?.pid;
  if (pid === undefined) throw new Error(`No process runs ${name}.`);
  return pid;
};

/** Command lines that name the folder: every part's does. */
async function processesOf(stateDir: string): Promise<string[]> {
  const lines =
    process.platform === 'linux' ? await linesOfProc() : (await runCommand('ps', ['-Ao', 'command='])).split('\n');
  return lines.filter((line) => line.includes(stateDir));
}

async function linesOfProc(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

afterAll(async () => {
  await Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true })));
});

describe('two stacks in two folders', () => {
  let first: Stack;
  let second: Stack;
  let firstDir: string;

  beforeAll(async () => {
    firstDir = await newFolder();
    [first, second] = await Promise.all([start(firstDir), start(await newFolder())]);
  }, START_MS);

  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  it('run at once on addresses of their own, and keep what is put into them', async () => {
    for (const { addresses } of [first, second]) {
      for (const mark of Object.values(marks(addresses))) await mark.put();
    }
    for (const { addresses } of [first, second]) {
      for (const mark of Object.values(marks(addresses))) expect(await mark.found()).toBe(true);
    }
  });

  it('take a run that sets the search attributes of the pack', async () => {
    const filter = `${SEARCH_ATTRIBUTES.stage} = 'none' and ${SEARCH_ATTRIBUTES.status} = 'none'`;
    const { count } = await withTemporal(first.addresses, (client) => client.workflow.count(filter));
    expect(count).toBe(0);
  });

  it('serve the UI', async () => {
    expect((await fetch(first.addresses.temporal.uiUrl ?? '')).status).toBe(200);
  });

  it('refuse a second stack in the same folder, and name the process that has it', async () => {
    await expect(start(firstDir)).rejects.toThrow(`Process ${process.pid} runs a stack`);
    expect((await readStack(firstDir))?.addresses).toEqual(first.addresses);
  });

  it('keep passwords to their owner and out of what is shown', async () => {
    for (const name of ['stack.json', 'postgres/password']) {
      expect((await stat(path.join(firstDir, name))).mode & 0o777).toBe(0o600);
    }
    const password = await readFile(path.join(firstDir, 'postgres/password'), 'utf8');
    const shown = await inspectParts({ stateDir: firstDir, cacheDir, env: {} });
    expect(JSON.stringify([shown, first.parts])).not.toContain(password);
    const parts = shown.filter(({ name }) => (PARTS as readonly string[]).includes(name));
    expect(parts.map(({ name, reachable, remedy }) => ({ name, reachable, remedy }))).toEqual(
      PARTS.map((name) => ({ name, reachable: true, remedy: undefined })),
    );
  });

  it.each(PARTS)(
    'bring back %s after kill -9, on the same address and with its data',
    async (name) => {
      const killed = pidOf(first, name);
      send(killed, 'SIGKILL');
      await vi.waitUntil(() => processIdentity(killed) === undefined);
      const mark = marks(first.addresses)[name];
      await vi.waitUntil(() => mark.found().catch(() => false), { timeout: BACK_MS, interval: 100 });
      expect(pidOf(first, name)).not.toBe(killed);
    },
    BACK_MS,
  );

  it(
    'keep any other process running too, and stop it before the parts',
    async () => {
      const logFile = path.join(firstDir, 'logs', 'other.log');
      // Says at its end whether the database still answers.
      const script = `const net = require('node:net');
      console.log('up', process.pid);
      setInterval(() => {}, 1000);
      process.on('SIGTERM', () => net.connect(${new URL(first.addresses.databaseUrl).port}, '127.0.0.1')
        .on('connect', () => { console.log('parts stand'); process.exit(); }).on('error', () => process.exit(1)));`;
      const ready = async () => (await readFile(logFile, 'utf8')).includes('up');
      const other = await first.supervise({
        name: 'other',
        command: process.execPath,
        args: ['-e', script],
        logFile,
        ready,
      });
      send(other.pid ?? 0, 'SIGKILL');
      await vi.waitUntil(async () => (await readFile(logFile, 'utf8')).split('up').length === 3, { timeout: BACK_MS });
      expect(other.restarts).toBe(1);
      await first.stop();
      expect(await readFile(logFile, 'utf8')).toContain('parts stand');
    },
    BACK_MS,
  );

  it(
    'leave no process when they are stopped, and start again on the same addresses with the same data',
    async () => {
      expect(await processesOf(firstDir)).toEqual([]);
      expect(await readStack(firstDir)).toBeUndefined();
      const before = first.addresses;
      first = await start(firstDir);
      expect(first.addresses).toEqual(before);
      for (const mark of Object.values(marks(first.addresses))) expect(await mark.found()).toBe(true);
    },
    START_MS,
  );
});

describe('a stack whose supervisor was killed', () => {
  let stateDir: string;
  let child: ChildProcess;

  beforeAll(async () => {
    stateDir = await newFolder();
    const jiti = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
    const script = path.join(__dirname, '../support/stack-child.ts');
    child = spawn(process.execPath, [jiti, script, stateDir, cacheDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout) await once(child.stdout, 'data');
  }, START_MS);

  it(
    'leaves orphans, which the next start ends before it uses their data',
    async () => {
      const record = await readStack(stateDir);
      if (!record) throw new Error('The child runs no stack.');
      for (const mark of Object.values(marks(record.addresses))) await mark.put();

      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await readStack(stateDir)).toBeUndefined();
      const orphans = Object.values(record.processes);
      expect(orphans).toHaveLength(PARTS.length);
      expect(orphans.every(isAlive)).toBe(true);

      const events: LogEvent[] = [];
      const stack = await start(stateDir, {}, events);
      try {
        expect(orphans.some(isAlive)).toBe(false);
        expect(events.some(({ message }) => message.startsWith('ended what a killed one had left'))).toBe(true);
        expect(stack.addresses).toEqual(record.addresses);
        for (const mark of Object.values(marks(stack.addresses))) expect(await mark.found()).toBe(true);
      } finally {
        await stack.stop();
      }
      expect(await processesOf(stateDir)).toEqual([]);
    },
    START_MS,
  );
});

describe('a stack that starts less than everything', () => {
  it('starts nothing where all addresses are configured', async () => {
    const stateDir = await newFolder();
    const env = {
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      DATABASE_URL: 'postgresql://db.example/x',
      ELASTICSEARCH_URL: 'http://search.example:9200',
    };
    const stack = await start(stateDir, env);
    expect(stack.parts.map(({ name, found, pid }) => ({ name, found, pid }))).toEqual([
      { name: 'temporal', found: 'TEMPORAL_ADDRESS', pid: undefined },
      { name: 'postgres', found: 'DATABASE_URL', pid: undefined },
      { name: 'elasticsearch', found: 'ELASTICSEARCH_URL', pid: undefined },
    ]);
    expect(stack.addresses).toEqual({
      temporal: { address: 'temporal.example:7233' },
      databaseUrl: env.DATABASE_URL,
      elasticsearchUrl: env.ELASTICSEARCH_URL,
    });
    expect(await processesOf(stateDir)).toEqual([]);
    await stack.stop();
  });

  it('gives up all of it where one part can not be had, and says what to do', async () => {
    const stateDir = await newFolder();
    // There is no Java; the others, which need none, are ended again.
    const env = { JAVA_HOME: stateDir };
    await expect(start(stateDir, env)).rejects.toThrow(/needs Java 17.*\nRemedy: Install a JDK/);
    expect(await processesOf(stateDir)).toEqual([]);
    expect(await readStack(stateDir)).toBeUndefined();
  });

  it(
    'ends what it began when the start is given up',
    async () => {
      const stateDir = await newFolder();
      const stop = new AbortController();
      const starting = startStack({
        stateDir,
        cacheDir,
        env: {},
        // The first part is ready while the slowest is still starting.
        log: ({ message }) => message.startsWith('ready') && stop.abort(),
        signal: stop.signal,
      });
      await expect(starting).rejects.toThrow('aborted');
      expect(await processesOf(stateDir)).toEqual([]);
    },
    START_MS,
  );
});
