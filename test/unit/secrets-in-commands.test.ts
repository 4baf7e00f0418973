import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../../workers/cli/cli';
import { EXIT } from '../../workers/cli/exit';
import { run } from '../../workers/cli/run';
import { startAnotherService } from '../support/another-service';
import { canary } from '../support/secrets/canary';
import { secretSearch } from '../support/secrets/find-secrets';

let dir: string;
let other: Awaited<ReturnType<typeof startAnotherService>>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'llm-pack-commands-'));
  writeFileSync(join(dir, 'temporal.config.ts'), 'export default {};');
  other = await startAnotherService();
});
afterAll(() => {
  other.close();
  rmSync(dir, { recursive: true });
});

const NOBODY = '127.0.0.1:9';
const search = secretSearch();

/** Every command that asks a service; of those that ask the same ones in the same way, one. */
const COMMANDS = [
  ['doctor'],
  ['start', 'cleanDataset', '--input', '{"source":"docs","name":"x"}'],
  ['history'],
  ['search', 'a question'],
  ['index', 'rollback', 'documents'],
  ['schedules', 'apply'],
  ['deploy', 'status'],
  ['report', 'some-run'],
  ['explain', 'some-run'],
  ['promote', 'model@2'],
];

/** How people set an address or a key wrong. */
const SETTINGS: Record<string, () => Record<string, string>> = {
  'nobody is there': () => ({
    ...{ TEMPORAL_ADDRESS: NOBODY, TEMPORAL_API_KEY: canary('temporal'), TEMPORAL_TLS: 'false' },
    DATABASE_URL: `postgres://user:${canary('database')}@${NOBODY}/x`,
    ELASTICSEARCH_URL: `http://user:${canary('search')}@${NOBODY}`,
  }),
  'another service is there': () => ({
    ...{ TEMPORAL_ADDRESS: other.address, TEMPORAL_API_KEY: canary('temporal'), TEMPORAL_TLS: 'false' },
    DATABASE_URL: `postgres://user:${canary('database')}@${other.address}/x`,
    ...{ ELASTICSEARCH_URL: `http://${other.address}`, ELASTICSEARCH_API_KEY: canary('search') },
  }),
  'no addresses': () => ({
    ...{ TEMPORAL_ADDRESS: `https://user:${canary('temporal')}@host:port/`, TEMPORAL_TLS: 'false' },
    DATABASE_URL: `postgres://user:${canary('database')}@host:port/x`,
    ELASTICSEARCH_URL: `http://user:${canary('search')}@host:port`,
  }),
  'passwords with signs that addresses have': () => ({
    ...{ TEMPORAL_ADDRESS: NOBODY, TEMPORAL_API_KEY: `${canary('temporal')}\nx`, TEMPORAL_TLS: 'false' },
    DATABASE_URL: `postgres://user:a/${canary('database')}/b@${NOBODY}/x`,
    ELASTICSEARCH_URL: `http://user:a%zz${canary('search')}@${NOBODY}`,
    ELASTICSEARCH_API_KEY: `${canary('search')}\nx`,
  }),
  'a password as a parameter': () => ({
    ...{ TEMPORAL_ADDRESS: NOBODY, TEMPORAL_TLS: 'false' },
    DATABASE_URL: `postgres://${NOBODY}/x?user=u&password=${canary('database')}`,
    ELASTICSEARCH_URL: `http://${NOBODY}/?apiKey=${canary('search')}`,
  }),
};

describe.each(Object.entries(SETTINGS))('where %s', (_name, settings) => {
  it.concurrent.each(COMMANDS.map((words) => [words.join(' '), words] as const))(
    '%s says so, and no secret',
    async (_line, words) => {
      const said: string[] = [];
      const stream = { write: (text: string) => said.push(text) > 0 };
      const env = { PATH: process.env['PATH'], HOME: dir, DEBUG: '1', LOG_LEVEL: 'DEBUG', ...settings() };
      const exit = await run([...words, '--json'], new Cli(dir, env, stream, stream));
      const text = said.join('');
      expect(exit).not.toBe(EXIT.done);
      expect(text.length).toBeGreaterThan(20);
      expect(search('output', Buffer.from(text), true), text).toEqual([]);
    },
  );
});
