import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { DocumentFormat } from '../../../schemas/clean-dataset';
import { wasReadable, type Slice } from '../source/plan-types';
import { DamagedFile, sliceBytes, unpacked } from './bytes';
import { csvRecords, NoHeader } from './csv';
import { extractHtml } from './html';
import { linesOf } from './lines';
import { normalise } from './normalise';
import { warcRecords } from './warc';
import { pageOf } from './warc-page';

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
  problem: ReadProblem | null;
}

export interface ReadOptions {
  textField: string;
  idField: string;
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
  /** Rows of a Parquet or CSV slice as JSON Lines `{ text, id, title, url, row }`; null where it could not be read. */
  exported: string | null;
}

/** Bytes looked at for a NUL, which no text has; as git does. */
const BINARY_PROBE = 8_000;
/** Bytes shown of what can not be read as text. */
const SHOWN_BYTES = 1_000;

/** Room for the columns of a CSV record that are not its text. */
const OTHER_COLUMNS_BYTES = 1 << 20;

/** The beginning of bytes that may be anything, as text. */
const shown = (bytes: Buffer): string => normalise(bytes.subarray(0, SHOWN_BYTES).toString('utf8'));

/** Reads the documents of a slice in their order. Nothing is dropped: each comes with its text or its problem. */
export async function* readSlice(
  slice: LocalSlice,
  options: ReadOptions,
  onBytes: (bytes: number) => void,
): AsyncGenerator<ReadDocument> {
  if (!wasReadable(slice)) {
    yield problemWithFile(slice, 'unreadable_file', '');
    return;
  }
  const bytes = sliceBytes(slice, onBytes);
  if (slice.format === 'jsonl') yield* readJsonLines(slice, options, bytes);
  else if (slice.format === 'csv') yield* readCsv(slice, options, bytes);
  else if (slice.format === 'warc') yield* readWarc(slice, options, bytes);
  else if (slice.format === 'parquet') yield* readExported(slice, options, bytes);
  else yield await readWholeFile(slice, options, bytes);
}

const problemWithFile = (slice: Slice, problem: ReadProblem, text: string, row = 0): ReadDocument => ({
  id: row === 0 ? slice.path : `${slice.path}#${row}`,
  source: slice.path,
  format: slice.format,
  row,
  title: null,
  url: null,
  text,
  problem,
});

async function readWholeFile(
  slice: LocalSlice,
  { maxDocumentBytes }: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): Promise<ReadDocument> {
  const parts: Buffer[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    // Read to the end all the same: the hash tells whether the file is still the planned one.
    if (held <= maxDocumentBytes) parts.push(chunk);
    held += chunk.length;
  }
  const bytes = Buffer.concat(parts);
  const problem = (reason: ReadProblem) => problemWithFile(slice, reason, shown(bytes));
  if (bytes.subarray(0, BINARY_PROBE).includes(0)) return problem('binary_file');
  if (held > maxDocumentBytes) return problem('document_too_large');
  if (!isUtf8(bytes)) return problem('invalid_utf8');
  const raw = bytes.toString('utf8');
  const { title, text } =
    slice.format === 'html'
      ? extractHtml(raw)
      : { title: slice.format === 'markdown' ? firstHeading(raw) : null, text: raw };
  return document(slice, 0, slice.path, title, text);
}

/** A document with its text as it was found; one without text is `empty_document`. */
function document(
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
  return { id, source, format, row, title: heading, url, text, problem: text.trim() === '' ? 'empty_document' : null };
}

