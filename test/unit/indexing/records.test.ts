import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkRecords, contentHash, embeddingText } from '../../../activities/indexing/chunk-record';
import { rowRanges } from '../../../activities/indexing/dataset-rows';
import { chunkOperations, vectorJson } from '../../../activities/indexing/index-unit';
import { describeSources, SourceTally } from '../../../activities/indexing/source-counts';
import { describeDifferences } from '../../../activities/indexing/verify';

const document = { id: 'docs/a.md#1', source: 'docs/a.md', title: 'Guide', text: 'Read this. Then that.' };
const chunk = { ordinal: 0, start: 0, end: 10, path: ['Guide', 'Start'], tokens: 3 };
const [record] = chunkRecords(document, [chunk]);

describe('chunkRecords', () => {
  it('says where a chunk is from and stands', () => {
    expect(record).toMatchObject({
      doc_id: 'docs/a.md#1',
      text: 'Read this.',
      context: 'Guide > Start',
      start: 0,
      end: 10,
    });
    expect(record?.id).toMatch(/^[0-9a-f]{32}-0$/);
    expect(record && embeddingText(record)).toBe('Guide > Start\nRead this.');
  });

  it('hashes every field that is searched or shown', () => {
    if (!record) throw new Error('no record');
    expect(record.content_hash).toBe(contentHash(record));
    const changes = { doc_id: 'b', ordinal: 1, title: 'b', context: 'b', text: 'b', source: 'b', start: 1, end: 11 };
    for (const change of Object.entries(changes)) {
      expect(contentHash({ ...record, ...Object.fromEntries([change]) }), change[0]).not.toBe(record.content_hash);
    }
  });
});

describe('vectorJson', () => {
  it('names every 32-bit float exactly', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 8 }), (values) => {
        const vector = Float32Array.from(values);
        expect(Float32Array.from(JSON.parse(vectorJson(vector)) as number[])).toEqual(vector.map((value) => value + 0));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('chunkOperations', () => {
  it('puts each vector with its chunk', () => {
    if (!record) throw new Error('no record');
    const chunks = [record, { ...record, id: 'second' }];
    const embedded = { chunks, vectors: Float32Array.of(1, 2, 3, 4), meta: { dimensions: 2 } };
    const operations = [...chunkOperations(embedded, 9, () => 5)];
    expect(operations.map(({ id, version }) => ({ id, version }))).toEqual([
      { id: record.id, version: 5 },
      { id: 'second', version: 5 },
    ]);
    const { id: _id, ...fields } = record;
    expect(operations.map(({ source }) => JSON.parse(source ?? '') as unknown)).toEqual([
      { ...fields, unit: 9, vector: [1, 2] },
      { ...fields, unit: 9, vector: [3, 4] },
    ]);
    expect([...chunkOperations(embedded, 9, () => null)]).toEqual([]);
  });
});

describe('rowRanges', () => {
  it('covers every row of every file once, in order, however units are cut', () => {
    const rows = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (counts, size) => {
        const files = counts.map((count, at) => ({ file: `f${at}`, rows: count }));
        const total = counts.reduce((sum, count) => sum + count, 0);
        const seen: string[] = [];
        for (let from = 0; from < total; from += size) {
          for (const range of rowRanges(files, from, from + size)) {
            for (let row = range.from; row < range.to; row += 1) seen.push(`${range.file}:${row}`);
          }
        }
        expect(seen).toEqual(
          files.flatMap(({ file, rows: count }) => Array.from({ length: count }, (_, row) => `${file}:${row}`)),
        );
      }),
    );
  });
});

describe('describeDifferences', () => {
  it('is empty for none, and counts beyond the ids it names', () => {
    const none = { count: 0, ids: [] };
    const same = { verified: 3, missing: none, extra: none, changed: none, withoutVector: none };
    expect(describeDifferences(same)).toBe('');
    expect(
      describeDifferences({ ...same, missing: { count: 7, ids: ['a', 'b'] }, changed: { count: 1, ids: ['c'] } }),
    ).toBe('7 missing (a, b, …); 1 changed (c)');
  });
});

describe('the documents of each source', () => {
  const tallyOf = (expected: readonly string[], found: readonly string[]) => {
    const tally = new SourceTally();
    for (const source of expected) tally.expect(source);
    for (const source of found) tally.find(source);
    return tally.result();
  };

  it('are counted, and told largest first', () => {
    const counts = tallyOf(['a.md', 'b.md', 'b.md'], ['b.md', 'a.md', 'b.md']);
    expect(counts).toMatchObject({ sources: 2, differing: 0, documents: { expected: 3, found: 3 } });
    expect(describeSources(counts)).toBe('3 documents of 2 sources, as expected: `b.md` 2, `a.md` 1');
  });

  it('are told first where they differ, on either side', () => {
    const big = Array.from({ length: 30 }, () => 'big');
    const counts = tallyOf([...big, 'gone'], [...big, 'stray']);
    expect(counts).toMatchObject({ sources: 3, differing: 2 });
    expect(describeSources(counts)).toBe(
      '31 of 31 documents, 2 of 3 sources differ: `gone` 0 of 1, `stray` 1 of 0, `big` 30',
    );
  });

  it('are counted together where there are too many sources to keep', () => {
    const many = Array.from({ length: 10_050 }, (_, at) => `s${at}`);
    expect(tallyOf(many, [...many].reverse())).toMatchObject({ sources: 10_000, differing: 0 });
    const counts = tallyOf(many, many.slice(0, -1));
    expect(counts).toMatchObject({ differing: 1, documents: { expected: 10_050, found: 10_049 } });
    expect(counts.named).toHaveLength(10);
  });
});
