import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { cluster, CHANGES, type Change, type ClusterTask } from '../../../activities/cleaning/dedup/cluster';
import { EDGES, match, PLANTED_FOUND, SAME_IDS } from '../../../activities/cleaning/dedup/match';
import { BANDS } from '../../../activities/cleaning/dedup/minhash';
import { signatureRow, SignatureWriter, SIGNATURES, SKETCHES } from '../../../activities/cleaning/dedup/signature-file';
import { SKETCH_BYTES } from '../../../activities/cleaning/dedup/sketch';
import { UnionFind } from '../../../activities/cleaning/dedup/union-find';

const scratch = mkdtempSync(path.join(tmpdir(), 'duplicates-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A document by what equality of it depends on: small numbers, so that documents collide. */
interface Doc {
  id: number;
  text: number;
  bands: number[];
  chars: number;
}
const doc: fc.Arbitrary<Doc> = fc.record({
  id: fc.nat(30),
  text: fc.nat(12),
  bands: fc.array(fc.nat(20), { minLength: BANDS, maxLength: BANDS }),
  chars: fc.nat(3),
});

const digest = (value: number): Buffer => Buffer.from(new Uint8Array(Int32Array.of(value + 1, -value).buffer));

interface Run {
  parts: number;
  mostAtOnce: number;
  unitSize: number;
}

/** Runs match and cluster over files as the activities do; changes under the number of their document. */
function findDuplicates(docs: Doc[], { parts, mostAtOnce, unitSize }: Run): Record<number, Omit<Change, 'ordinal'>> {
  const dir = mkdtempSync(path.join(scratch, 'run-'));
  const units: ClusterTask['units'] = [];
  for (let start = 0; start < docs.length; start += unitSize) {
    const part = docs.slice(start, start + unitSize);
    const writer = new SignatureWriter();
    for (const { id, text, bands, chars } of part) {
      const keys = Int32Array.from(bands.flatMap((band) => [band + 1, 7]));
      const near = { bands: keys, sketch: new Uint8Array(SKETCH_BYTES), shingles: 1 };
      writer.add(signatureRow({ text: digest(text), id: digest(id) }, near, chars));
    }
    const own = mkdtempSync(path.join(dir, 'unit-'));
    const [file, sketches, ids] = [SIGNATURES, SKETCHES, 'ids'].map((name) => path.join(own, name)) as [
      string,
      string,
      string,
    ];
    writer.write(own);
    writeFileSync(ids, part.map(({ id }) => `${JSON.stringify(`id${id}`)}\n`).join(''));
    units.push({ file, sketches, ids, count: part.length });
  }
  const matched = Array.from({ length: parts }, (_, part) => {
    const out = mkdtempSync(path.join(dir, 'part-'));
    const how = { earlier: 0, planted: [], exact: true, near: 'band' as const, mostAtOnce };
    match({ units, part, parts, ...how, dir: out }, () => undefined);
    return out;
  });
  const files = (name: string) => matched.map((out) => path.join(out, name));
  const pairs = { edges: files(EDGES), sameIds: files(SAME_IDS), plantedFound: files(PLANTED_FOUND) };
  cluster({ units, earlier: 0, planted: [], ...pairs, dir }, () => undefined);

  const lines = readFileSync(path.join(dir, `${CHANGES}.jsonl`), 'utf8');
  const starts = new Float64Array(new Uint8Array(readFileSync(path.join(dir, `${CHANGES}.index`))).buffer);
  const found: Record<number, Omit<Change, 'ordinal'>> = {};
  units.forEach((_, unit) => {
    for (const line of lines
      .slice(starts[unit], starts[unit + 1])
      .split('\n')
      .filter(Boolean)) {
      const { ordinal, ...change } = JSON.parse(line) as Change;
      found[unit * unitSize + ordinal] = change;
    }
  });
  return found;
}

/** The same by comparing every document with every other. */
function byComparison(docs: Doc[]): Record<number, Omit<Change, 'ordinal'>> {
  const clusterOf = docs.map((_, index) => index);
  const equal = (a: Doc, b: Doc) => a.text === b.text || a.bands.some((band, index) => band === b.bands[index]);
  docs.forEach((a, i) =>
    docs.forEach((b, j) => {
      const [from, to] = [clusterOf[j], clusterOf[i]];
      if (j > i && equal(a, b)) clusterOf.forEach((own, k) => own === from && (clusterOf[k] = to ?? 0));
    }),
  );
  const nameOf = (index: number) => {
    const same = docs.slice(0, index).filter(({ id }) => id === docs[index]?.id).length;
    return `id${docs[index]?.id}${same > 0 ? `~${same + 1}` : ''}`;
  };
  const found: Record<number, Omit<Change, 'ordinal'>> = {};
  docs.forEach((own, index) => {
    const members = docs.map((_, other) => other).filter((other) => clusterOf[other] === clusterOf[index]);
    const survivor = members.reduce((best, other) =>
      (docs[other]?.chars ?? 0) > (docs[best]?.chars ?? 0) ? other : best,
    );
    const id = nameOf(index).includes('~') ? nameOf(index) : null;
    if (members.length === 1 && id === null) return;
    const stays = survivor === index;
    found[index] = {
      reason: stays ? null : docs[survivor]?.text === own.text ? 'exact_duplicate' : 'near_duplicate',
      duplicateOf: stays ? null : nameOf(survivor),
      clusterSize: members.length,
      id,
    };
  });
  return found;
}

const RUNS: Run[] = [
  { parts: 1, mostAtOnce: 1e6, unitSize: 100 },
  { parts: 15, mostAtOnce: 1e6, unitSize: 7 },
  { parts: 4, mostAtOnce: 3, unitSize: 1 },
];

describe('finding duplicates', () => {
  it('gives what comparing all with all gives, however it is cut into parts, slices and units', () => {
    fc.assert(
      fc.property(fc.array(doc, { minLength: 1, maxLength: 25 }), (docs) => {
        const expected = byComparison(docs);
        for (const run of RUNS) expect(findDuplicates(docs, run)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('gives documents of one id different ids', () => {
    const docs = [0, 1, 2].map((text) => ({ id: 5, text, bands: Array<number>(BANDS).fill(text), chars: 1 }));
    const found = findDuplicates(docs, RUNS[1] as Run);
    expect(Object.values(found).map(({ id }) => id)).toEqual(['id5~2', 'id5~3']);
  });
});

describe('union-find', () => {
  it('has the sets of a naive one, each named by its least member', () => {
    const pairs = fc.array(fc.tuple(fc.nat(49), fc.nat(49)), { maxLength: 80 });
    fc.assert(
      fc.property(pairs, (joins) => {
        const sets = new UnionFind(50);
        let naive = Array.from({ length: 50 }, (_, index) => index);
        for (const [a, b] of joins) {
          const [x = 0, y = 0] = [naive[a], naive[b]];
          expect(sets.join(a, b)).toBe(x !== y);
          naive = naive.map((set) => (set === Math.max(x, y) ? Math.min(x, y) : set));
        }
        expect(naive.map((_, index) => sets.find(index))).toEqual(naive);
      }),
    );
  });
});
