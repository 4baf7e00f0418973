import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toHalves } from '../../../activities/encoder/half';

/** The number that the bits of a 16-bit float stand for, read by their definition. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >>> 10) & 0x1f, bits & 0x3ff];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const halfOf = (value: number): number => toHalves(Float32Array.of(value))[0] ?? Number.NaN;

it('is the nearest number of 16 bits: no neighbour is nearer', () => {
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
      const bits = halfOf(value);
      const distance = Math.abs(fromHalf(bits) - value);
      const magnitude = bits & 0x7fff;
      for (const other of [magnitude - 1, magnitude + 1]) {
        if (other < 0 || other > 0x7bff) continue;
        expect(Math.abs(fromHalf((bits & 0x8000) | other) - value)).toBeGreaterThanOrEqual(distance);
      }
    }),
  );
});

it.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  // As near to 1 as to the next: the even one.
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  // A fraction that is rounded up carries.
  [2 - 2 ** -12, 0x4000],
  [2 ** -24, 0x0001],
  [2 ** -14 - 2 ** -26, 0x0400],
  [65_504, 0x7bff],
  [1e6, 0x7bff],
])('says %s as the standard does', (value, bits) => expect(halfOf(value)).toBe(bits));
