import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TOLD_BYTES, MAX_TOLD_CHANGES, toldBytes, toldChanges } from '../../../schemas/told-changes';
import { batchesOf, type TellChange } from '../../../workers/tell-changes';

const change: fc.Arbitrary<TellChange> = fc.oneof(
  fc.record({ document: fc.string({ minLength: 1 }), text: fc.string({ unit: 'grapheme', maxLength: 9_000 }) }),
  fc.record({ document: fc.string({ minLength: 1 }), deleted: fc.constant(true as const) }),
);

describe('the signals of changes', () => {
  it('hold all of them in their order, and each is one that a feed takes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 250 }), (changes) => {
        const batches = batchesOf(changes);
        expect(batches.flat()).toEqual(changes);
        for (const batch of batches) expect(toldChanges.safeParse({ changes: batch }).success).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are as few as their bounds allow', () => {
    const small = Array.from({ length: 2 * MAX_TOLD_CHANGES + 1 }, (_, at) => ({ document: `${at}`, text: '.' }));
    expect(batchesOf(small).map(({ length }) => length)).toEqual([MAX_TOLD_CHANGES, MAX_TOLD_CHANGES, 1]);
    const half = { document: 'a', text: 'x'.repeat(MAX_TOLD_BYTES / 2 - 1) };
    expect(batchesOf([half, half, half]).map(({ length }) => length)).toEqual([2, 1]);
  });

  it('count bytes of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(toldBytes({ document: 'a', text })).toBe(1 + Buffer.byteLength(text));
      }),
    );
  });
});
