import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quantiseColumns, quantiseRows } from '../../../activities/encoder/quantise';

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