/** Text of the first heading (`# …`) of a Markdown text, outside of code fences. */
function firstHeading(markdown: string): string | null {
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (/^ {0,3}(```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^ {0,3}#{1,6}[ \t]+(\S.*)$/.exec(line.trimEnd());
    if (heading?.[1]) return heading[1].replace(/[ \t]+#+$/, '');
  }
  return null;
}

async function* readJsonLines(
  slice: LocalSlice,
  options: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<ReadDocument> {
  let row = slice.rowsBefore;
  try {
    for await (const { bytes, tooLong } of linesOf(unpacked(chunks, slice.packing), options.maxDocumentBytes)) {
      row++;
      const problem = (reason: ReadProblem) => problemWithFile(slice, reason, shown(bytes), row);
      if (tooLong) yield problem('document_too_large');
      else if (!isUtf8(bytes)) yield problem('invalid_utf8');
      else {
        const line = row === 1 ? bytes.toString('utf8').replace(/^\ufeff/, '') : bytes.toString('utf8');
        // An empty line is no record: writers leave them at the end.
        if (line.trim() !== '') yield readRecord(slice, options, row, line);
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield problemWithFile(slice, 'unreadable_file', error.message, row + 1);
  }
}

function readRecord(slice: Slice, options: ReadOptions, row: number, line: string): ReadDocument {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return problemWithFile(slice, 'invalid_json', shown(Buffer.from(line.slice(0, SHOWN_BYTES))), row);
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return problemWithFile(slice, 'invalid_json', shown(Buffer.from(line.slice(0, SHOWN_BYTES))), row);
  }
  return readFields(slice, options, row, record as Record<string, unknown>, line);
}

/** The document in the fields of a record; `found` is the record as it stands in its file. */
function readFields(
  slice: Slice,
  { textField, idField, urlField = 'url' }: ReadOptions,
  row: number,
  fields: Record<string, unknown>,
  found: string,
): ReadDocument {
  const id = recordId(slice, fields[idField], row);
  const text = fields[textField];
  if (typeof text !== 'string')
    return { ...problemWithFile(slice, 'missing_text', found.slice(0, SHOWN_BYTES), row), id };
  const stringIn = (field: string) => (typeof fields[field] === 'string' ? fields[field] : null);
  return document(slice, row, id, stringIn('title'), text, stringIn(urlField));
}

async function* readCsv(
  slice: LocalSlice,
  options: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<ReadDocument> {
  let row = 0;
  const delimiter = /\.tsv(\.|$)/i.test(slice.path) ? '\t' : undefined;
  const csv = { delimiter, maxBytes: options.maxDocumentBytes + OTHER_COLUMNS_BYTES };
  try {
    for await (const record of csvRecords(unpacked(chunks, slice.packing), csv)) {
      row = record.row;
      const { problem, fields } = record;
      if (problem) yield problemWithFile(slice, problem, shown(record.shown), row);
      else if (Buffer.byteLength(fields[options.textField] ?? '') > options.maxDocumentBytes) {
        yield problemWithFile(slice, 'document_too_large', shown(record.shown), row);
      } else yield readFields(slice, options, row, fields, shown(record.shown));
    }
  } catch (error) {
    if (!(error instanceof DamagedFile || error instanceof NoHeader)) throw error;
    yield problemWithFile(slice, 'unreadable_file', error.message, row === 0 ? 0 : row + 1);
  }
}

/** Longer ids are not worth their place in every index. */
const LONGEST_ID = 512;

function recordId(slice: Slice, id: unknown, row: number): string {
  const usable = (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) || typeof id === 'number';
  return `${slice.path}#${usable ? normalise(String(id)) || row : row}`;
}

/** Rows that DuckDB has written as JSON Lines of `{ text, id, title, url, row }`. */
interface ExportedRow {
  row: number;
  id: string | null;
  title: string | null;
  url: string | null;
  /** null where there is none. */
  text: string | null;
  /** The text was left out, being too long. */
  large?: boolean;
  /** The row itself could not be read. */
  invalid?: boolean;
}

async function* readExported(
  slice: LocalSlice,
  _options: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<ReadDocument> {
  // The bytes themselves are only hashed: DuckDB has read them.
  for await (const chunk of chunks) void chunk;
  if (slice.exported === null) {
    yield problemWithFile(slice, 'unreadable_file', '');
    return;
  }
  const rows = createReadStream(slice.exported, { highWaterMark: 1 << 20 });
  for await (const { bytes } of linesOf(rows, Number.MAX_SAFE_INTEGER)) {
    const { row, id, title, url, text, large, invalid } = JSON.parse(bytes.toString('utf8')) as ExportedRow;
    const name = recordId(slice, id, row);
    const problem = large ? 'document_too_large' : invalid ? 'invalid_utf8' : text === null ? 'missing_text' : null;
    if (problem) yield { ...problemWithFile(slice, problem, normalise(text ?? ''), row), id: name };
    else yield document(slice, row, name, title, text ?? '', url);
  }
}

/** The pages and texts of a WARC file. Records that are none (requests, metadata, repeats of earlier ones) are passed over. */
async function* readWarc(
  slice: LocalSlice,
  { maxDocumentBytes }: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<ReadDocument> {
  let row = 0;
  try {
    for await (const record of warcRecords(unpacked(chunks, slice.packing), maxDocumentBytes)) {
      row = record.row;
      const page = pageOf(record, maxDocumentBytes);
      if (page === null) continue;
      const name = recordId(slice, page.id, row);
      if (page.problem) yield { ...problemWithFile(slice, page.problem, shown(page.body), row), id: name };
      else {
        const { title, text } = page.isHtml ? extractHtml(page.text) : { title: null, text: page.text };
        yield document(slice, row, name, title, text, page.url);
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield problemWithFile(slice, 'unreadable_file', error.message, row + 1);
  }
}
