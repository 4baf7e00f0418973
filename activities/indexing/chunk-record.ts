import { createHash } from 'node:crypto';
import type { Chunk } from './chunk';
import { contextOf } from './context';

/** What is read of a document of a dataset. */
export interface DatasetDocument {
  id: string;
  source: string;
  title: string;
  text: string;
}

/** The fields of a chunk in the index, as `_source` gives them back. */
export interface ChunkFields {
  doc_id: string;
  /** Place among the chunks of its document, from 0. */
  ordinal: number;
  title: string;
  /** Title and headings; embedded before the text. */
  context: string;
  text: string;
  source: string;
  /** The chunk is `text.slice(start, end)` of the document. */
  start: number;
  end: number;
}

/** A chunk as an embed unit keeps it. */
export interface ChunkRecord extends ChunkFields {
  id: string;
  content_hash: string;
}

/** 128 bits: a collision among a billion chunks has a chance of about 10^-21. */
const HASH_DIGITS = 32;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);

/**
 * Hash of everything in a chunk but its vector: vectors of one text differ in their last bits between a CPU and a GPU,
 * and the fingerprint of the encoder stands for them.
 */
export const contentHash = ({ doc_id, ordinal, title, context, text, source, start, end }: ChunkFields): string =>
  hash(JSON.stringify([doc_id, ordinal, title, context, text, source, start, end]));

/** Hash of a document, by which it is known to have changed; `readPlaces` computes the same in SQL. */
export const documentHash = ({ source, title, text }: Omit<DatasetDocument, 'id'>): string =>
  hash([source, title, hash(text)].join('\x1f'));

/** The id of a chunk, by its place in its document. */
export const chunkId = (documentKey: string, ordinal: number): string => `${documentKey}-${ordinal}`;

/**
 * The chunks of a document as records. Ids are hashes because Elasticsearch takes 512 bytes, and paths may be longer.
 * @param contextFor what is said of a chunk besides its text, from the document's title and the headings above it.
 */
export function chunkRecords(
  document: DatasetDocument,
  chunks: readonly Chunk[],
  contextFor: (title: string, path: readonly string[]) => string = contextOf,
): ChunkRecord[] {
  const { id, source, title, text } = document;
  const key = hash(id);
  return chunks.map(({ ordinal, start, end, path }) => {
    const context = contextFor(title, path);
    const fields: ChunkFields = {
      doc_id: id,
      ordinal,
      title,
      context,
      text: text.slice(start, end),
      source,
      start,
      end,
    };
    return { id: chunkId(key, ordinal), ...fields, content_hash: contentHash(fields) };
  });
}

/** What the encoder sees of a chunk. */
export const embeddingText = ({ context, text }: ChunkFields): string => (context ? `${context}\n${text}` : text);
