import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
