import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { packConfig, type PackConfigInput } from '../../schemas/config';
import { POOLS, QUEUES } from '../../schemas/names';
import { dataConverterOf } from '../../workers/codec/data-converter';
import { openDependencies } from '../../workers/dependencies';
import { openTracing } from '../../workers/monitoring/tracing';
import { createPoolWorkers } from '../../workers/pools';
import type { Endpoints, Settings } from '../../workers/settings';
import { defaultCacheDir } from '../../workers/stack/cache';
import { quietRuntime } from './quiet-runtime';
import { canary } from './secrets/canary';
import { refuseSecrets, secretSearch } from './secrets/find-secrets';
import { scanFolder } from './secrets/scan-folder';

export interface ServerAddresses {
  temporalAddress: string;
  databaseUrl: string;
  elasticsearchUrl: string;
}

/** Every pool in this process, on servers that run already, with a project folder and an environment of its own. */
export async function startPack(
  servers: ServerAddresses,
  config: PackConfigInput = {},
  env: Readonly<Record<string, string>> = {},
) {
  quietRuntime();
  const projectDir = await mkdtemp(join(tmpdir(), 'llm-pack-project-'));
  const settings: Settings = {
    config: packConfig.parse(config),
    projectDir,
    stateDir: join(projectDir, '.llm-pack'),
    cacheDir: defaultCacheDir(),
    sourceRoots: [projectDir],
    // Whatever hands its environment on, or tells of it, is found out by these.
    env: { HF_TOKEN: canary('hub'), SECRET_OF_A_TEAM: canary('team'), ...env },
  };
  const address = servers.temporalAddress;
  const endpoints: Endpoints = {
    temporal: { namespace: 'default', connection: { address }, uiUrl: null },
    databaseUrl: servers.databaseUrl,
    elasticsearch: { node: servers.elasticsearchUrl, apiKey: null },
  };
  const dependencies = openDependencies(settings, endpoints, () => undefined);
  await dependencies.registry.migrate();

  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const dataConverter = dataConverterOf(settings.config, settings.env);
  const tracing = await openTracing(settings.env, 'llm-pack-worker');
  const shared = { connection: native, namespace: 'default', config: settings.config };
  const context = { ...shared, dependencies, dataConverter, tracing };
  const workers = (await Promise.all(POOLS.map((pool) => createPoolWorkers(pool, context)))).flat();
  const running = workers.map((worker) => worker.run());
  const client = new Client({ connection, ...(dataConverter ? { dataConverter } : {}) });

  return {
    client,
    dependencies,
    projectDir,
    settings,
    endpoints,
    /** Starts a stage and does not wait. */
    start: (stage: string, input: unknown, workflowId: string) =>
      client.workflow.start(stage, { taskQueue: QUEUES.llm, workflowId, args: [input] }),
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await tracing?.close();
      await dependencies.close();
      await native.close();
      await connection.close();
      const password = { name: 'the password of PostgreSQL', text: new URL(servers.databaseUrl).password };
      const findings = await scanFolder(settings.stateDir, secretSearch([password]));
      await rm(projectDir, { recursive: true, force: true });
      refuseSecrets(findings);
    },
  };
}
