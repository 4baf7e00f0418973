import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { findModel } from '../../activities/training/models/model-folder';
import { Registry, type WorkEntry } from '../../activities/stores/registry';
import type { CleanCounts } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import type { TestPostgres } from '../support/postgres';
import { withRegistry } from '../support/registry';

const run = promisify(execFile);
const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const entry = (name: string): WorkEntry => ({
  workKey: sha(name),
  stage: 'cleanDataset',
  subject: 'docs',
  workflowId: `clean-${name}`,
  runId: 'run-1',
  inputs: [sha('source')],
  recipe: { rules: 'minimal' },
  codeVersion: 1,
});
const artifact = (content: string, kind: ArtifactRef['kind'] = 'dataset'): ArtifactRef => ({
  uri: `artifact:${kind}/${sha(content)}`,
  sha256: sha(content),
  bytes: 5_000_000_000,
  rows: 3,
  kind,
});
const counts: CleanCounts = { files: 1, read: 3, kept: 3, rejected: 0, reasons: {} };
const encoder = { name: 'mini', fingerprint: sha('model'), dimensions: 384 };

let postgres: TestPostgres;
let url: string;
let registry: Registry;
withRegistry((opened) => ({ postgres, url, registry } = opened));

describe('the schema', () => {
  it('is made once by five processes that start at once', async () => {
    const jiti = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
    const child = path.join(__dirname, '../support/migrate-child.ts');
    const empty = await postgres.createDatabase();
    const env = { ...process.env, DATABASE_URL: empty };
    await Promise.all(times(5, () => run(process.execPath, [jiti, child], { env })));
    const late = new Registry(empty);
    await late.migrate();
    await late.close();
    const client = new Client({ connectionString: empty });
    await client.connect();
    const { rows } = await client.query<{ name: string }>('select name from llm_pack.migrations order by name');
    const undocumented = await client.query(
      `select relname from pg_class where relnamespace = 'llm_pack'::regnamespace and relkind = 'r'
       and obj_description(oid) is null and relname <> 'migrations'`,
    );
    await client.end();
    expect(rows.map(({ name }) => name)).toEqual([
      '1764000000000_registry',
      '1764100000000_features',
      '1764200000000_dataset_signatures',
      '1764300000000_embeddings',
      '1764350000000_documents',
      '1764400000000_told_changes',
      '1764450000000_guards',
      '1764500000000_models',
      '1764600000000_training',
      '1764700000000_decisions',
      '1764750000000_samples',
      '1764800000000_strategies',
      '1764850000000_control',
      '1764870000000_dataset_units',
    ]);
    expect(undocumented.rows).toEqual([]);
  });
});

describe('the ledger', () => {
  it('has work to be done until it is finished, and then its result, key order included', async () => {
    expect(await registry.findWork(sha('a'))).toBeUndefined();
    expect(await registry.beginWork(entry('a'))).toEqual({ done: undefined });
    expect(await registry.beginWork({ ...entry('a'), runId: 'run-2' })).toEqual({ done: undefined });
    expect(await registry.findWork(sha('a'))).toBeUndefined();
    const result = { z: 1, a: [null, 'ü'] };
    expect(await registry.finishWork(sha('a'), () => Promise.resolve(result))).toEqual(result);
    expect(JSON.stringify((await registry.beginWork(entry('a'))).done)).toBe(JSON.stringify(result));
    expect(await registry.findWork(sha('a'))).toEqual(result);
  });

  it('publishes once when twenty finish the same work at once', async () => {
    await registry.beginWork(entry('a'));
    const other = new Registry(url);
    let published = 0;
    const results = await Promise.all(
      times(20, (i) =>
        (i % 2 ? registry : other).finishWork(sha('a'), async (tx) => {
          published += 1;
          return { by: i, version: await tx.addDatasetVersion({ name: 'docs', artifact: artifact('x'), counts }) };
        }),
      ),
    );
    await other.close();
    expect(published).toBe(1);
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]?.version).toBe(1);
  });

  it('undoes all of a publish that fails, and lets the next one do it', async () => {
    await registry.beginWork(entry('a'));
    const publish = (fail: boolean) =>
      registry.finishWork(sha('a'), async (tx) => {
        const version = await tx.addDatasetVersion({ name: 'docs', artifact: artifact('x'), counts });
        if (fail) throw new RangeError('not today');
        return { version };
      });
    await expect(publish(true)).rejects.toThrow(new RangeError('not today'));
    expect(await registry.dataset('docs')).toBeUndefined();
    expect(await publish(false)).toEqual({ version: 1 });
  });

  it('refuses to finish what was never begun', async () => {
    await expect(registry.finishWork(sha('never'), () => Promise.resolve(1))).rejects.toSatisfy(is('InvariantBroken'));
  });

  it('refuses what breaks a constraint as a defect, which is not retried', async () => {
    await expect(registry.beginWork({ ...entry('a'), workKey: 'short' })).rejects.toSatisfy(is('InvariantBroken'));
    await expect(registry.beginWork({ ...entry('a'), inputs: ['x'] })).rejects.toSatisfy(is('InvariantBroken'));
  });
});

