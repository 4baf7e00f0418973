import { delimiter, join, resolve } from 'node:path';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { PackConfig } from '../schemas/config';
import { loadConfig } from './config';
import { temporalOptions } from './connecting/temporal-options';
import { defaultCacheDir } from './stack/cache';
import { readStack, type StackAddresses } from './stack/stack';
import { configuredTemporal } from './stack/temporal';

/** Everything a command or a worker needs to know of where it runs. Holds secrets: never print it whole. */
export interface Settings {
  config: PackConfig;
  /** The folder of temporal.config.ts; relative paths start here. */
  projectDir: string;
  /** What the embedded parts keep: data, ports, passwords. */
  stateDir: string;
  /** Downloads and builds, shared by all projects of this user. */
  cacheDir: string;
  /** Absolute folders that sources may lie in: those configured, our own examples, and those of LLM_PACK_SOURCE_ROOTS. */
  sourceRoots: string[];
  env: NodeJS.ProcessEnv;
}

/** The addresses that a worker or a client connects to. */
export interface Endpoints {
  temporal: { namespace: string; connection: NativeConnectionOptions; uiUrl: string | null };
  databaseUrl: string;
  elasticsearch: { node: string; apiKey: string | null };
}

/** Documents for the example runs that `llm-pack demo` seeds, in the state folder. */
export const examplesDir = ({ stateDir }: Pick<Settings, 'stateDir'>): string => join(stateDir, 'examples');

/** Settings of the project at or above `from`. `LLM_PACK_STATE` moves the state folder. */
export async function loadSettings(from: string, env: NodeJS.ProcessEnv = process.env): Promise<Settings> {
  const { config, projectDir } = await loadConfig(from);
  const stateDir = env['LLM_PACK_STATE'] ? resolve(from, env['LLM_PACK_STATE']) : join(projectDir, '.llm-pack');
  const extra = env['LLM_PACK_SOURCE_ROOTS']?.split(delimiter).filter(Boolean) ?? [];
  const sourceRoots = [...config.sources.roots, examplesDir({ stateDir }), ...extra].map((root) =>
    resolve(projectDir, root),
  );
  return { config, projectDir, stateDir, cacheDir: defaultCacheDir(env), sourceRoots, env };
}

/** No address is configured for a part and nothing embedded runs: said with what to do. */
export class NoAddress extends Error {
  constructor(part: string, variable: string) {
    super(`No address for ${part}. Set ${variable}, or start the embedded parts in this project with "llm-pack up".`);
    this.name = 'NoAddress';
  }
}

/**
 * Where each part is: what the environment names, otherwise what `llm-pack up` has running for this project.
 * @throws NoAddress for a part that has none, WrongConnection for settings of Temporal's that can not be right.
 */
export async function resolveEndpoints(settings: Settings): Promise<Endpoints> {
  const running = await readStack(settings.stateDir);
  return {
    temporal: temporalEndpoint(settings, running?.addresses),
    databaseUrl: databaseUrl(settings, running?.addresses),
    elasticsearch: elasticsearchEndpoint(settings, running?.addresses),
  };
}

/** Where Temporal is, for commands that need nothing else. @throws NoAddress, WrongConnection */
export const resolveTemporal = async (settings: Settings): Promise<Endpoints['temporal']> =>
  temporalEndpoint(settings, (await readStack(settings.stateDir))?.addresses);

/** Where Elasticsearch is, for commands that need nothing else. @throws NoAddress */
export const resolveElasticsearch = async (settings: Settings): Promise<Endpoints['elasticsearch']> =>
  elasticsearchEndpoint(settings, (await readStack(settings.stateDir))?.addresses);

/** Where PostgreSQL is, for commands that need nothing else. @throws NoAddress */
export const resolveDatabase = async (settings: Settings): Promise<string> =>
  databaseUrl(settings, (await readStack(settings.stateDir))?.addresses);

const databaseUrl = ({ env }: Settings, running: StackAddresses | undefined): string =>
  address('PostgreSQL', 'DATABASE_URL', env['DATABASE_URL'] ?? running?.databaseUrl);

function elasticsearchEndpoint({ env }: Settings, running: StackAddresses | undefined): Endpoints['elasticsearch'] {
  return {
    node: address('Elasticsearch', 'ELASTICSEARCH_URL', env['ELASTICSEARCH_URL'] ?? running?.elasticsearchUrl),
    apiKey: env['ELASTICSEARCH_API_KEY'] ?? null,
  };
}

function temporalEndpoint(settings: Settings, running: StackAddresses | undefined): Endpoints['temporal'] {
  const { config, env } = settings;
  const { profile } = config.temporal;
  if (configuredTemporal(env, profile)) {
    const { connectionOptions, namespace } = temporalOptions(env, profile);
    return { namespace: namespace ?? 'default', connection: connectionOptions, uiUrl: env['TEMPORAL_UI_URL'] ?? null };
  }
  const embedded = running?.temporal;
  return {
    namespace: 'default',
    connection: { address: address('Temporal', 'TEMPORAL_ADDRESS', embedded?.address) },
    uiUrl: embedded?.uiUrl ?? null,
  };
}

function address(part: string, variable: string, found: string | undefined): string {
  if (found) return found;
  throw new NoAddress(part, variable);
}
