import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import type { Encoder } from '../../activities/encoder/encoder';
import type { FeatureCard } from '../../activities/features/output/card';
import { loadTransform } from '../../activities/features/load';
import type { FeatureRow, FeatureTransform } from '../../activities/features/transform';
import type { ArtifactRef } from '../../schemas/common';
import { SHOP_FEATURES, shopRows, type ShopRow } from '../support/feature-rows';
import { buildFeatures, rowsOf, type BuiltFeatures, type Versions } from './features-run';

let base: string;
let root: string;
let storeDir: string;
beforeAll(async () => void (base = await mkdtemp(path.join(tmpdir(), 'features-'))));
afterAll(() => rm(base, { recursive: true }));
beforeEach(async () => {
  root = await mkdtemp(path.join(base, 'root-'));
  storeDir = await mkdtemp(path.join(base, 'store-'));
});

const put = (name: string, rows: readonly ShopRow[]) =>
  writeFile(path.join(root, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const folderOf = (ref: ArtifactRef, dir = storeDir) => path.join(dir, ref.kind, ref.sha256);
const INPUT = { name: 'shop', key: 'id', features: SHOP_FEATURES, unitBytes: 65_536 };
const build = (source: string, more: object = {}, versions?: Versions): Promise<BuiltFeatures> =>
  buildFeatures({ root, storeDir, input: { ...INPUT, source, ...more }, ...(versions ? { versions } : {}) });
const increment = (source: string) => ({ source, name: 'shop', fit: 'shop@latest', unitBytes: 65_536 });

/** A row as Parquet gives it back, in the form in which `apply` gives it. */
function plain(transform: FeatureTransform, row: Record<string, unknown>): FeatureRow {
  return Object.fromEntries(
    transform.outputs.map(({ name }) => {
      const value = row[name];
      return [name, value instanceof Date ? value.toISOString() : (value as number | string | null)];
    }),
  );
}

describe('one transform, applied to training rows, to an increment and to single records', () => {
  it('gives the same bits all three times', async () => {
    const rows = shopRows(1500, 1);
    const later = shopRows(400, 2, 80);
    await put('day.jsonl', rows);
    await put('night.jsonl', later);
    const versions: Versions = { transforms: [], features: [] };
    const fitted = await build('day.jsonl', {}, versions);
    expect(fitted.units).toBeGreaterThan(2);
    expect(fitted.counts).toMatchObject({ read: 1500, kept: 1500, rejected: 0 });
    expect(fitted.counts.bad).toBeGreaterThan(100);

    const { transform } = await loadTransform(folderOf(fitted.transform));
    const history = transform.historyOf(rows);
    const fromBatch = (await rowsOf(storeDir, fitted.artifact, 'features')).map((row) => plain(transform, row));
    expect(fromBatch).toEqual(rows.map((row) => transform.apply(row, { training: true, history })));

    const applied = await buildFeatures({ root, storeDir, versions, input: increment('night.jsonl') });
    expect(applied.transform).toEqual(fitted.transform);
    const known = transform.historyOf(later, transform.history);
    const fromNight = (await rowsOf(storeDir, applied.artifact, 'features')).map((row) => plain(transform, row));
    expect(fromNight).toEqual(later.map((row) => transform.apply(row, { history: known })));
    // The transform carries what a single record looks back on: the first of the night needs nothing else.
    const timed = later.filter(({ at }) => String(at).startsWith('2026'));
    const first = timed.reduce((a, b) => (String(a['at']) < String(b['at']) ? a : b));
    expect(transform.apply(first)).toEqual(transform.apply(first, { history: transform.historyOf(rows) }));
  });

  it('looks back, night after night, on the nights before', async () => {
    const timed = (row: ShopRow) => ({ ...row, at: String(row['at']).startsWith('2026') ? row['at'] : null });
    const nights = [shopRows(600, 41), shopRows(300, 42, 72), shopRows(300, 43, 144)].map((rows) => rows.map(timed));
    for (const [night, rows] of nights.entries()) await put(`${night}.jsonl`, rows);
    const versions: Versions = { transforms: [], features: [] };
    const { transform: ref } = await build('0.jsonl', {}, versions);
    await buildFeatures({ root, storeDir, versions, input: increment('1.jsonl') });
    const input = { ...increment('2.jsonl'), after: 'shop@latest' };
    const { artifact } = await buildFeatures({ root, storeDir, versions, input });
    const { transform } = await loadTransform(folderOf(ref));
    const [, first = [], second = []] = nights;
    const history = transform.historyOf([...first, ...second], transform.history);
    const batch = (await rowsOf(storeDir, artifact, 'features')).map((row) => plain(transform, row));
    expect(batch).toEqual(second.map((row) => transform.apply(row, { history })));
    expect(batch).not.toEqual(second.map((row) => transform.apply(row, { history: transform.historyOf(second) })));
    await expect(
      buildFeatures({ root, storeDir, versions, input: { ...input, after: 'other@latest' } }),
    ).rejects.toMatchObject({ type: 'FeaturesNotFound' });
  });

  it('gives the same bits for records of anything that JSON can hold', async () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('Oslo', 'NaN', 1e308, null),
    );
    const fields = Object.keys(shopRows(1, 1)[0] ?? {});
    const record = fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] });
    const odd = fc.sample(record, { numRuns: 500, seed: 20_261_124 });
    await put('day.jsonl', shopRows(300, 12));
    await put('odd.jsonl', odd);
    const versions: Versions = { transforms: [], features: [] };
    const { transform: ref } = await build('day.jsonl', {}, versions);
    const { artifact, counts } = await buildFeatures({ root, storeDir, versions, input: increment('odd.jsonl') });
    expect(counts).toMatchObject({ read: 500, kept: 500 });
    const { transform } = await loadTransform(folderOf(ref));
    const history = transform.historyOf(odd, transform.history);
    const batch = (await rowsOf(storeDir, artifact, 'features')).map((row) => plain(transform, row));
    expect(batch).toEqual(odd.map((row) => transform.apply(row, { history })));
  });

  it('gives the vectors of texts to those that have one', async () => {
    await put('a.jsonl', shopRows(700, 13));
    const features = [{ kind: 'embedding', column: 'note', name: 'vector' }];
    const built = await buildFeatures({
      root,
      storeDir,
      input: { ...INPUT, source: 'a.jsonl', features },
      encoder: () => Promise.resolve(lengthEncoder),
    });
    const { transform } = await loadTransform(folderOf(built.transform));
    expect(transform.fitted.encoder).toEqual(lengthEncoder.identity);
    const rows = await rowsOf(storeDir, built.artifact, 'features');
    const notes = shopRows(700, 13).map(({ note }) => note);
    expect(rows.map(({ vector }) => vector)).toEqual(
      notes.map((note) => (typeof note === 'string' && note !== '' ? [note.length / 3, 1 / 3].map(Math.fround) : null)),
    );
    const vectors = new Map([['vector', [0.5, 0.25]]]);
    expect(transform.apply({ id: 'x', note: 'y' }, { vectors })).toEqual({ id: 'x', vector: [0.5, 0.25] });
  });

  it('gives the same from JSON Lines, CSV and Parquet', async () => {
    const rows = shopRows(300, 3).map((row) => ({
      ...row,
      price: typeof row['price'] === 'number' ? row['price'] : null,
    }));
    await put('a.jsonl', rows);
    await withDuckDB(async (connection) => {
      const types = `{id: 'VARCHAR', price: 'DOUBLE', city: 'VARCHAR', device: 'VARCHAR'}`;
      const from = `read_json('${path.join(root, 'a.jsonl')}', format = 'newline_delimited', columns = ${types})`;
      await connection.run(`copy (from ${from}) to '${path.join(root, 'b.parquet')}' (format parquet)`);
      await connection.run(`copy (from ${from}) to '${path.join(root, 'c.csv')}' (header)`);
    });
    const features = SHOP_FEATURES.filter(({ kind }) => ['scale', 'bucket', 'oneHot', 'cross'].includes(kind)).filter(
      ({ column }) => column !== 'age',
    );
    // Objects in a column of categories are JSON text once they went through a column of texts.
    const tables = ['b.parquet', 'c.csv'].map((source) => build(source, { features }));
    const [parquet, csv] = await Promise.all(
      tables.map(async (built) => rowsOf(storeDir, (await built).artifact, 'features')),
    );
    expect(csv).toEqual(parquet);
    expect(parquet).toHaveLength(300);
  });

  it('does not let a row know its own target', async () => {
    const rows = shopRows(400, 4);
    const flipped = rows.map((row, at) => (at === 7 ? { ...row, bought: row['bought'] === 1 ? 0 : 1 } : row));
    await put('a.jsonl', rows);
    await put('b.jsonl', flipped);
    const features = SHOP_FEATURES.filter(({ kind }) => kind === 'target');
    const [a, b] = [await build('a.jsonl', { features }), await build('b.jsonl', { features })];
    expect(a.transform).not.toEqual(b.transform);
    const encoded = async ({ artifact }: BuiltFeatures) => (await rowsOf(storeDir, artifact, 'features'))[7];
    expect(await encoded(b)).toEqual(await encoded(a));
  });
});

