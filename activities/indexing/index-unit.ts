import type { Client } from '@elastic/elasticsearch';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import type { ArtifactStore } from '../stores/artifact-store';
import { readIndexMeta } from './build';
import { type BulkDocument, bulkIndex } from './bulk';
import { type EmbeddedChunks, embeddedMetaOf, readChunks, readVectors } from './embedded-unit';
import { buildAlias } from './index-definition';

/**
 * Writes the chunks of an embedded unit into a build. Memory: the unit's chunks and vectors.
 * @throws `InvariantBroken` where the unit was embedded with another encoder than the index is for.
 */
export async function indexEmbeddedUnit(
  { store, search }: { store: ArtifactStore; search: Client },
  { workKey, physical, unit }: { workKey: string; physical: string; unit: number },
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<{ chunks: number }> {
  const meta = await embeddedMetaOf(store, workKey, unit);
  const { encoder } = await readIndexMeta(search, physical);
  if (encoder.fingerprint !== meta.encoder) {
    throw failure('InvariantBroken', `Unit ${unit} was embedded with another encoder than ${physical} is for.`);
  }
  const chunks = await readChunks(store, workKey, unit);
  const vectors = await readVectors(store, workKey, unit);
  if (chunks.length !== meta.chunks || vectors.length !== meta.chunks * meta.dimensions) {
    throw failure('InvariantBroken', `Unit ${unit} has ${chunks.length} chunks and ${vectors.length} numbers.`);
  }
  let done = 0;
  await bulkIndex(search, buildAlias(physical), chunkDocuments({ chunks, vectors }, meta.dimensions, unit), {
    signal,
    written: (count) => report((done += count), chunks.length),
  });
  return { chunks: chunks.length };
}

/** The chunks as Elasticsearch gets them, one at a time: as text a vector takes four times its memory. */
export function* chunkDocuments(
  { chunks, vectors }: EmbeddedChunks,
  dimensions: number,
  unit: number,
): Generator<BulkDocument> {
  for (const [at, { id, ...fields }] of chunks.entries()) {
    const vector = vectorJson(vectors.subarray(at * dimensions, (at + 1) * dimensions));
    // The vector is put in as text: it is most of the document, and JSON.stringify would write each float as a double.
    yield { id, source: `${JSON.stringify({ ...fields, unit }).slice(0, -1)},"vector":${vector}}` };
  }
}

/** Nine significant digits name every 32-bit float exactly (IEEE 754: 1 + 24 × log10 2, rounded up). */
const FLOAT_DIGITS = 9;

/** JSON of 32-bit floats, exact, in a third less bytes and time than by way of doubles. */
export function vectorJson(vector: Float32Array): string {
  const numbers = new Array<string>(vector.length);
  vector.forEach((value, at) => (numbers[at] = value.toPrecision(FLOAT_DIGITS)));
  return `[${numbers.join(',')}]`;
}