describe('models', () => {
  const facts = { kind: 'encoder', architecture: 'BertModel', parameters: 8_000_000_000 } as const;
  const known = { ...facts, licence: 'mit', source: 'path:.' };
  const publish = async (work: string, name: string, base: string | null = null) => {
    await registry.beginWork(entry(work));
    const model = { ...known, name, base, artifact: artifact(work, 'model') };
    const version = await registry.finishWork(sha(work), (tx) =>
      tx.addModelVersion({ ...model, metrics: { mrr: 0.5 } }),
    );
    return { ...model, version };
  };

  it('are found by name, the latest or the one asked for, with the version that they were trained from', async () => {
    const first = await publish('one', 'small');
    const second = await publish('two', 'small');
    const tuned = await publish('three', 'tuned', 'small@1');
    expect(await findModel(registry, 'small')).toEqual(second);
    expect(await findModel(registry, 'small@1')).toEqual(first);
    expect(await findModel(registry, 'tuned@latest')).toEqual({ ...tuned, base: 'small@1' });
    await expect(findModel(registry, 'small@3')).rejects.toSatisfy(is('ModelVersionNotFound'));
  });

  it('are trained from what is registered, and from nothing else', async () => {
    await expect(publish('one', 'tuned', 'never@1')).rejects.toSatisfy(is('InvariantBroken'));
  });

  it('are not guards, though these share their table', async () => {
    await registry.beginWork(entry('one'));
    const share = { share: 1, low: 1, high: 1, hits: 1, texts: 1 };
    const quality = { recall: share, falsePositives: share, families: [] };
    await registry.finishWork(sha('one'), (tx) =>
      tx.addGuardVersion({ name: 'small', artifact: artifact('x', 'guard'), quality }),
    );
    await expect(findModel(registry, 'small')).rejects.toSatisfy(is('ModelVersionNotFound'));
    expect((await registry.guard('small'))?.version).toBe(1);
  });
});

