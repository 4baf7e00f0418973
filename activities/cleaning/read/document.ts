import type { DocumentFormat } from '../../../schemas/clean-dataset';
import type { Slice } from '../source/plan-types';
import { normalise } from './normalise';

/** Why a document is rejected before any rule looks at it. */
export type ReadProblem =
  | 'unreadable_file'
  | 'binary_file'
  | 'invalid_utf8'
  | 'invalid_json'
  | 'invalid_row'
  | 'missing_text'
  | 'invalid_record'
  | 'http_status'
  | 'unsupported_type'
  | 'document_too_large'
  | 'empty_document';

/** One document as it was found: either its text, or the problem with it and the beginning of what was found. */
export interface ReadDocument {
  id: string;
  /** Its file, below the source. */
  source: string;
  format: DocumentFormat;
  /** Row of the file, from 1; 0 for a document that is the whole file. */
  row: number;
  title: string | null;
  /** Where it came from, as its record says; null where it does not. */
  url: string | null;
  text: string;
  /** Of what can not be read, where it begins in its (unpacked) file, in bytes; null where nobody knows. */
  at: number | null;
  problem: ReadProblem | null;
}

export interface ReadOptions {
  textField: string;
  idField: string;
  /** Field or column of the title; `title` where not given. */
  titleField?: string;
  /** Field or column of the address a document came from; `url` where not given. */
  urlField?: string;
  /** A document of more bytes, as it is found in its file, is `document_too_large`. */
  maxDocumentBytes: number;
}

/** A slice with where its bytes lie on this host. */
export interface LocalSlice extends Slice {
  absolute: string;
  /** Bytes of the source's file before the first of this one: 0, or the slice's start where only that was fetched. */
  offset: number;
  /** Size that the local file has while nothing has changed. */
  localBytes: number;
  /** Rows of a Parquet slice as JSON Lines `{ text, id, title, url, row }`; null where it could not be read. */
  exported: string | null;
}

/** Bytes shown of what can not be read as text. */
export const SHOWN_BYTES = 1_000;

/** The beginning of bytes that may be anything, as text. */
export const shown = (bytes: Buffer): string => normalise(bytes.subarray(0, SHOWN_BYTES).toString('utf8'));

/**
 * What stands for something that can not be read.
 * @param text the beginning of what was found. @param row 0 for the whole file.
 * @param at its first byte in the (unpacked) file; null where nobody knows.
 */
export const problemWith = (
  slice: Slice,
  problem: ReadProblem,
  text: string,
  row = 0,
  at: number | null = null,
): ReadDocument => ({
  id: row === 0 ? slice.path : `${slice.path}#${row}`,
  source: slice.path,
  format: slice.format,
  row,
  title: null,
  url: null,
  text,
  at,
  problem,
});

/** A document with its text as it was found; one without text is `empty_document`. */
export function document(
  slice: Slice,
  row: number,
  id: string,
  title: string | null,
  raw: string,
  url: string | null = null,
): ReadDocument {
  // A byte order mark says how a file is written and is no part of its text.
  const text = row === 0 ? raw.replace(/^\ufeff/, '') : raw;
  const { path: source, format } = slice;
  const heading = title === null ? null : normalise(title).replaceAll('\n', ' ') || null;
  const problem = text.trim() === '' ? 'empty_document' : null;
  return { id, source, format, row, title: heading, url, text, at: null, problem };
}

/** The document in the fields of a record; `found` is the record as it stands in its file. */
export function readFields(
  slice: Slice,
  { textField, idField, titleField = 'title', urlField = 'url' }: ReadOptions,
  row: number,
  fields: Record<string, unknown>,
  found: string,
  at: number | null,
): ReadDocument {
  const id = recordId(slice, fields[idField], row);
  const text = fields[textField];
  if (typeof text !== 'string')
    return { ...problemWith(slice, 'missing_text', found.slice(0, SHOWN_BYTES), row, at), id };
  const stringIn = (field: string) => (typeof fields[field] === 'string' ? fields[field] : null);
  return document(slice, row, id, stringIn(titleField), text, stringIn(urlField));
}

/** Longer ids are not worth their place in every index. */
const LONGEST_ID = 512;

/** Names a record by its own id, or by its row where it has none that can be used. */
export function recordId(slice: Slice, id: unknown, row: number): string {
  const usable = (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) || typeof id === 'number';
  return `${slice.path}#${usable ? normalise(String(id)) || row : row}`;
}
