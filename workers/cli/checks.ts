import { existsSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DEFAULT_ENCODER } from '../../schemas/config';
import { POOLS, QUEUES } from '../../schemas/names';
import { loadConfig } from '../config';
import { WrongConnection } from '../connecting/wrong-connection';
import { configuredEncoders } from '../encoders';
import type { Settings } from '../settings';
import { inspectParts, type Inspection } from '../stack/inspect';
import { PARTS } from '../stack/parts';
import { readStack } from '../stack/stack';
import { configuredTemporal } from '../stack/temporal';
import { pollers, withTemporal } from './client';
import { checkLaunchers } from './launcher-checks';
import { metricsUrls } from './run-monitoring';

/** One line of the doctor: `ok`, `idle` where nothing is wrong but nothing runs either, `missing` where it is needed. */
export interface Check {
  state: 'ok' | 'idle' | 'missing';
  name: string;
  found: string;
  version?: string | undefined;
  remedy?: string | undefined;
}

/** Looks at everything the pack needs in this project; starts nothing. */
export async function checkProject(settings: Settings): Promise<Check[]> {
  const { stateDir, cacheDir, env, config } = settings;
  const temporalProfile = config.temporal.profile;
  const [inspections, addressed] = await Promise.all([
    inspectParts({ stateDir, cacheDir, env, temporalProfile }),
    addressedParts(settings),
  ]);
  const parts = inspections.map((inspection) => checkPart(inspection, addressed));
  const answers = parts.some(({ name, state }) => name === 'temporal' && state === 'ok');
  return [
    await checkConfig(settings),
    ...parts,
    ...(await checkEncoders(settings)),
    ...(await checkLaunchers(settings)),
    ...(await checkDisk(settings)),
    ...(answers ? await checkPools(settings) : []),
    await checkMetrics(settings),
  ];
}

/** Parts that have an address, their own or a running stack's: these must answer, the others can be started. */
async function addressedParts({ env, config, stateDir }: Settings): Promise<Set<string>> {
  if (await readStack(stateDir)) return new Set(PARTS);
  const own = {
    temporal: isConfigured(env, config.temporal.profile),
    postgres: env['DATABASE_URL'],
    elasticsearch: env['ELASTICSEARCH_URL'],
  };
  return new Set(PARTS.filter((part) => own[part]));
}

/** Settings that can not be right name a server all the same. */
function isConfigured(env: NodeJS.ProcessEnv, profile: string | undefined): boolean {
  try {
    return configuredTemporal(env, profile) !== undefined;
  } catch (error) {
    if (error instanceof WrongConnection) return true;
    throw error;
  }
}

// Java and Maven start Elasticsearch and nothing else will; Go and Python are each one of several ways.
const NEEDED_PROGRAMS = ['node', 'java', 'mvn'];

function checkPart({ reachable, ...inspection }: Inspection, addressed: ReadonlySet<string>): Check {
  const { name, remedy } = inspection;
  const isPart = (PARTS as readonly string[]).includes(name);
  const needed = isPart ? addressed.has(name) : NEEDED_PROGRAMS.includes(name);
  // A program that is there may still be of a wrong version; a server that answers will do.
  const good = reachable && (isPart || remedy === undefined);
  return { state: good ? 'ok' : needed ? 'missing' : 'idle', ...inspection };
}

async function checkConfig({ projectDir }: Settings): Promise<Check> {
  const { file } = await loadConfig(projectDir);
  return { state: 'ok', name: 'config', found: file ?? `no temporal.config.ts in ${projectDir}: every default holds` };
}

const checkEncoders = ({ config, cacheDir }: Settings): Promise<Check[]> =>
  Promise.all(
    [...configuredEncoders(config)].map(([key, { model }]) =>
      checkEncoder(key === DEFAULT_ENCODER ? 'encoder' : `encoder ${key}`, model, cacheDir),
    ),
  );

async function checkEncoder(name: string, model: string, cacheDir: string): Promise<Check> {
  const dir = existsSync(resolve(model)) ? resolve(model) : await cachedEncoder(model, cacheDir);
  if (dir) return { state: 'ok', name, found: dir };
  return {
    state: 'idle',
    name,
    found: `${model}, not fetched yet`,
    remedy: 'Nothing to do: it is fetched on first use (90 MB).',
  };
}

/** Where `ensureEncoderWeights` keeps a model of the hub; its name in the cache holds the model's. */
async function cachedEncoder(model: string, cacheDir: string): Promise<string | undefined> {
  const names = await readdir(cacheDir).catch(() => []);
  const name = names.find((each) => each.startsWith(`weights-${model.replace('/', '--')}`));
  return name === undefined ? undefined : join(cacheDir, name);
}

// The Temporal binary, Elasticsearch, the encoder and the build of all three take most of it, once.
const MIN_FREE_BYTES = 3 * 2 ** 30;

async function checkDisk({ stateDir, cacheDir }: Settings): Promise<Check[]> {
  return Promise.all(
    Object.entries({ 'state dir': stateDir, 'cache dir': cacheDir }).map(async ([name, dir]): Promise<Check> => {
      const { bavail, bsize } = await statfs(existing(dir));
      const free = bavail * bsize;
      const found = `${dir}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
      if (free >= MIN_FREE_BYTES) return { state: 'ok', name, found };
      return {
        state: 'missing',
        name,
        found,
        remedy: `Free ${MIN_FREE_BYTES / 2 ** 30} GiB, or move it: ${name === 'state dir' ? 'LLM_PACK_STATE' : 'LLM_PACK_CACHE'}.`,
      };
    }),
  );
}

/** The folder itself, or the nearest one above it that is there. */
const existing = (dir: string): string => (existsSync(dir) ? dir : existing(dirname(dir)));

async function checkPools(settings: Settings): Promise<Check[]> {
  return withTemporal(settings, (temporal) =>
    Promise.all(
      POOLS.map(async (pool): Promise<Check> => {
        const identities = await pollers(temporal, QUEUES[pool]);
        const name = `pool ${pool}`;
        if (identities.length > 0)
          return { state: 'ok', name, found: `${QUEUES[pool]}, polled by ${identities.join(', ')}` };
        return {
          state: 'idle',
          name,
          found: `${QUEUES[pool]}, polled by nobody`,
          remedy: `llm-pack worker --pool ${pool}`,
        };
      }),
    ),
  );
}

const METRICS_WITHIN_MS = 2_000;

/** Where the workers of this host show their metrics, and whether they do. */
async function checkMetrics(settings: Settings): Promise<Check> {
  const name = 'metrics';
  const urls = metricsUrls(settings);
  if (urls.length === 0) {
    return { state: 'ok', name, found: 'not shown; monitoring.metrics or LLM_PACK_METRICS=127.0.0.1:9464 shows them' };
  }
  const shown = await Promise.all(
    urls.map((url) =>
      fetch(url, { signal: AbortSignal.timeout(METRICS_WITHIN_MS) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
  );
  const found = urls.filter((_, at) => shown[at]);
  if (found.length > 0) return { state: 'ok', name, found: found.join(', ') };
  return { state: 'idle', name, found: `${urls.join(', ')}: no worker shows any yet` };
}