describe('datasets', () => {
  const publish = async (name: string, content: string, dataset = 'docs') => {
    await registry.beginWork(entry(name));
    return registry.finishWork(sha(name), (tx) =>
      tx.addDatasetVersion({
        name: dataset,
        artifact: artifact(content),
        rejects: artifact('rejects', 'rejects'),
        report: artifact('report', 'report'),
        counts,
      }),
    );
  };

  it('are numbered 1 to 20 without a gap by twenty works at once, some of which fail', async () => {
    const failing = times(5, async (i) => {
      await registry.beginWork(entry(`fails ${i}`));
      return registry.finishWork(sha(`fails ${i}`), async (tx) => {
        await tx.addDatasetVersion({ name: 'docs', artifact: artifact(`fails ${i}`), counts });
        throw new Error('undone');
      });
    });
    const [versions] = await Promise.all([
      Promise.all(times(20, (i) => publish(`work ${i}`, `content ${i}`))),
      Promise.allSettled(failing),
    ]);
    expect([...versions].sort((a, b) => a - b)).toEqual(times(20, (i) => i + 1));
  });

  it('are found by name, the latest or the one asked for', async () => {
    await publish('one', 'first');
    await publish('two', 'second');
    await publish('three', 'first', 'other');
    expect(await registry.dataset('docs')).toEqual({ name: 'docs', version: 2, artifact: artifact('second') });
    expect(await registry.dataset('docs', 1)).toEqual({ name: 'docs', version: 1, artifact: artifact('first') });
    expect(await registry.dataset('other')).toEqual({ name: 'other', version: 1, artifact: artifact('first') });
    expect(await registry.dataset('docs', 3)).toBeUndefined();
  });

  it('refuse an artifact that is on record with another content', async () => {
    await registry.beginWork(entry('a'));
    await registry.finishWork(sha('a'), (tx) => tx.addArtifact(artifact('x')));
    await registry.beginWork(entry('b'));
    const forged = { ...artifact('x'), sha256: sha('y') };
    await expect(registry.finishWork(sha('b'), (tx) => tx.addArtifact(forged))).rejects.toSatisfy(
      is('InvariantBroken'),
    );
  });

  it('keep their lineage, each edge once', async () => {
    await registry.beginWork(entry('a'));
    const output = artifact('out').uri;
    await registry.finishWork(sha('a'), async (tx) => {
      await tx.addLineage(output, [artifact('in', 'plan').uri, 'model:mini', 'model:mini']);
      await tx.addLineage(output, ['model:mini']);
    });
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query('select input from llm_pack.lineage where output = $1 order by input', [
      output,
    ]);
    await client.end();
    expect(rows).toEqual([{ input: artifact('in', 'plan').uri }, { input: 'model:mini' }]);
  });
});

