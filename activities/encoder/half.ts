/** The largest number of 16 bits. */
const LARGEST = 65_504;

/**
 * The bits of 16-bit floats (IEEE 754 binary16) that are nearest to 32-bit ones; of two as near, the even one. What is larger than they
 * can say becomes their largest: weights of models that can be rounded so have none.
 */
export function toHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word, at) => half(word, values[at] ?? 0));
}

function half(word: number, value: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= LARGEST) return sign | 0x7bff;
  // Below 2^-14 the steps stay 2^-24 apart.
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = ((word >>> 23) & 0xff) - 127;
  const fraction = roundToEven((magnitude / 2 ** exponent - 1) * 1024);
  // A fraction that is rounded up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + fraction);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return below + Number(rest > 0.5);
  return below + (below % 2);
}
