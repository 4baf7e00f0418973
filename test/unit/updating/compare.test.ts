import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentPlace } from '../../../activities/indexing/dataset-rows';
import { documentKey, type LedgerRow } from '../../../activities/stores/registry-documents';
import { compare, strayDocuments } from '../../../activities/updating/compare';
import { CLOCK_MARGIN_MS, decide, type Incoming } from '../../../activities/updating/decide';
import type { FoundChunks } from '../../../activities/updating/inventory';

const NOON = Date.parse('2026-11-25T12:00:00Z');
const at = (minutes: number): Date => new Date(NOON + minutes * 60_000);
const MARGIN = CLOCK_MARGIN_MS / 60_000;

const row = (more: Partial<LedgerRow> = {}): LedgerRow => ({
  ...{ key: documentKey('a'), document: 'a', version: 5, contentHash: 'old', chunks: 2, claimed: 2, changeId: null },
  ...{ asOf: at(0), acceptedAt: at(0) },
  ...more,
});
const dataset = (minutes: number, hash: string | null = 'new'): Incoming => ({
  ...{ key: documentKey('a'), id: 'a', hash, changeId: null, asOf: at(minutes).toISOString() },
});
const change = (changeId: number, hash: string | null = 'new'): Incoming => ({ ...dataset(0, hash), changeId });

describe('what is to be done with a document', () => {
  it('is to write what an index never had, or only claimed to write', () => {
    expect(decide(undefined, dataset(0))).toBe('write');
    expect(decide(row({ version: 0, contentHash: null }), dataset(-60))).toBe('write');
  });

  it('is nothing where the content is the same, deletions included', () => {
    expect(decide(row(), dataset(1, 'old'))).toBe('same');
    expect(decide(row({ contentHash: null, chunks: 0 }), change(1, null))).toBe('same');
  });

  it('follows the time at which the sources were read, among datasets', () => {
    expect(decide(row(), dataset(-1))).toBe('older');
    expect(decide(row(), dataset(0))).toBe('write');
    expect(decide(row(), dataset(1))).toBe('write');
  });

  it('follows the numbers of changes, among changes; the same again is done', () => {
    expect(decide(row({ changeId: 7 }), change(6))).toBe('older');
    expect(decide(row({ changeId: 7 }), change(7))).toBe('older');
    expect(decide(row({ changeId: 7 }), change(8))).toBe('write');
  });

  it('takes a change for newer than any dataset, and a dataset for newer than what was applied well before it', () => {
    expect(decide(row({ asOf: at(60) }), change(1))).toBe('write');
    const applied = row({ changeId: 7, acceptedAt: at(0) });
    expect(decide(applied, dataset(MARGIN))).toBe('older');
    expect(decide(applied, dataset(MARGIN + 1))).toBe('write');
  });

  it('is to write again what is to be repaired, though never what is older', () => {
    expect(decide(row(), { ...dataset(0, 'old'), repair: true })).toBe('write');
    expect(decide(row({ changeId: 7 }), { ...change(7, 'old'), repair: true })).toBe('write');
    expect(decide(row(), { ...dataset(-1), repair: true })).toBe('older');
  });
});

describe('the comparison of a dataset, a ledger and an index', () => {
  const kinds = ['unchanged', 'added', 'changed', 'deleted', 'newer', 'repaired', 'tombstone'] as const;
  const READ = at(60);

  /** A document of each kind, as dataset, ledger and index have it. */
  function make(kind: (typeof kinds)[number], id: string) {
    const key = documentKey(id);
    const place: DocumentPlace = { id, hash: 'new', file: 'f', row: 1 };
    const found: FoundChunks = { chunks: 2, lowest: 5, highest: 5, ordinals: 2 };
    const known = row({ key, document: id, contentHash: kind === 'changed' ? 'old' : 'new' });
    const near = { ...known, changeId: 3, contentHash: 'near', acceptedAt: at(61) };
    return {
      place: kind === 'deleted' || kind === 'tombstone' ? undefined : place,
      row: {
        ...{ unchanged: known, added: undefined, changed: known, deleted: known, newer: near, repaired: known },
        tombstone: { ...known, contentHash: null, chunks: 0 },
      }[kind],
      found:
        kind === 'added' || kind === 'tombstone' ? undefined : kind === 'repaired' ? { ...found, chunks: 1 } : found,
    };
  }

  it('counts every document once, and does what its kind asks for', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 40 }), (chosen) => {
        const made = chosen.map((kind, index) => ({ id: `d${index}`, kind, ...make(kind, `d${index}`) }));
        const { entries, counts, strays } = compare({
          dataset: new Map(made.flatMap(({ id, place }) => (place ? [[documentKey(id), place] as const] : []))),
          ledger: made.flatMap((document) => document.row ?? []),
          inventory: new Map(made.flatMap(({ id, found }) => (found ? [[id, found] as const] : []))),
          before: 100,
          readSince: READ,
        });
        for (const [kind, count] of Object.entries(counts)) {
          expect(count, kind).toBe(chosen.filter((one) => one === kind).length);
        }
        const idsOf = (...wanted: string[]) => made.filter(({ kind }) => wanted.includes(kind)).map(({ id }) => id);
        expect(entries.map(({ id }) => id).sort()).toEqual(idsOf('added', 'changed', 'deleted', 'repaired').sort());
        expect(entries.filter(({ hash }) => hash === null).map(({ id }) => id)).toEqual(idsOf('deleted'));
        expect(strays).toEqual([]);
      }),
    );
  });

  it('does not take for damage what was written after the index was looked at', () => {
    const place: DocumentPlace = { id: 'a', hash: 'old', file: 'f', row: 1 };
    const looked = (before: number) =>
      compare({
        ...{ dataset: new Map([[documentKey('a'), place]]), ledger: [row({ version: 8 })], inventory: new Map() },
        ...{ before, readSince: READ },
      }).counts;
    expect(looked(8)).toMatchObject({ unchanged: 1, repaired: 0 });
    expect(looked(9)).toMatchObject({ unchanged: 0, repaired: 1 });
  });

  it('writes a near-line document again as the change that it is of', () => {
    const near = row({ changeId: 3, acceptedAt: at(61) });
    const { entries } = compare({
      ...{ dataset: new Map(), ledger: [near], inventory: new Map(), before: 100, readSince: READ },
    });
    expect(entries).toMatchObject([{ id: 'a', changeId: 3, hash: 'old', repair: true, place: null }]);
  });

  it('deletes what nobody has on record, however many chunks there are', () => {
    const found: FoundChunks = { chunks: 1, lowest: 1, highest: 1, ordinals: 9 };
    const { entries, strays } = strayDocuments(new Map([['x', found]]), READ);
    expect(entries).toMatchObject([{ id: 'x', hash: null, repair: true }]);
    expect(strays).toEqual([{ key: documentKey('x'), document: 'x', chunks: 9 }]);
  });
});
