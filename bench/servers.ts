import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import type { ServerAddresses } from '../test/support/pack';
import { defaultCacheDir } from '../workers/stack/cache';
import { startStack } from '../workers/stack/stack';

/** An address where nothing listens: what is measured does not search. */
const NO_SEARCH = 'http://127.0.0.1:9';

/** Runs `work` beside Temporal and PostgreSQL of its own, in a temporary folder that it may use. */
export async function withServers(work: (servers: ServerAddresses, dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'llm-pack-bench-'));
  const env = { ELASTICSEARCH_URL: NO_SEARCH };
  const stack = await startStack({
    stateDir: join(dir, 'state'),
    cacheDir: defaultCacheDir(),
    env,
    log: () => undefined,
  });
  const { temporal, databaseUrl, elasticsearchUrl } = stack.addresses;
  try {
    await work({ temporalAddress: temporal.address, databaseUrl, elasticsearchUrl }, dir);
  } finally {
    await stack.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Runs `work` with a client of the Elasticsearch at `ELASTICSEARCH_URL`, or of one of its own (`isOwn`), and a temporary
 * folder that it may use.
 */
export async function withElasticsearch(
  work: (search: Client, place: { dir: string; isOwn: boolean }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'llm-pack-bench-'));
  const url = process.env['ELASTICSEARCH_URL'];
  const stack = url
    ? undefined
    : await startStack({
        stateDir: join(dir, 'state'),
        cacheDir: defaultCacheDir(),
        // Only Elasticsearch is wanted: the others count as configured.
        env: { TEMPORAL_ADDRESS: 'unused', DATABASE_URL: 'unused' },
        log: ({ part, message }) => console.error(`[${part}] ${message}`),
      });
  const search = new Client({ node: url ?? stack?.addresses.elasticsearchUrl ?? '', maxRetries: 0 });
  try {
    await work(search, { dir, isOwn: stack !== undefined });
  } finally {
    await search.close();
    await stack?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
