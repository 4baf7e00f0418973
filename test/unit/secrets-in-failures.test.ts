import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openModel } from '../../activities/agent/models';
import { openTools } from '../../activities/agent/tools';
import { exportPostgres } from '../../activities/cleaning/source/postgres-source';
import { StrategyReader } from '../../activities/rollout/reader';
import { askSource } from '../../activities/rollout/read-rows';
import { openArtifactStore } from '../../activities/stores/open-store';
import { Registry } from '../../activities/stores/registry';
import { openLauncher } from '../../activities/training/launchers/open';
import { askHub } from '../../activities/training/models/sources/hub-request';
import { agentConfig } from '../../schemas/agent-config';
import { trainingConfig } from '../../schemas/training-config';
import { searchCall } from '../../activities/indexing/search-call';
import { openElasticsearch } from '../../workers/elasticsearch';
import { probeElasticsearch, probePostgres, withoutCredentials } from '../../workers/stack/probes';
import { startAnotherService } from '../support/another-service';
import { CANARY, canary } from '../support/secrets/canary';

let dir: string;
let other: Awaited<ReturnType<typeof startAnotherService>>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'llm-pack-failures-'));
  other = await startAnotherService();
});
afterAll(() => {
  other.close();
  rmSync(dir, { recursive: true });
  vi.unstubAllEnvs();
});

const signal = () => AbortSignal.timeout(5_000);
/** Addresses of databases, set wrong as people do. */
const DATABASES: Record<string, () => string> = {
  'nobody is there': () => `postgres://user:${canary('database')}@127.0.0.1:9/x`,
  'another service is there': () => `postgres://user:${canary('database')}@${other.address}/x`,
  'it is no address': () => `postgres://user:${canary('database')}@host:port/x`,
  'the password has a slash': () => `postgres://user:a/${canary('database')}@127.0.0.1:9/x`,
  'the password has a percent sign': () => `postgres://user:a%zz${canary('database')}@127.0.0.1:9/x`,
  'the password is a parameter': () => `postgres://127.0.0.1:9/x?user=u&password=${canary('database')}`,
};

/** Each way of the pack to a database of somebody's own. */
const TO_DATABASE: Record<string, (url: string) => Promise<unknown>> = {
  registry: async (url) => new Registry(url).migrate(),
  source: async (url) => {
    const wanted = { source: 'postgres:d', query: 'select 1', idField: 'id', unitBytes: 1_000, dir };
    for await (const _ of exportPostgres({ d: url }, wanted, signal()));
  },
  metric: (url) => {
    const source = { type: 'postgres' as const, urlVariable: 'URL', query: 'select 1', timeoutSeconds: 1 };
    return askSource('metrics.m', source, {}, { env: { URL: url }, signal: signal() });
  },
  tool: async (url) => {
    const config = agentConfig.parse({ tools: { sql: { type: 'sql', urlVariable: 'URL', views: ['public.v'] } } });
    const tools = openTools(config, {
      search: undefined as never,
      encoder: () => Promise.reject(new Error('not here')),
      ...{ env: { URL: url }, projectDir: dir },
    });
    return tools.chosen(['sql']).finally(() => tools.close());
  },
};

/** All that is said of an error, its causes and what hangs on it included. */
async function failureOf(work: () => Promise<unknown>): Promise<string> {
  const error: unknown = await Promise.resolve()
    .then(work)
    .then(
      () => undefined,
      (failed: unknown) => failed,
    );
  expect(error).toBeDefined();
  return inspect(error, { depth: 12 }) + (error instanceof Error ? error.message : '');
}

describe.each(Object.keys(DATABASES))('where %s', (name) => {
  it.concurrent.each(Object.keys(TO_DATABASE))('the failure of a %s holds no password', async (way) => {
    const url = DATABASES[name]?.() ?? '';
    expect(await failureOf(async () => TO_DATABASE[way]?.(url))).not.toContain(CANARY);
  });

  it('neither does what is said by a reader of strategies, and by who looks whether it is there', async () => {
    const url = DATABASES[name]?.() ?? '';
    const said: string[] = [];
    const reader = new StrategyReader({ databaseUrl: url, log: (message) => said.push(message) });
    await vi.waitFor(() => expect(said.length).toBeGreaterThan(0), { timeout: 10_000 });
    await reader.close();
    said.push(JSON.stringify(await probePostgres(url)), withoutCredentials(url));
    expect(said.join('\n')).not.toContain(CANARY);
  });
});

