import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Buckets } from '../../../activities/cleaning/dedup/buckets';
import { EDGES, match, PLANTED_FOUND } from '../../../activities/cleaning/dedup/match';
import { MinHash } from '../../../activities/cleaning/dedup/minhash';
import { plant, PlantedSources } from '../../../activities/cleaning/dedup/planted';
import { Shingles } from '../../../activities/cleaning/dedup/shingles';
import {
  signatureRow,
  SIGNATURES,
  SignatureWriter,
  SKETCHES,
  type UnitSignatures,
} from '../../../activities/cleaning/dedup/signature-file';
import { Similar } from '../../../activities/cleaning/dedup/similar';
import { containment, estimateSimilarity, SKETCH_BYTES, Sketcher } from '../../../activities/cleaning/dedup/sketch';
import { mix } from '../../../activities/cleaning/text/rolling-hash';
import { seededRandom } from '../../support/random';

const scratch = mkdtempSync(path.join(tmpdir(), 'near-duplicates-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const random = seededRandom(7);
const WORDS = Array.from({ length: 3000 }, (_, index) => `w${(mix(index) >>> 0).toString(36)}`);
const prose = (words: number) => Array.from({ length: words }, () => random.pick(WORDS)).join(' ');

/** Hashes as mixed as those of shingles, no two alike. */
let counter = 0;
const hashes = (count: number) => Array.from({ length: count }, () => mix(++counter));

function sketchPair(shared: number, onlyFirst: number, onlySecond: number): number {
  const common = hashes(shared);
  const sketch = (own: number) => new Sketcher().of(Int32Array.from([...common, ...hashes(own)]));
  const [first, second] = [onlyFirst, onlySecond].map((own) => new Int32Array(sketch(own).buffer));
  if (!first || !second) throw new Error('two are made of two');
  return estimateSimilarity(first, 0, second, 0);
}

describe('sketches', () => {
  it('estimate the similarity of two sets, within five standard errors of 0.024, or five shingles of few', () => {
    const sizes = fc.integer({ min: 1, max: 2000 });
    fc.assert(
      fc.property(sizes, sizes, sizes, (shared, a, b) => {
        const shingles = shared + a + b;
        // Of few shingles each is a large share, and some fall into one bin: of 400,000 pairs of up to 32 none was off by
        // more than four.
        const bound = Math.max(5 * 0.024, 5 / shingles);
        expect(Math.abs(sketchPair(shared, a, b) - shared / shingles)).toBeLessThan(bound);
      }),
      { examples: [[5, 4, 1]] },
    );
  });

  it('estimate it without a bias', () => {
    const estimates = Array.from({ length: 300 }, () => sketchPair(500, 250, 250));
    const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / estimates.length;
    // Three standard errors of the mean of 300.
    expect(Math.abs(mean - 0.5)).toBeLessThan((3 * 0.024) / Math.sqrt(300));
  });

  it('know how much of the smaller set lies in the larger', () => {
    // 50 of 50 in 100: similarity 0.5; 30 of 40 in 100: 30 / 110.
    expect(containment(0.5, 50, 100)).toBeCloseTo(1);
    expect(containment(30 / 110, 40, 100)).toBeCloseTo(0.75);
  });
});

describe('buckets', () => {
  it('hand out the first document that is alike of those with the same key', () => {
    const entries = fc.array(fc.record({ key: fc.nat(5), kind: fc.nat(3) }), { maxLength: 60 });
    fc.assert(
      fc.property(entries, (documents) => {
        const buckets = new Buckets(documents.length, 4);
        const seen: number[] = [];
        documents.forEach(({ key, kind }, number) => {
          const alike = (other: number) => documents[other]?.kind === kind;
          const expected = seen.find((other) => documents[other]?.key === key && alike(other));
          expect(buckets.put(key, 1, number, alike)).toBe(expected);
          if (expected === undefined) seen.push(number);
        });
      }),
    );
  });

  it('compare with sixteen at most, however many share a key', () => {
    const buckets = new Buckets(1000, 1000);
    let compared = 0;
    for (let number = 0; number < 1000; number++) {
      compared = 0;
      buckets.put(1, 1, number, () => (compared++, false));
    }
    expect(compared).toBe(16);
  });
});

function writeUnit(texts: readonly string[]): UnitSignatures {
  const dir = mkdtempSync(path.join(scratch, 'unit-'));
  const [shingles, minhash, sketcher, writer] = [new Shingles(), new MinHash(), new Sketcher(), new SignatureWriter()];
  texts.forEach((text, index) => {
    const list = shingles.of(text);
    const near = { bands: minhash.bandsOf(list), sketch: sketcher.of(list), shingles: list.length };
    const digest = Buffer.from(new Uint8Array(Int32Array.of(mix(++counter), index + 1).buffer));
    writer.add(signatureRow({ text: digest, id: digest }, near, text.length));
  });
  writer.write(dir);
  return { file: path.join(dir, SIGNATURES), sketches: path.join(dir, SKETCHES), count: texts.length };
}

function edgesOf(units: UnitSignatures[], planted: UnitSignatures[], near: Parameters<typeof match>[0]['near']) {
  const dir = mkdtempSync(path.join(scratch, 'match-'));
  match({ units, earlier: 0, planted, part: 0, parts: 1, exact: true, near, dir }, () => undefined);
  return { edges: readFileSync(path.join(dir, EDGES)), found: readFileSync(path.join(dir, PLANTED_FOUND)) };
}

const THRESHOLDS = { similarity: 0.52, containment: 0.9 };
const originals = Array.from({ length: 150 }, () => prose(200 + random.below(600)));
/** The share of variants that are matched with the original they were made of. */
function recallOf(kind: Parameters<typeof plant>[0], near: Parameters<typeof match>[0]['near']): number {
  const variants = originals.map((text, index) => plant(kind, text, index));
  const { edges } = edgesOf([writeUnit([...originals, ...variants])], [], near);
  const pairs = new Set<string>();
  for (let at = 0; at < edges.length; at += 8) pairs.add(`${edges.readUInt32LE(at)}-${edges.readUInt32LE(at + 4)}`);
  return originals.filter((_, index) => pairs.has(`${index}-${index + originals.length}`)).length / originals.length;
}

describe('near duplicates', () => {
  it.each(['exact', 'near', 'wrapped', 'truncated'] as const)('are found where they are %s', (kind) => {
    expect(recallOf(kind, THRESHOLDS)).toBeGreaterThan(0.95);
  });

  it('are missed by whole bands alone where many words have changed, and as found there otherwise', () => {
    expect(recallOf('truncated', 'band')).toBeLessThan(0.8);
    expect(recallOf('exact', 'band')).toBe(1);
  });

  it('are not seen in the same words in another order', () => {
    expect(recallOf('different', THRESHOLDS)).toBe(0);
  });

  it('are the same however few sketches are held', () => {
    const units = Array.from({ length: 12 }, (_, index) => writeUnit(originals.slice(index * 5, index * 5 + 10)));
    const [all, few] = [new Similar(units, THRESHOLDS), new Similar(units, THRESHOLDS, 20 * SKETCH_BYTES)];
    for (let a = 0; a < 120; a++) for (let b = a; b < 120; b += 7) expect(few.areNear(a, b)).toBe(all.areNear(a, b));
  });
});

describe('planted documents', () => {
  const units = [writeUnit(originals.slice(0, 40)), writeUnit(originals.slice(30, 80))];
  const planted = writeUnit(originals.slice(20, 50).map((text, index) => plant('near', text, index)));

  it('are found, and change nothing about what the others are found to be', () => {
    const without = edgesOf(units, [], THRESHOLDS);
    const withPlanted = edgesOf(units, [planted], THRESHOLDS);
    expect(withPlanted.edges).toEqual(without.edges);
    expect(without.found).toHaveLength(0);
    expect(withPlanted.found.length).toBeGreaterThan(0);
  });

  it('are changed in one to five words of a hundred', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 100, max: 500 }), (seed, words) => {
        const before = prose(words).split(' ');
        const after = plant('near', before.join(' '), seed).split(/\s/);
        const changed = before.filter((word, index) => word !== after[index]).length;
        expect(changed).toBeGreaterThan(0);
        expect(changed).toBeLessThanOrEqual(Math.ceil(words * 0.05));
      }),
    );
  });

  it('are made of the first document that is long enough, and of a few others', () => {
    const sources = new PlantedSources();
    const digest = (value: number) => Buffer.from(new Uint8Array(Int32Array.of(0, 0, mix(value)).buffer));
    expect(sources.choose(digest(1), 99)).toBe(false);
    expect(sources.choose(digest(2), 100)).toBe(true);
    const more = Array.from({ length: 100_000 }, (_, index) => sources.choose(digest(index), 100)).filter(Boolean);
    expect(more).toHaveLength(7);
  });
});
