import path from 'node:path';
import { temporalOptions } from '../connecting/temporal-options';
import { WrongConnection } from '../connecting/wrong-connection';
import type { Env } from './cache';
import { onPath, runCommand } from './commands';
import { elasticsearchVersion, findElasticsearch, JAVA_MIN } from './elasticsearch/build';
import { findJava } from './java';
import { postgresPrograms, postgresVersion } from './postgres';
import { type Probe, probeElasticsearch, probePostgres, probeTemporal, withoutCredentials } from './probes';
import { readStack, type StackAddresses } from './record';
import { configuredTemporal } from './temporal';
import { findTemporal, TEMPORAL_VERSION } from './temporal-binary';

/** How one part, or a program that a part needs, stands on this machine. Holds no credential. */
export interface Inspection extends Probe {
  name: string;
  /** Where: an address, a path, or `not found`. */
  found: string;
}

export interface InspectOptions {
  stateDir: string;
  cacheDir: string;
  env: Env;
  temporalProfile?: string;
}

/** Options, the running stack's addresses if there is one, and the environment in which programs are sought. */
type Looking = InspectOptions & { running: StackAddresses | undefined; programs: Env };

const NOT_FOUND = 'not found';
const STARTS = 'Nothing to do: `llm-pack up` starts it.';
const PROGRAM_MS = 10_000;
// What the code is compiled for; Temporal's SDK asks for the same.
const NODE_MIN = [20, 19] as const;

/** Looks at every part, and at the programs that those which are not configured need; starts nothing. */
export async function inspectParts(options: InspectOptions): Promise<Inspection[]> {
  const running = (await readStack(options.stateDir))?.addresses;
  const looking: Looking = { ...options, running, programs: { ...process.env, ...options.env } };
  const groups = await Promise.all([
    temporal(looking),
    postgres(looking),
    elasticsearch(looking),
    python(looking.programs),
  ]);
  return [node(), ...groups.flat()];
}

function node(): Inspection {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const good = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return {
    name: 'node',
    found: process.execPath,
    version: process.versions.node,
    reachable: true,
    ...(good ? {} : { remedy: `Use Node ${NODE_MIN.join('.')} or newer.` }),
  };
}

async function temporal(looking: Looking): Promise<Inspection[]> {
  const { cacheDir, running, programs } = looking;
  const name = 'temporal';
  const configured = await ownTemporal(looking);
  if (configured) return [configured];
  if (running) {
    const { address } = running.temporal;
    return [{ name, found: address, ...(await probeTemporal({ address })) }];
  }
  const binary = await findTemporal({ cacheDir, env: programs });
  if (binary) return [{ name, found: binary.found, version: binary.version, reachable: false, remedy: STARTS }];
  const goRemedy = 'Install Go, or put `temporal` on the PATH; needed only where Temporal can not be downloaded.';
  return [
    {
      name,
      found: NOT_FOUND,
      reachable: false,
      remedy: `\`llm-pack up\` downloads Temporal ${TEMPORAL_VERSION}, or builds it with Go (4 minutes).`,
    },
    await program('go', programs, ['version'], goRemedy),
  ];
}

/** The server that the environment or a profile names, where one does. */
async function ownTemporal({ env, temporalProfile }: Looking): Promise<Inspection | undefined> {
  const name = 'temporal';
  let found = 'its settings';
  try {
    const configured = configuredTemporal(env, temporalProfile);
    if (!configured) return undefined;
    found = `${configured.address} (${configured.setting})`;
    const { connectionOptions, namespace } = temporalOptions(env, temporalProfile);
    return { name, found, ...(await probeTemporal(connectionOptions, namespace)) };
  } catch (error) {
    if (!(error instanceof WrongConnection)) throw error;
    return { name, found, reachable: false, remedy: `${error.message}. ${error.remedy}` };
  }
}

async function postgres({ env, running }: Looking): Promise<Inspection[]> {
  const name = 'postgres';
  const configured = env['DATABASE_URL'];
  const url = configured || running?.databaseUrl;
  if (url) {
    const found = withoutCredentials(url) + (configured ? ' (DATABASE_URL)' : '');
    return [{ name, found, ...(await probePostgres(url)) }];
  }
  try {
    const found = path.dirname(path.dirname(postgresPrograms().postgres));
    return [{ name, found, version: postgresVersion(), reachable: false, remedy: STARTS }];
  } catch (error) {
    return [{ name, found: NOT_FOUND, reachable: false, remedy: error instanceof Error ? error.message : '' }];
  }
}

async function elasticsearch({ env, cacheDir, running, programs }: Looking): Promise<Inspection[]> {
  const name = 'elasticsearch';
  const configured = env['ELASTICSEARCH_URL'];
  const url = configured || running?.elasticsearchUrl;
  if (url) {
    const found = withoutCredentials(url) + (configured ? ' (ELASTICSEARCH_URL)' : '');
    return [{ name, found, ...(await probeElasticsearch(url, env)) }];
  }
  const built = await findElasticsearch(cacheDir);
  const found = built ?? 'Maven Central, fetched at the first start';
  const part = { name, found, version: await elasticsearchVersion(), reachable: false, remedy: STARTS };
  if (built) return [part, await java(programs, false)];
  const mvnRemedy = 'Install Maven, which fetches Elasticsearch once; or set ELASTICSEARCH_URL.';
  return [part, await java(programs, true), await program('mvn', programs, ['--version'], mvnRemedy)];
}

async function java(programs: Env, compiles: boolean): Promise<Inspection> {
  const name = 'java';
  const found = await findJava(programs);
  const remedy = `Install a JDK of version ${JAVA_MIN} or newer, or set ELASTICSEARCH_URL.`;
  if (!found) return { name, found: NOT_FOUND, reachable: false, remedy };
  const good = found.major >= JAVA_MIN && (!compiles || found.javac !== undefined);
  return { name, found: found.java, version: String(found.major), reachable: true, ...(good ? {} : { remedy }) };
}

// Importing pip says whether it is there.
async function python(programs: Env): Promise<Inspection[]> {
  const remedy =
    'Install Python 3 with pip: the encoder may come from a Python package, unless encoder.model names a folder.';
  return [await program('python3', programs, ['-c', 'import pip, platform; print(platform.python_version())'], remedy)];
}

async function program(name: string, env: Env, args: string[], remedy: string): Promise<Inspection> {
  const found = onPath(name, env);
  if (!found) return { name, found: NOT_FOUND, reachable: false, remedy };
  try {
    const output = await runCommand(found, args, { env, timeoutMs: PROGRAM_MS });
    const version = /\d+\.\d+(\.\d+)?/.exec(output)?.[0];
    return { name, found, reachable: true, ...(version ? { version } : {}) };
  } catch {
    return { name, found, reachable: false, remedy };
  }
}