/** Keys as people set them: with a line break within, with letters that a header does not take. */
const KEYS = [() => canary('key'), () => `${canary('key')}\nx`, () => `${canary('key')}ü…`];
const HOSTS = ['http://127.0.0.1:9', 'another service'];

/** Each way to a service that takes a key. */
const WITH_KEY: Record<string, (url: string, key: string) => Promise<unknown>> = {
  hub: (url, key) => askHub('a/b', { env: { HF_ENDPOINT: url, HF_TOKEN: key }, signal: signal() }).then(refuse),
  ray: (url, key) => launcher({ kind: 'ray', url, tokenVariable: 'KEY' }, key),
  slurm: (url, key) => launcher({ kind: 'slurm', url, user: 'u', tokenVariable: 'KEY' }, key),
  metric: (url, key) => {
    const source = { type: 'http' as const, url, tokenVariable: 'KEY', timeoutSeconds: 1 };
    return askSource('metrics.m', source, {}, { env: { KEY: key }, signal: signal() });
  },
  model: (url, key) => {
    const config = { models: { m: { provider: 'openai', baseUrl: url, model: 'm', apiKeyVariable: 'KEY' } } };
    return completion(agentConfig.parse(config), key);
  },
  tools: async (url, key) => {
    const config = { mcp: { m: { transport: 'http', url, headerVariables: { 'x-key': 'KEY' }, startSeconds: 1 } } };
    const tools = openTools(agentConfig.parse(config), {
      search: undefined as never,
      encoder: () => Promise.reject(new Error('not here')),
      ...{ env: { KEY: key }, projectDir: dir },
    });
    return tools.chosen(['m']).finally(() => tools.close());
  },
  search: async (url, key) => {
    const client = openElasticsearch({ elasticsearch: { node: url, apiKey: key } });
    return searchCall('ask', () => client.info()).finally(() => client.close());
  },
  probe: (url, key) =>
    probeElasticsearch(url, { ELASTICSEARCH_API_KEY: key }).then((found) =>
      Promise.reject(new Error(JSON.stringify(found))),
    ),
  store: async (url, key) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', key);
    const store = { type: 's3', bucket: 'b', region: 'r', endpoint: url, forcePathStyle: true, prefix: '' } as const;
    return openArtifactStore(store, { projectDir: dir, cacheDir: dir }).manifest('work/x');
  },
};
const refuse = ({ status }: { status: number }) => Promise.reject(new Error(`status ${status}`));

function completion(config: ReturnType<typeof agentConfig.parse>, key: string): Promise<unknown> {
  const deps = { encoder: () => Promise.reject(new Error('not here')), env: { KEY: key }, projectDir: dir };
  const messages = [{ role: 'user' as const, content: 'x' }];
  return openModel(config, deps, 'm').complete({ messages, tools: [], maxTokens: 5, temperature: 0, signal: signal() });
}

function launcher(config: object, key: string): Promise<unknown> {
  const { launchers } = trainingConfig.parse({ launchers: { l: config } });
  return openLauncher('l', { launchers }, { trainingDir: dir, python: 'python3', env: { KEY: key } }).capacity();
}

describe.each(Object.keys(WITH_KEY))('a key of a %s', (way) => {
  it.concurrent.each(HOSTS.flatMap((host) => KEYS.map((_, at) => [host, at] as const)))(
    'is in no failure of %s, form %i',
    async (host, at) => {
      const url = host === 'another service' ? `http://${other.address}` : host;
      expect(await failureOf(async () => WITH_KEY[way]?.(url, KEYS[at]?.() ?? ''))).not.toContain(CANARY);
    },
  );
});
