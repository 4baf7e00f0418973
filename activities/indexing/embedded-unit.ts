import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { failure } from '../errors';
import { unitKey, type UnitRef } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import type { ChunkRecord } from './chunk-record';

/** One chunk a line, in the order of the documents. */
const CHUNKS = 'chunks.jsonl';
/** Little-endian 32-bit floats, one vector a chunk, in the same order. */
const VECTORS = 'vectors.f32';

const embeddedMeta = z.strictObject({
  documents: z.int().nonnegative(),
  chunks: z.int().nonnegative(),
  tokens: z.int().nonnegative(),
  /** Chunks whose text went through the encoder, and those whose vector was there already. */
  embedded: z.int().nonnegative().optional(),
  fromCache: z.int().nonnegative().optional(),
  /** UTF-8 bytes of what is searched by words: texts with their context. */
  textBytes: z.int().nonnegative().optional(),
  dimensions: z.int().positive(),
  /** Fingerprint of the encoder. */
  encoder: z.string(),
});
/** What an embed unit says of itself. What is optional was not counted by the code before the cache. */
export type EmbeddedMeta = z.infer<typeof embeddedMeta>;

/** Chunks with the vector of each: `vectors.subarray(i * dimensions, (i + 1) * dimensions)` is that of chunk i. */
export interface EmbeddedChunks {
  chunks: ChunkRecord[];
  vectors: Float32Array;
}

/** The place of an embed unit among the units of its work. */
export const embeddedUnit = (workKey: string, unit: number): UnitRef => ({ workKey, phase: 'embed', unit });

/** Writes the files of an embed unit. */
export async function writeEmbedded(dir: string, { chunks, vectors }: EmbeddedChunks): Promise<void> {
  const lines = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`);
  await writeFile(path.join(dir, CHUNKS), lines.join(''));
  await writeFile(path.join(dir, VECTORS), new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
}

/** @throws `ArtifactMissing` where the unit was not embedded, or the store of this host is another one. */
export async function embeddedMetaOf(store: ArtifactStore, unit: UnitRef): Promise<EmbeddedMeta> {
  const key = unitKey(unit);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  return embeddedMeta.parse(manifest.meta);
}

/** The chunks of an embed unit, without their vectors. */
export async function readChunks(store: ArtifactStore, unit: UnitRef): Promise<ChunkRecord[]> {
  const text = await readFile(await store.localFile(unitKey(unit), CHUNKS), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ChunkRecord);
}

/** The vectors of an embed unit, one after the other. */
export async function readVectors(store: ArtifactStore, unit: UnitRef): Promise<Float32Array> {
  const bytes = await readFile(await store.localFile(unitKey(unit), VECTORS));
  // A small file may lie anywhere in a pooled buffer, and floats need an offset that is a multiple of four.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
