import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Registry } from '../../activities/stores/registry';
import { startPostgres, type TestPostgres } from './postgres';

/** What a test has for itself: a database with the registry's tables, on a server of its file. */
export interface OpenRegistry {
  registry: Registry;
  url: string;
  postgres: TestPostgres;
}

/** Gives each test of a file a new registry, told to `begin` before it, and closes it after whatever the test opened on it. */
export function withRegistry(begin: (opened: OpenRegistry) => unknown): void {
  let postgres: TestPostgres;
  let registry: Registry;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());
  beforeEach(async () => {
    const url = await postgres.createDatabase();
    registry = new Registry(url);
    await registry.migrate();
    await begin({ registry, url, postgres });
  });
  afterEach(() => registry.close());
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** Registers the next version of a strategy; `promote` makes it the live one. */
export async function addStrategy(registry: Registry, name: string, body: string, promote = false): Promise<number> {
  const workKey = sha(`work of ${body}`);
  const about = { stage: 'rolloutStrategy', subject: name, workflowId: 'w', runId: 'r' };
  await registry.beginWork({ workKey, ...about, inputs: [], recipe: {}, codeVersion: 1 });
  const version = await registry.strategies.register(workKey, { name, sha256: sha(body), body: { body } });
  if (promote) {
    await registry.finishWork(workKey, (transaction) =>
      transaction.promoteStrategy({ name, version, reason: 'first', rollout: null }),
    );
  }
  return version;
}
