import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { PackConfig } from '../schemas/config';
import { loadConfig } from './config';
import { readStack, type StackAddresses } from './stack/stack';

/** Everything a command or a worker needs to know of where it runs. Holds secrets: never print it whole. */
export interface Settings {
  config: PackConfig;
  /** The folder of temporal.config.ts; relative paths start here. */
  projectDir: string;
  /** What the embedded parts keep: data, ports, passwords. */
  stateDir: string;
  /** Downloads and builds, shared by all projects of this user. */
  cacheDir: string;
  env: NodeJS.ProcessEnv;
}

/** The addresses that a worker or a client connects to. */
export interface Endpoints {
  temporal: { namespace: string; connection: ConnectionOptions; uiUrl: string | null };
  databaseUrl: string;
  elasticsearch: { node: string; apiKey: string | null };
}

export const cacheDirOf = (env: NodeJS.ProcessEnv): string =>
  env['LLM_PACK_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'temporal-llm-pack');

/** Settings of the project at or above `from`. `LLM_PACK_STATE` moves the state folder. */
export async function loadSettings(from: string, env: NodeJS.ProcessEnv = process.env): Promise<Settings> {
  const { config, projectDir } = await loadConfig(from);
  return { config, projectDir, stateDir: env['LLM_PACK_STATE'] ?? join(projectDir, '.llm-pack'), cacheDir: cacheDirOf(env), env };
}

/** True when the environment or the configuration names a Temporal server of the team's own. */
export const hasOwnTemporal = ({ config, env }: Pick<Settings, 'config' | 'env'>): boolean =>
  Boolean(env['TEMPORAL_ADDRESS'] ?? env['TEMPORAL_PROFILE'] ?? config.temporal.profile);

/**
 * Where each part is: what the environment names, otherwise what `llm-pack up` has running for this project.
 * @throws a message that says which part has no address, and what to do.
 */
export async function resolveEndpoints(settings: Settings): Promise<Endpoints> {
  const { env } = settings;
  const running = await readStack(settings.stateDir);
  return {
    temporal: temporalEndpoint(settings, running?.addresses),
    databaseUrl: address('PostgreSQL', 'DATABASE_URL', env['DATABASE_URL'] ?? running?.addresses.databaseUrl),
    elasticsearch: {
      node: address('Elasticsearch', 'ELASTICSEARCH_URL', env['ELASTICSEARCH_URL'] ?? running?.addresses.elasticsearchUrl),
      apiKey: env['ELASTICSEARCH_API_KEY'] ?? null,
    },
  };
}

function temporalEndpoint(settings: Settings, running: StackAddresses | undefined): Endpoints['temporal'] {
  if (hasOwnTemporal(settings)) {
    const { profile } = settings.config.temporal;
    const { connectionOptions, namespace } = loadClientConnectConfig(
      settings.env['TEMPORAL_PROFILE'] === undefined && profile ? { profile } : {},
    );
    return { namespace: namespace ?? 'default', connection: connectionOptions, uiUrl: settings.env['TEMPORAL_UI_URL'] ?? null };
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
  throw new Error(`No address for ${part}. Set ${variable}, or start the embedded parts in this project with "llm-pack up".`);
}
