import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equalRuns, planBatches } from '../../../activities/encoder/batches';

const LIMIT = 256;
const lengths = fc.array(fc.integer({ min: 2, max: LIMIT }), { maxLength: 300 });

it('puts every row into one batch that is long enough for it and within the model', () => {
  fc.assert(
    fc.property(lengths, (rows) => {
      const batches = planBatches(rows, LIMIT);
      expect(batches.flatMap((batch) => batch.rows).sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));
      for (const batch of batches) {
        expect(batch.sequence).toBeLessThanOrEqual(LIMIT);
        for (const row of batch.rows) expect(rows[row]).toBeLessThanOrEqual(batch.sequence);
      }
    }),
  );
});

it('keeps a batch within 1,024 tokens and pads no row by more than its step and its neighbours need', () => {
  const rows = Array.from({ length: 400 }, (_, i) => 2 + (i % 200));
  const batches = planBatches(rows, LIMIT);
  const padded = batches.reduce((sum, { rows: { length }, sequence }) => sum + length * sequence, 0);
  for (const { rows: inside, sequence } of batches) expect(inside.length * sequence).toBeLessThanOrEqual(1024);
  expect(padded / rows.reduce((sum, length) => sum + length, 0)).toBeLessThan(1.05);
});

it('plans the same way each time, the longest first', () => {
  expect(planBatches([3, 900, 5, 900], 1024)).toEqual([
    { rows: [1], sequence: 900 },
    { rows: [3], sequence: 900 },
    { rows: [2, 0], sequence: 8 },
  ]);
});

it('cuts numbers into runs of equal ones, which put together are all of them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 })), (numbers) => {
      const runs = [...equalRuns(numbers)].map(([start, end]) => numbers.slice(start, end));
      expect(runs.flat()).toEqual(numbers);
      for (const run of runs) expect(new Set(run).size).toBe(1);
      runs.slice(1).forEach((run, before) => expect(run[0]).not.toBe(runs[before]?.[0]));
    }),
  );
});
