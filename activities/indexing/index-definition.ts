import type { estypes } from '@elastic/elasticsearch';
import * as z from 'zod';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import { sha256Hex } from '../../schemas/common';
import { searchProfile } from '../../schemas/relevance';
import { type Chunking, chunking, encoderIdentity, type EncoderIdentity } from '../../schemas/rebuild-index';

/** The alias that a build is written through. It ends with the build, and with it every writer from before. */
export const buildAlias = (physical: string): string => `${physical}-build`;

/** The alias that updates are written through: there for as long as the index is, so that none is made by a write. */
export const updateAlias = (physical: string): string => `${physical}-updates`;

/** The unit that chunks of updates carry; those that a build has loaded have its number, from 0. */
export const UPDATE_UNIT = -1;

/** What an index says of itself, in the `_meta` of its mapping. */
export const indexMeta = z.object({
  workKey: sha256Hex,
  encoder: encoderIdentity,
  chunking,
  /** sha256 of the dataset's artifact. */
  dataset: sha256Hex,
  /** How it is searched, where that was fitted: it goes live with the index, and comes back with it. */
  profile: searchProfile.optional(),
});
export type IndexMeta = z.infer<typeof indexMeta>;

/** The content of `_meta` for a build. */
export const metaOf = (build: {
  workKey: string;
  encoder: EncoderIdentity;
  chunking: Chunking;
  dataset: DatasetVersion;
}): IndexMeta => ({
  workKey: build.workKey,
  encoder: build.encoder,
  chunking: build.chunking,
  dataset: build.dataset.artifact.sha256,
});

/**
 * Text is analysed twice: `english` stems words and drops the most common ones, and its `cjk` sub-field makes
 * overlapping pairs of Chinese, Japanese and Korean characters, which `english` would take one by one.
 */
const text: estypes.MappingProperty = {
  type: 'text',
  analyzer: 'english',
  fields: { cjk: { type: 'text', analyzer: 'cjk' } },
};
/** Lucene takes no term above 32,766 bytes; 8,191 characters are that at the most. Longer ones are kept, not indexed. */
const keyword: estypes.MappingProperty = { type: 'keyword', ignore_above: 8_191 };
/** Kept to be read back, never searched. */
const stored: estypes.MappingProperty = { type: 'integer', index: false, doc_values: false };

/** Mapping of an index of chunks. A field that is not named here is refused. */
export const mappings = (meta: IndexMeta): estypes.MappingTypeMapping => ({
  dynamic: 'strict',
  _meta: meta,
  properties: {
    doc_id: keyword,
    ordinal: { type: 'integer' },
    title: text,
    context: text,
    text,
    source: keyword,
    start: stored,
    end: stored,
    content_hash: { type: 'keyword' },
    /** The unit of work that wrote the chunk: verification reads the index unit by unit. */
    unit: { type: 'integer' },
    vector: {
      type: 'dense_vector',
      dims: meta.encoder.dimensions,
      similarity: 'cosine',
      // One byte a dimension in memory instead of four; measured recall@10 0.89 with 100 candidates.
      index_options: { type: 'int8_hnsw' },
    },
  },
});

/**
 * Settings while an index is built: nobody searches it, so it does not copy itself. It never refreshes by itself, neither
 * now nor when it serves: whoever writes does that once all of a batch is in, so that a search meets each document as it
 * was or as it is, and not the one's chunks among the other's. The version of a deleted chunk is remembered for an hour,
 * which is longer than any writer can be late (Elasticsearch's default is a minute).
 */
export const buildSettings = (shards: number): estypes.IndicesIndexSettings => ({
  number_of_shards: shards,
  number_of_replicas: 0,
  refresh_interval: '-1',
  gc_deletes: '1h',
});

/** Settings once it serves. */
export const servingSettings = (replicas: number): estypes.IndicesIndexSettings => ({
  number_of_replicas: replicas,
});
