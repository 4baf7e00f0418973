import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EmbeddingCache, encodeOnce } from '../../../activities/encoder/encode-once';

/** An encoder of a pure function, which remembers what it was asked. */
function lengthEncoder(fingerprint = 'a'.repeat(64)) {
  const asked: string[] = [];
  const encoder = {
    identity: { name: 'lengths', fingerprint, dimensions: 2 },
    encode(texts: readonly string[]) {
      asked.push(...texts);
      return Promise.resolve(Float32Array.from(texts.flatMap((text) => [text.length, text.charCodeAt(0) || 0])));
    },
  };
  return { asked, encoder };
}

/** A cache in memory, as the registry is one in PostgreSQL. */
function memoryCache(): EmbeddingCache & { kept: Map<string, Float32Array> } {
  const kept = new Map<string, Float32Array>();
  return {
    kept,
    findEmbeddings: (encoder, hashes) =>
      Promise.resolve(
        new Map(
          hashes.flatMap((hash) => {
            const vector = kept.get(encoder + hash);
            return vector ? [[hash, vector] as const] : [];
          }),
        ),
      ),
    keepEmbeddings(encoder, vectors) {
      for (const [hash, vector] of vectors) kept.set(encoder + hash, kept.get(encoder + hash) ?? vector.slice());
      return Promise.resolve();
    },
  };
}

const options = () => ({ signal: new AbortController().signal, report: () => undefined });

describe('encodeOnce', () => {
  it('gives what the encoder gives, with and without a cache, whatever was asked before', async () => {
    const texts = fc.array(fc.constantFrom('', 'a', 'b', 'ab', 'ba', '文', 'a '), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 5 }), async (calls) => {
        const { encoder } = lengthEncoder();
        const cache = memoryCache();
        for (const call of calls) {
          const plain = await lengthEncoder().encoder.encode(call);
          const cached = await encodeOnce(call, encoder, { cache, ...options() });
          expect(cached.vectors).toEqual(plain);
          expect(cached.embedded + cached.fromCache).toBe(call.length);
          expect((await encodeOnce(call, encoder, options())).vectors).toEqual(plain);
        }
      }),
    );
  });

  it('asks the encoder for each text once, in one call and over many', async () => {
    const { asked, encoder } = lengthEncoder();
    const cache = memoryCache();
    const first = await encodeOnce(['one', 'two', 'one'], encoder, { cache, ...options() });
    expect(first).toMatchObject({ embedded: 2, fromCache: 1 });
    const second = await encodeOnce(['two', 'three'], encoder, { cache, ...options() });
    expect(second).toMatchObject({ embedded: 1, fromCache: 1 });
    expect(asked).toEqual(['one', 'two', 'three']);
  });

  it('takes nothing of another encoder', async () => {
    const cache = memoryCache();
    await encodeOnce(['one'], lengthEncoder().encoder, { cache, ...options() });
    const other = lengthEncoder('b'.repeat(64));
    expect(await encodeOnce(['one'], other.encoder, { cache, ...options() })).toMatchObject({ embedded: 1 });
    expect(other.asked).toEqual(['one']);
  });

  it('does not take a vector of the wrong length', async () => {
    const { encoder } = lengthEncoder();
    const cache = memoryCache();
    await encodeOnce(['one'], encoder, { cache, ...options() });
    for (const key of cache.kept.keys()) cache.kept.set(key, Float32Array.of(1));
    await expect(encodeOnce(['one'], encoder, { cache, ...options() })).rejects.toThrow('1 numbers instead of 2');
  });
});
