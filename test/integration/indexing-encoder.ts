import { createHash } from 'node:crypto';
/** stand-in until the encoder lands */
const D = 384;
export async function testEncoder() {
  await Promise.resolve();
  return {
    identity: { name: 'test', fingerprint: createHash('sha256').update('test').digest('hex'), dimensions: D },
    limit: 256,
    countTokens: (texts: readonly string[]) =>
      Promise.resolve(texts.map((t) => [...t.matchAll(/\p{Script=Han}|[\p{L}\p{N}]+|[^\s]/gu)].length)),
    encode: (texts: readonly string[]) => {
      const out = new Float32Array(texts.length * D);
      texts.forEach((text, at) => {
        const v = out.subarray(at * D, (at + 1) * D);
        for (const [w] of text.toLowerCase().matchAll(/\p{Script=Han}|[\p{L}\p{N}]+/gu)) {
          const h = createHash('md5').update(w).digest();
          v[h.readUInt16LE(0) % D]! += h.readInt8(2) / 100;
          v[h.readUInt16LE(3) % D]! += h.readInt8(5) / 100;
        }
        v[0]! += 0.001;
        const n = Math.hypot(...v);
        v.forEach((x, i) => (v[i] = x / n));
      });
      return Promise.resolve(out);
    },
    close: () => Promise.resolve(),
  };
}
