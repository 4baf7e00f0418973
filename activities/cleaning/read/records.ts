import { isAscii, isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { wasReadable, type Slice } from '../source/plan-types';
import { DamagedFile, sliceBytes, unpacked } from './bytes';
import { readCsv } from './csv-documents';
import {
  document,
  problemWith,
  readFields,
  recordId,
  shown,
  SHOWN_BYTES,
  type LocalSlice,
  type ReadDocument,
  type ReadOptions,
  type ReadProblem,
} from './document';
import { extractHtml } from './html';
import { linesOf } from './lines';
import { normalise } from './normalise';
import { readWarc } from './warc-documents';

export type { LocalSlice, ReadDocument, ReadOptions, ReadProblem } from './document';

/** Bytes looked at for a NUL, which no text has; as git does. */
const BINARY_PROBE = 8_000;
/** Reads the documents of a slice in their order. Nothing is dropped: each comes with its text or its problem. */
export async function* readSlice(
  slice: LocalSlice,
  options: ReadOptions,
  onBytes: (bytes: number) => void,
): AsyncGenerator<ReadDocument> {
  if (!wasReadable(slice)) {
    yield problemWith(slice, 'unreadable_file', '');
    return;
  }
  const bytes = sliceBytes(slice, onBytes);
  if (slice.format === 'jsonl') yield* readJsonLines(slice, options, bytes);
  else if (slice.format === 'csv') yield* readCsv(slice, options, bytes);
  else if (slice.format === 'warc') yield* readWarc(slice, options, bytes);
  else if (slice.format === 'parquet') yield* readExported(slice, options, bytes);
  else yield await readWholeFile(slice, options, bytes);
}

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
  const problem = (reason: ReadProblem) => problemWith(slice, reason, shown(bytes));
  if (bytes.subarray(0, BINARY_PROBE).includes(0)) return problem('binary_file');
  if (held > maxDocumentBytes) return problem('document_too_large');
  if (!isUtf8(bytes)) return problem('invalid_utf8');
  const raw = bytes.toString('utf8');
  const { title, text } =
    slice.format === 'html'
      ? await extractHtml(raw)
      : { title: slice.format === 'markdown' ? firstHeading(raw) : null, text: raw };
  return document(slice, 0, slice.path, title, text);
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
  let next = 0;
  try {
    for await (const { bytes, tooLong, start, end } of linesOf(
      unpacked(chunks, slice.packing),
      options.maxDocumentBytes,
    )) {
      row++;
      next = end;
      // A slice of a plain file may begin anywhere in it; what is packed is never cut.
      const at = slice.start + start;
      const problem = (reason: ReadProblem) => problemWith(slice, reason, shown(bytes), row, at);
      if (tooLong) yield problem('document_too_large');
      else if (!isUtf8(bytes)) yield problem('invalid_utf8');
      else {
        const found = decoded(bytes);
        const line = row === 1 ? found.replace(/^\ufeff/, '') : found;
        // An empty line is no record: writers leave them at the end.
        if (line.trim() !== '') yield readRecord(slice, options, row, line, at);
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield problemWith(slice, 'unreadable_file', error.message, row + 1, next);
  }
}

/** Valid UTF-8 as text. ASCII, which JSON mostly is, is copied as it is: that takes a tenth of the time. */
const decoded = (bytes: Buffer): string => (isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8'));

function readRecord(slice: Slice, options: ReadOptions, row: number, line: string, at: number): ReadDocument {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return problemWith(slice, 'invalid_json', shown(Buffer.from(line.slice(0, SHOWN_BYTES))), row, at);
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return problemWith(slice, 'invalid_json', shown(Buffer.from(line.slice(0, SHOWN_BYTES))), row, at);
  }
  return readFields(slice, options, row, record as Record<string, unknown>, line, at);
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
    yield problemWith(slice, 'unreadable_file', '');
    return;
  }
  const rows = createReadStream(slice.exported, { highWaterMark: 1 << 20 });
  for await (const { bytes } of linesOf(rows, Number.MAX_SAFE_INTEGER)) {
    const { row, id, title, url, text, large, invalid } = JSON.parse(bytes.toString('utf8')) as ExportedRow;
    const name = recordId(slice, id, row);
    const problem = large ? 'document_too_large' : invalid ? 'invalid_utf8' : text === null ? 'missing_text' : null;
    if (problem) yield { ...problemWith(slice, problem, normalise(text ?? ''), row), id: name };
    else yield document(slice, row, name, title, text ?? '', url);
  }
}
