import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quantiseColumns, quantiseInputs, quantiseRows } from '../../../activities/encoder/quantise';

const value = fc.float({ noNaN: true, min: -1000, max: 1000 });
const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
  fc.array(value, { minLength: rows * columns, maxLength: rows * columns }).map((values) => ({
    shape: [rows, columns],
    data: Float32Array.from(values),
  })),
);

it('is off by at most half of the scale of its column or row', () => {
  fc.assert(
    fc.property(matrix, (tensor) => {
      const [, columns = 1] = tensor.shape;
      for (const [quantised, groupOf] of [
        [quantiseColumns(tensor), (at: number) => at % columns],
        [quantiseRows(tensor), (at: number) => Math.floor(at / columns)],
      ] as const) {
        tensor.data.forEach((exact, at) => {
          const scale = quantised.scales[groupOf(at)] ?? NaN;
          expect(Math.abs((quantised.data[at] ?? NaN) * scale - exact)).toBeLessThanOrEqual(scale * 0.50001 + 1e-30);
        });
      }
    }),
  );
});

it('uses the whole range in each column, and never -128', () => {
  const { data, scales } = quantiseColumns({ shape: [2, 3], data: Float32Array.of(-1, 0.001, 0, 0.5, -0.002, 0) });
  expect([...data]).toEqual([-127, 64, 0, 64, -127, 0]);
  const largest = [...scales].map((scale) => scale * 127);
  expect(largest).toEqual([1, 0.002, 127].map((value) => expect.closeTo(value, 6) as number));
});

const bounds = fc.record({
  low: fc.double({ min: -1000, max: 1000, noNaN: true }),
  high: fc.double({ min: -1000, max: 1000, noNaN: true }),
});

it('has a number in 8 bits for all of a range: zero exactly, the others to half a scale, the scale not a tenth too wide', () => {
  fc.assert(
    fc.property(bounds, fc.double({ min: 0, max: 1, noNaN: true }), ({ low, high }, share) => {
      const range = { low: Math.min(low, high, 0), high: Math.max(low, high, 0) };
      const { scale, zero } = quantiseInputs(range);
      expect(zero).toSatisfy((value) => Number.isInteger(value) && value >= 0 && value <= 255);
      const value = range.low + share * (range.high - range.low);
      const data = Math.min(255, Math.max(0, Math.round(value / scale) + zero));
      // The zero itself is rounded, which may take half a scale from one end of the range.
      expect(Math.abs((data - zero) * scale - value)).toBeLessThanOrEqual(scale * 1.001);
      if (range.high - range.low > 1e-3) expect(scale * 255).toBeLessThan((range.high - range.low) * 1.1);
    }),
  );
});

it('builds the same from ranges that differ in their last bits', () => {
  expect(quantiseInputs({ low: -0.16997121, high: 24.617762 })).toEqual(
    quantiseInputs({ low: -0.16997123, high: 24.617791 }),
  );
});
