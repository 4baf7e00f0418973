import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { Encoder } from '../activities/encoder/encoder';
import { encoderOf } from '../activities/encoder/wanted';
import { answeringIndex } from '../activities/search/hybrid-search';
import type { ActivityDependencies } from '../activities';
import { openAgentParts } from '../activities/agent/open-parts';
import { ModelShelf } from '../activities/distillation/model-shelf';
import { scoring } from '../activities/distillation/score';
import type { AllowedSources } from '../activities/cleaning/source/allowed';
import { openArtifactStore, type OpenArtifactStore } from '../activities/stores/open-store';
import { Registry } from '../activities/stores/registry';
import { hostQueue } from '../schemas/names';
import { openReranker, type Rerank } from '../activities/search/rerank';
import { ensureRerankerModel } from './stack/reranker-model';
import { openElasticsearch } from './elasticsearch';
import { Encoders } from './encoders';
import { type ModelFolders, modelFolders } from './registered-models';
import type { Endpoints, Settings } from './settings';
import { openTraining } from './training';

/** The outside world of the activities, and how to let go of it. */
export interface OpenDependencies extends ActivityDependencies {
  store: OpenArtifactStore;
  close(): Promise<void>;
}

/** The default encoder. */
export function openConfiguredEncoder(
  settings: Pick<Settings, 'config' | 'cacheDir'>,
  log: (message: string) => void,
): Promise<Encoder> {
  return new Encoders(settings, log).open();
}

/** The encoder that the index was built with. @throws `SearchRefused`, `EncoderNotConfigured` */
export async function openIndexEncoder(
  settings: Pick<Settings, 'config' | 'cacheDir'>,
  client: Elasticsearch,
  alias: string,
  log: (message: string) => void,
  registered?: ModelFolders,
): Promise<Encoder> {
  const { physical, meta } = await answeringIndex(client, alias);
  return encoderOf((wanted) => new Encoders(settings, log, registered).open(wanted), meta.encoder, physical);
}

/** The configured cross-encoder; undefined where none is. */
export async function openConfiguredReranker(
  { config, cacheDir }: Pick<Settings, 'config' | 'cacheDir'>,
  log: (message: string) => void,
): Promise<Rerank | undefined> {
  if (!config.reranker) return undefined;
  const { model, documents, threads } = config.reranker;
  const dir = await ensureRerankerModel({ model, cacheDir, log: ({ message }) => log(message) });
  return { reranker: await openReranker({ dir, threads }), documents };
}

/** Opens everything that activities use. Connections are made on first use, so a part that is away is no error here. */
export function openDependencies(
  settings: Settings,
  endpoints: Endpoints,
  log: (message: string) => void,
): OpenDependencies {
  const { config, projectDir, cacheDir } = settings;
  const registry = new Registry(endpoints.databaseUrl);
  const search = openElasticsearch(endpoints);
  const store = openArtifactStore(config.artifacts, { projectDir, cacheDir });
  const encoders = new Encoders(settings, log, modelFolders(store, registry, cacheDir));
  const encoder: ActivityDependencies['encoder'] = (wanted) => encoders.open(wanted);
  const shelf = new ModelShelf({
    ...{ store, dir: join(cacheDir, 'students'), provider: config.pools.gpu.provider, threads: config.encoder.threads },
  });
  const { env } = settings;
  const { agent: models, currency } = config;
  const agent = openAgentParts({ store, registry, search, encoder, config: models, env, projectDir, currency });
  return {
    store,
    registry,
    search,
    sources: allowedSources(settings),
    // Local files are only seen by this host; a store of files is shared by definition, its sources need not be.
    hostQueue: hostQueue(hostname()),
    threads: cpuThreads(config),
    index: config.index,
    encoder,
    agent,
    training: openTraining(settings, log),
    evaluation: { metrics: config.evaluation.metrics },
    rollout: { config: config.rollout, env },
    control: { config: config.control, env },
    models: {
      hub: config.sources.hub,
      env,
      encoderWeights: (name, signal) => encoders.weightsOf(name, signal),
      downloads: join(cacheDir, 'models'),
    },
    distillation: { shelf, hostHour: config.pools.gpu.hostHour },
    async close() {
      await agent.close();
      await Promise.allSettled([registry.close(), search.close(), encoders.close(), shelf.close(), scoring.close()]);
    },
  };
}

/** What the configuration allows as sources; addresses of databases, which hold passwords, come from the environment. */
function allowedSources({ config: { sources }, sourceRoots, env }: Settings): AllowedSources {
  const databases = Object.entries(sources.postgres).flatMap(([name, { urlVariable }]) => {
    const url = env[urlVariable];
    return url ? [[name, url] as const] : [];
  });
  return { roots: sourceRoots, s3: sources.s3, http: sources.http, postgres: Object.fromEntries(databases) };
}

/** Threads of the cpu pool: as many as it has slots, or one a core. */
export function cpuThreads(config: Settings['config']): number {
  return config.pools.cpu.slots === 'cores' ? availableParallelism() : config.pools.cpu.slots;
}

/** Slots of the cpu pool: the configured number, or one a core and one more, for a unit that waits for the disk. */
export function cpuSlots(config: Settings['config']): number {
  return cpuThreads(config) + (config.pools.cpu.slots === 'cores' ? 1 : 0);
}
