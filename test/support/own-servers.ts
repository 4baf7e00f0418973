import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { NativeConnection } from '@temporalio/worker';
import { Client as Postgres } from 'pg';
import { packConfig } from '../../schemas/config';
import { ensureSearchAttributes } from '../../workers/cli/search-attributes';
import { createPoolWorkers } from '../../workers/pools';
import type { ServerAddresses } from './pack';
import { quietRuntime } from './quiet-runtime';

/** A Temporal namespace and a database that nothing else uses, on servers that run, with the workers of the llm pool. */
export interface OwnServers {
  namespace: string;
  client: Client;
  /** For the environment of workers in other processes. */
  env: { TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string; DATABASE_URL: string; ELASTICSEARCH_URL: string };
  stop(): Promise<void>;
}

export async function openOwnServers(servers: ServerAddresses): Promise<OwnServers> {
  quietRuntime();
  const address = servers.temporalAddress;
  const connection = await Connection.connect({ address });
  const namespace = await createNamespace(connection);
  const native = await NativeConnection.connect({ address });
  const workers = await createPoolWorkers('llm', { connection: native, namespace, config: packConfig.parse({}) });
  const running = workers.map((worker) => worker.run());
  return {
    namespace,
    client: new Client({ connection, namespace }),
    env: {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: await createDatabase(servers.databaseUrl),
      ELASTICSEARCH_URL: servers.elasticsearchUrl,
    },
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await native.close();
      await connection.close();
    },
  };
}

/** A new namespace that every pool can work in. */
export async function createNamespace(connection: Connection): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await ensureSearchAttributes(connection, namespace);
  return namespace;
}

/** A new, empty database beside that of the URL. */
async function createDatabase(url: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new Postgres({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
