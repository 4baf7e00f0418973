import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packerFor, type Sequence } from '../../../activities/features/pack';
import { sequenceSpec } from '../../../schemas/features';

const pack = (documents: readonly number[][], more: object) => {
  const sequences: Sequence[] = [];
  const spec = sequenceSpec.parse({ length: 8, ...more });
  const packer = packerFor(spec, (sequence) => sequences.push(structuredClone(sequence)));
  for (const document of documents) packer.add(document);
  packer.end();
  return { sequences, totals: packer.totals };
};
const documents = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }), {
  maxLength: 40,
});
const pieces = ({ tokens, lengths }: Sequence) => {
  let at = 0;
  return lengths.map((length) => tokens.slice(at, (at += length)));
};

describe.each(['sequential', 'bestFit'] as const)('packing %s', (packing) => {
  it('keeps every token, in pieces that add up to their sequence', () => {
    fc.assert(
      fc.property(documents, (given) => {
        const { sequences, totals } = pack(given, { packing });
        const tokens = given.flat().length;
        expect(totals).toEqual({
          documents: given.length,
          given: tokens,
          packed: tokens,
          dropped: 0,
          sequences: sequences.length,
        });
        for (const { tokens: ids, lengths } of sequences) {
          expect(ids.length).toBeLessThanOrEqual(8);
          expect(lengths.every((length) => length > 0)).toBe(true);
          expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(ids.length);
        }
      }),
    );
  });
});

it('sequential packing is the documents one after the other, and counts what it drops', () => {
  fc.assert(
    fc.property(documents, (given) => {
      const padded = pack(given, { packing: 'sequential', tail: 'pad' });
      expect(padded.sequences.flatMap(({ tokens }) => [...tokens])).toEqual(given.flat());
      const { totals, sequences } = pack(given, { packing: 'sequential', tail: 'drop' });
      expect(totals.given).toBe(totals.packed + totals.dropped);
      expect(totals.dropped).toBe(given.flat().length % 8);
      expect(sequences.every(({ tokens }) => tokens.length === 8)).toBe(true);
    }),
  );
});

it('best fit cuts only what is longer than a sequence, and never leaves two sequences that would fit into one', () => {
  fc.assert(
    fc.property(documents, (given) => {
      const { sequences } = pack(given, { packing: 'bestFit' });
      const wanted = given.flatMap((ids) =>
        Array.from({ length: Math.ceil(ids.length / 8) }, (_, at) => ids.slice(at * 8, (at + 1) * 8).join(' ')),
      );
      expect(
        sequences
          .flatMap(pieces)
          .map((ids) => ids.join(' '))
          .sort(),
      ).toEqual(wanted.sort());
      const [fewest = 8, next = 8] = sequences.map(({ tokens }) => tokens.length).sort((a, b) => a - b);
      if (sequences.length > 1) expect(fewest + next).toBeGreaterThan(8);
    }),
  );
});