describe('what a run of features keeps', () => {
  it('gives the same artifacts whatever the order of units, and after interruptions', async () => {
    await put('a.jsonl', shopRows(1200, 5));
    const input = {
      ...INPUT,
      source: 'a.jsonl',
      sequences: { column: 'note', length: 32, vocabulary: 300 },
      ngrams: { column: 'note' },
    };
    const newStore = () => mkdtemp(path.join(base, 'store-'));
    const reference = await buildFeatures({ root, storeDir: await newStore(), input, concurrency: 1 });
    const order = (units: number) => Array.from({ length: units }, (_, unit) => units - 1 - unit);
    expect(await buildFeatures({ root, storeDir: await newStore(), input, order })).toEqual(reference);

    // Each attempt dies before its third activity that is not yet done.
    const dir = await newStore();
    for (let attempt = 0; ; attempt++) {
      expect(attempt).toBeLessThan(40);
      let left = 3 + attempt;
      const before = () => {
        if (--left === 0) throw new Error('killed');
      };
      const ended = await buildFeatures({ root, storeDir: dir, input, concurrency: 1, before }).catch(
        (error: Error) => error.message,
      );
      if (ended === 'killed') continue;
      expect(ended).toEqual(reference);
      break;
    }
  });

  it('counts every row and every value that it can not use, and keeps the rows', async () => {
    const good = shopRows(20, 6);
    const lines = [
      ...good.map((row) => JSON.stringify(row)),
      '{"id": 1',
      '[1]',
      JSON.stringify({ id: 'x', price: 'much' }),
    ];
    await writeFile(path.join(root, 'a.jsonl'), `${lines.join('\n')}\n`);
    const features = [{ kind: 'scale', column: 'price', method: 'standard' }];
    const { counts, rejects, artifact, card } = await build('a.jsonl', { features });
    expect(counts).toMatchObject({ read: 23, kept: 21, rejected: 2, reasons: { invalid_json: 2 } });
    if (!rejects) throw new Error('there are no rejects');
    expect(await rowsOf(storeDir, rejects, 'rejects')).toMatchObject([
      { row: 21n, text: '{"id": 1' },
      { row: 22n, text: '[1]' },
    ]);
    expect(await rowsOf(storeDir, artifact, 'features')).toHaveLength(21);
    const { badValues } = JSON.parse(await readFile(path.join(folderOf(card), 'card.json'), 'utf8')) as FeatureCard;
    expect(badValues['price']).toBe(counts.bad);
    expect(counts.bad).toBeGreaterThan(0);
  });

  it('names missing columns, and those that are there, before it reads a row', async () => {
    await put('a.jsonl', shopRows(3, 7));
    const features = [{ kind: 'hash', column: 'town', buckets: 8 }];
    await expect(build('a.jsonl', { features })).rejects.toMatchObject({
      type: 'ColumnNotFound',
      nonRetryable: true,
      message: expect.stringMatching(/"town".*"city"/) as string,
    });
  });

  it('packs every token of every text, with the ends of documents in place', async () => {
    const rows = shopRows(600, 8);
    await put('a.jsonl', rows);
    for (const packing of ['sequential', 'bestFit'] as const) {
      const sequences = { column: 'note', length: 64, vocabulary: 400, packing };
      const built = await build('a.jsonl', { features: [], key: undefined, sequences });
      const { tokenizer } = await loadTransform(folderOf(built.transform));
      if (!tokenizer) throw new Error('there is no tokenizer');
      const [end, pad] = [tokenizer.specialId('<|endoftext|>'), tokenizer.specialId('<|pad|>')];
      const packed = (await rowsOf(storeDir, built.artifact, 'sequences')) as {
        input_ids: number[];
        seq_lengths: number[];
        tokens: number;
      }[];
      const pieces = packed.flatMap(({ input_ids, seq_lengths, tokens }) => {
        expect(input_ids).toHaveLength(64);
        expect(input_ids.slice(tokens).every((id) => id === pad)).toBe(true);
        expect(seq_lengths.reduce((sum, length) => sum + length, 0)).toBe(tokens);
        let at = 0;
        return seq_lengths.map((length) => input_ids.slice(at, (at += length)).join(' '));
      });
      const texts = rows.flatMap(({ note }) => (typeof note === 'string' && note !== '' ? [note] : []));
      const wanted = texts.map((text) => [...tokenizer.encode(text), end]);
      expect(built.counts.tokens).toBe(wanted.flat().length);
      expect(built.counts).toMatchObject({ droppedTokens: 0, sequences: packed.length });
      if (packing === 'sequential') expect(pieces.join(' ')).toBe(wanted.flat().join(' '));
      else expect(pieces.sort()).toEqual(wanted.flatMap((ids) => cut(ids, 64)).sort());
    }
  });

  it('tells on the card how far each column has moved since the last version', async () => {
    const versions: Versions = { transforms: [], features: [] };
    await put('a.jsonl', shopRows(500, 9));
    await put('b.jsonl', shopRows(500, 10));
    await put(
      'c.jsonl',
      shopRows(500, 11).map((row) => ({ ...row, age: Number(row['age']) + 40 })),
    );
    const drifts = [];
    for (const [source, input] of [
      ['a.jsonl', { ...INPUT, source: 'a.jsonl' }],
      ['b.jsonl', increment('b.jsonl')],
      ['c.jsonl', increment('c.jsonl')],
    ] as const) {
      const { card } = await buildFeatures({ root, storeDir, versions, input });
      const { columns, against } = JSON.parse(
        await readFile(path.join(folderOf(card), 'card.json'), 'utf8'),
      ) as FeatureCard;
      const age = columns.find(({ name }) => name === 'age_range');
      drifts.push({
        source,
        against: against?.version ?? null,
        psi: age?.drift?.psi ?? null,
        ks: age?.drift?.ks ?? null,
      });
    }
    expect(drifts[0]).toMatchObject({ against: null, psi: null });
    expect(drifts[1]?.psi).toBeLessThan(0.1);
    expect(drifts[2]).toMatchObject({ against: 2 });
    expect(drifts[2]?.psi).toBeGreaterThan(0.25);
    expect(drifts[2]?.ks).toBeGreaterThan(0.3);
  });
});

/** An encoder of two dimensions, so that vectors can be told at a glance. */
const lengthEncoder: Encoder = {
  identity: { name: 'length', fingerprint: '0'.repeat(64), dimensions: 2 },
  device: 'cpu',
  limit: 512,
  encode: (texts) => Promise.resolve(Float32Array.from(texts.flatMap((text) => [text.length / 3, 1 / 3]))),
  countTokens: (texts) => Promise.resolve(Int32Array.from(texts, ({ length }) => length)),
  close: () => Promise.resolve(),
};

const cut = (ids: readonly number[], length: number): string[] =>
  Array.from({ length: Math.ceil(ids.length / length) }, (_, at) =>
    ids.slice(at * length, (at + 1) * length).join(' '),
  );
