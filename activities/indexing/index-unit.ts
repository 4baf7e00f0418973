import type { Client } from '@elastic/elasticsearch';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import { unitKey, type UnitRef } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import { readIndexMeta } from './build';
import { type BulkOperation, bulkIndex } from './bulk';
import type { ChunkRecord } from './chunk-record';
import {
  type EmbeddedChunks,
  type EmbeddedMeta,
  embeddedMetaOf,
  embeddedUnit,
  readChunks,
  readVectors,
} from './embedded-unit';
import { buildAlias } from './index-definition';

/** The version that chunks are written as by a run from before documents had versions. */
const ONLY_VERSION = 1;

/**
 * Writes the chunks of an embedded unit into a build. Memory: the unit's chunks and vectors.
 * @param versionOf of a document by its id; null where the build has a newer one of it already.
 * @throws `InvariantBroken` where the unit was embedded with another encoder than the index is for.
 */
export async function indexEmbeddedUnit(
  { store, search }: { store: ArtifactStore; search: Client },
  { workKey, physical, unit }: { workKey: string; physical: string; unit: number },
  { report, signal }: { report: Report; signal: AbortSignal },
  versionOf: (document: string) => number | null = () => ONLY_VERSION,
): Promise<{ chunks: number; chunksOf: Map<string, number> }> {
  const { encoder } = await readIndexMeta(search, physical);
  const embedded = await readEmbedded(store, embeddedUnit(workKey, unit));
  if (encoder.fingerprint !== embedded.meta.encoder) {
    throw failure('InvariantBroken', `Unit ${unit} was embedded with another encoder than ${physical} is for.`);
  }
  const { chunks } = embedded;
  let done = 0;
  await bulkIndex(search, buildAlias(physical), chunkOperations(embedded, unit, versionOf), {
    signal,
    written: (count) => report((done += count), chunks.length),
  });
  return { chunks: chunks.length, chunksOf: countByDocument(chunks) };
}

/** The chunks and vectors of a unit. @throws `InvariantBroken` where these are not of the numbers that it says. */
export async function readEmbedded(
  store: ArtifactStore,
  unit: UnitRef,
): Promise<EmbeddedChunks & { meta: EmbeddedMeta }> {
  const meta = await embeddedMetaOf(store, unit);
  const chunks = await readChunks(store, unit);
  const vectors = await readVectors(store, unit);
  if (chunks.length !== meta.chunks || vectors.length !== meta.chunks * meta.dimensions) {
    throw failure('InvariantBroken', `${unitKey(unit)} has ${chunks.length} chunks and ${vectors.length} numbers.`);
  }
  return { chunks, vectors, meta };
}

/** How many chunks each document has; none where it has none. */
export function countByDocument(chunks: readonly ChunkRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { doc_id } of chunks) counts.set(doc_id, (counts.get(doc_id) ?? 0) + 1);
  return counts;
}

/**
 * The chunks as Elasticsearch gets them, one at a time: as text a vector takes four times its memory. Those of documents
 * without a version are left out.
 */
export function* chunkOperations(
  { chunks, vectors, meta: { dimensions } }: EmbeddedChunks & { meta: Pick<EmbeddedMeta, 'dimensions'> },
  unit: number,
  versionOf: (document: string) => number | null,
): Generator<BulkOperation> {
  for (const [at, { id, ...fields }] of chunks.entries()) {
    const version = versionOf(fields.doc_id);
    if (version === null) continue;
    const vector = vectorJson(vectors.subarray(at * dimensions, (at + 1) * dimensions));
    // The vector is put in as text: it is most of the document, and JSON.stringify would write each float as a double.
    yield { id, version, source: `${JSON.stringify({ ...fields, unit }).slice(0, -1)},"vector":${vector}}` };
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
