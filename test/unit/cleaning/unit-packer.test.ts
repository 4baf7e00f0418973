import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../../activities/cleaning/source/plan-types';
import { UnitPacker } from '../../../activities/cleaning/source/unit-packer';
import { seededRandom } from '../../support/random';

const UNIT = 4_000;

interface File {
  path: string;
  bytes: number;
}

const sliceOf = ({ path, bytes }: File): Slice => ({
  ...{ path, format: 'text', packing: path.endsWith('.gz') ? 'gzip' : 'plain', fileBytes: bytes },
  ...{ start: 0, end: bytes, sha256: null, rowsBefore: 0, rows: null },
});

/** The files of each unit. */
function pack(files: readonly File[], unitBytes = UNIT): File[][] {
  const units: File[][] = [];
  let open: File[] = [];
  const writer = {
    add: (line: unknown) => open.push({ path: (line as Slice).path, bytes: (line as Slice).end }),
    endGroup: () => {
      units.push(open);
      open = [];
    },
  };
  const packer = new UnitPacker(writer, unitBytes);
  for (const file of files) packer.add(sliceOf(file));
  packer.end();
  expect(open).toEqual([]);
  return units;
}

const bytesOf = (unit: readonly File[]): number => unit.reduce((sum, { bytes }) => sum + bytes, 0);

const files = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6_000 }), fc.boolean()), { maxLength: 200 })
  .map((sizes) =>
    sizes.map(([bytes, isPacked], index) => ({ path: `f${index}${isPacked && bytes % 20 === 0 ? '.gz' : ''}`, bytes })),
  );

describe('cutting a source into units', () => {
  it('puts each file into one unit, in order, within the bytes of a unit or alone', () => {
    fc.assert(
      fc.property(files, (found) => {
        const units = pack(found);
        expect(units.flat()).toEqual(found);
        for (const unit of units) expect(unit.length === 1 || bytesOf(unit) <= UNIT).toBe(true);
      }),
    );
  });

  it('fills each at least by half, unless a file follows that has no room beside it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: UNIT / 2 }), { maxLength: 200 }), (sizes) => {
        const units = pack(sizes.map((bytes, index) => ({ path: `f${index}`, bytes })));
        for (const unit of units.slice(0, -1)) expect(bytesOf(unit)).toBeGreaterThanOrEqual(UNIT / 2);
      }),
    );
  });

  it('holds no more than two thousand files in a unit, empty ones too', () => {
    const units = pack(Array.from({ length: 9_000 }, (_, index) => ({ path: `empty-${index}`, bytes: 0 })));
    const sizes = units.map((unit) => unit.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(1_000);
  });
});

describe('units of a source of which something has changed', () => {
  const random = seededRandom(20_261_126);
  const size = () => 20 + random.below(400);
  const before = Array.from({ length: 1_000 }, (_, index) => ({
    path: `folder-${index % 7}/document-${String(index).padStart(5, '0')}.md`,
    bytes: size(),
  }));
  const nameOf = (unit: readonly File[]) => JSON.stringify(unit);
  const known = new Set(pack(before).map(nameOf));
  const others = (after: readonly File[]): number => pack(after).filter((unit) => !known.has(nameOf(unit))).length;

  it('are about a third more than if each were filled', () => {
    expect(known.size / (bytesOf(before) / UNIT)).toBeLessThan(1.4);
  });

  const changes: [string, (at: number) => File[]][] = [
    ['is larger or smaller', (at) => before.map((file, index) => (index === at ? { ...file, bytes: size() } : file))],
    ['is new', (at) => before.toSpliced(at, 0, { path: `new-${at}.md`, bytes: size() })],
    ['is gone', (at) => before.toSpliced(at, 1)],
  ];
  it.each(changes)('are others only near the file that %s', (_, change) => {
    const disturbed = Array.from({ length: 50 }, () => others(change(random.below(before.length))));
    // Of more than seventy. Cut by bytes alone it would be half of them.
    expect(disturbed.reduce((sum, count) => sum + count, 0) / disturbed.length).toBeLessThan(2.5);
    expect(Math.max(...disturbed)).toBeLessThanOrEqual(12);
  });
});