describe('indexes', () => {
  const reserve = async (name: string) => {
    await registry.beginWork(entry(name));
    return registry.reserveIndexVersion({ alias: 'docs', workKey: sha(name), encoder });
  };
  const promote = (name: string, version: number) =>
    registry.finishWork(sha(name), (tx) => tx.promoteIndex({ alias: 'docs', version, reason: 'verified' }));

  it('are reserved once for each work, and numbered without gaps', async () => {
    await registry.beginWork(entry('a'));
    const same = await Promise.all(
      times(10, () => registry.reserveIndexVersion({ alias: 'docs', workKey: sha('a'), encoder })),
    );
    const expected = { alias: 'docs', version: 1, physical: `docs-v1-${sha('a').slice(0, 8)}` };
    for (const reserved of same) expect(reserved).toEqual(expected);
    const others = await Promise.all(times(10, (i) => reserve(`other ${i}`)));
    expect(others.map(({ version }) => version).sort((a, b) => a - b)).toEqual(times(10, (i) => i + 2));
    await expect(registry.reserveIndexVersion({ alias: 'elsewhere', workKey: sha('a'), encoder })).rejects.toSatisfy(
      is('InvariantBroken'),
    );
  });

  it('go live by promotion, and never back to an older version', async () => {
    const [one, two, three] = [await reserve('one'), await reserve('two'), await reserve('three')];
    expect(await registry.liveIndex('docs')).toBeUndefined();
    expect(await promote('one', 1)).toEqual({ previous: null });
    expect(await registry.liveIndex('docs')).toEqual({ ...one, previous: null });
    expect(await promote('three', 3)).toEqual({ previous: one.physical });
    await expect(promote('two', 2)).rejects.toSatisfy(is('Superseded'));
    expect(await registry.liveIndex('docs')).toEqual({ ...three, previous: one.physical });
    await expect(promote('two', 9)).rejects.toSatisfy(is('InvariantBroken'));
    expect(two.version).toBe(2);
  });

  it('have a history of promotions, with what each was measured at before it', async () => {
    for (const name of ['one', 'two']) await reserve(name);
    await promote('one', 1);
    const gate = { kind: 'index' as const, name: 'docs', version: 2, passed: true };
    await registry.recordEvaluation({ ...gate, workKey: sha('two'), metrics: { ndcg: { mean: 0.4 } } });
    await promote('two', 2);
    // What is measured afterwards has decided nothing.
    await registry.recordEvaluation({ ...gate, workKey: sha('one'), metrics: {}, passed: false });
    const history = await registry.promotions({ name: 'docs', limit: 10 });
    expect(history).toMatchObject([
      { version: 2, previous: 1, gate: { passed: true, metrics: { ndcg: { mean: 0.4 } } }, reason: 'verified' },
      { version: 1, previous: null, gate: null, undo: null, inputs: entry('one').inputs },
    ]);
    expect(history[0]?.undo).toMatchObject({ version: 1 });
    expect(Date.parse(history[0]?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(history[1]?.at ?? ''));
    expect(await registry.promotions({ kind: 'index', limit: 1 })).toHaveLength(1);
    expect(await registry.promotions({ kind: 'model', limit: 1 })).toEqual([]);
  });

  it('are promoted one after the other: the older of two at once is superseded', async () => {
    for (const name of ['one', 'two']) await reserve(name);
    const client = new Client({ connectionString: url });
    await client.connect();
    const waiters = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    let older: Promise<unknown> = Promise.resolve();
    await registry.finishWork(sha('two'), async (tx) => {
      await tx.promoteIndex({ alias: 'docs', version: 2, reason: 'verified' });
      let settled = false;
      older = promote('one', 1).catch((error: unknown) => error);
      void older.finally(() => (settled = true));
      while (!settled && (await client.query(waiters)).rowCount === 0) continue;
      return null;
    });
    await client.end();
    expect(await older).toSatisfy(is('Superseded'));
    expect((await registry.liveIndex('docs'))?.version).toBe(2);
  });

  it('may be deleted when behind: beyond those kept, or never live; and are listed no more once deleted', async () => {
    for (const name of ['one', 'two', 'never', 'three', 'building']) await reserve(name);
    for (const [name, version] of [
      ['one', 1],
      ['two', 2],
      ['three', 4],
    ] as const)
      await promote(name, version);
    const physical = (version: number, name: string) => `docs-v${version}-${sha(name).slice(0, 8)}`;
    expect(await registry.indexesBehind('docs', 1)).toEqual([physical(1, 'one'), physical(3, 'never')]);
    expect(await registry.indexesBehind('docs', 0)).toEqual([
      physical(1, 'one'),
      physical(2, 'two'),
      physical(3, 'never'),
    ]);
    await registry.markIndexDeleted(physical(1, 'one'));
    await registry.markIndexDeleted(physical(1, 'one'));
    expect(await registry.indexesBehind('docs', 1)).toEqual([physical(3, 'never')]);
    expect(await registry.indexesBehind('unknown', 1)).toEqual([]);
  });
});

describe('without its server', () => {
  it('is unavailable in the middle of a publish, and fine when the server is back', async () => {
    await registry.beginWork(entry('a'));
    const publish = (crash: boolean) =>
      registry.finishWork(sha('a'), async (tx) => {
        await tx.addArtifact(artifact('before'));
        if (crash) await postgres.kill();
        return { version: await tx.addDatasetVersion({ name: 'docs', artifact: artifact('x'), counts }) };
      });
    await expect(publish(true)).rejects.toSatisfy(is('Unavailable'));
    await expect(registry.findWork(sha('a'))).rejects.toSatisfy(is('Unavailable'));
    await expect(registry.migrate()).rejects.toSatisfy(is('Unavailable'));
    await postgres.restart();
    expect(await registry.findWork(sha('a'))).toBeUndefined();
    expect(await publish(false)).toEqual({ version: 1 });
  });

  it('never says the password of its address', async () => {
    const secret = 'pa55word';
    expect(() => new Registry(`postgres://u:${secret}/unescaped@localhost/test`)).toThrow('DATABASE_URL is not a URL');
    const { host } = new URL(url);
    for (const address of [`postgres://postgres:${secret}@${host}/test`, `postgres://u:${secret}@127.0.0.1:1/test`]) {
      const stranger = new Registry(address);
      const error: unknown = await stranger.findWork(sha('a')).catch((caught: unknown) => caught);
      await stranger.close();
      expect(isFailure(error, 'Unavailable')).toBe(true);
      expect(String((error as Error).stack)).not.toContain(secret);
    }
  });
});
