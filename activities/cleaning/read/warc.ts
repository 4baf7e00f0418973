import { ByteReader } from './byte-reader';

/** Header fields by their names in lower case; the first of a name counts. */
export type Headers = ReadonlyMap<string, string>;

/** A record of a WARC file (ISO 28500), or what is wrong with the bytes where one was to be. */
export interface WarcRecord {
  /** Its number in the file, from 1. */
  row: number;
  /** Where it begins in the (unpacked) file. */
  offset: number;
  headers: Headers;
  /** Its content; only the beginning where it is too large. */
  content: Buffer;
  problem: 'document_too_large' | 'invalid_record' | null;
}

/** Longer header lines are no header lines. */
const LONGEST_LINE = 64 * 1024;
const MOST_HEADERS = 1_000;

/**
 * The records of a WARC file in their order, one at a time in memory. Bytes that are no record are passed over up to
 * the next line that begins one, and come as one record with a problem.
 */
export async function* warcRecords(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<WarcRecord> {
  const reader = new ByteReader(chunks);
  try {
    yield* records(reader, maxBytes);
  } finally {
    await reader.close();
  }
}

async function* records(reader: ByteReader, maxBytes: number): AsyncGenerator<WarcRecord> {
  let row = 0;
  let next = await nextVersion(reader);
  for (;;) {
    if (next.lost.length > 0) {
      row++;
      yield { row, offset: next.lostAt, headers: new Map(), content: next.lost, problem: 'invalid_record' };
    }
    if (next.versionAt === null) return;
    row++;
    const offset = next.versionAt;
    const headers = await headersOf(reader);
    const length = Number(headers?.get('content-length') ?? Number.NaN);
    if (!headers || !Number.isSafeInteger(length) || length < 0) {
      yield { row, offset, headers: headers ?? new Map(), content: Buffer.alloc(0), problem: 'invalid_record' };
    } else {
      const { bytes: content, missing } = await reader.bytes(length, maxBytes);
      const problem = missing > 0 ? 'invalid_record' : length > maxBytes ? 'document_too_large' : null;
      yield { row, offset, headers, content, problem };
    }
    next = await nextVersion(reader);
  }
}

interface Next {
  /** Where the record begins whose version line was read; null at the end of the file. */
  versionAt: number | null;
  /** The beginning of what stood before it and is no record. */
  lost: Buffer;
  lostAt: number;
}

/** Reads up to and with the next version line. Empty lines stand between records. */
async function nextVersion(reader: ByteReader): Promise<Next> {
  let lostAt = reader.offset;
  let kept: Buffer = Buffer.alloc(0);
  for (;;) {
    const at = reader.offset;
    const line = await reader.line(LONGEST_LINE);
    if (line === undefined) return { versionAt: null, lost: kept, lostAt };
    const text = line.toString('latin1').trimEnd();
    if (/^WARC\/\d/.test(text)) return { versionAt: at, lost: kept, lostAt };
    if (text === '') continue;
    if (kept.length === 0) {
      lostAt = at;
      kept = Buffer.from(line);
    }
  }
}

/** The header lines of a record or a message, up to the empty line; undefined where they are none. */
async function headersOf(reader: ByteReader): Promise<Headers | undefined> {
  const lines: string[] = [];
  for (;;) {
    const line = await reader.line(LONGEST_LINE);
    if (line === undefined || lines.length > MOST_HEADERS) return undefined;
    const text = line.toString('utf8').replace(/\r$/, '');
    if (text === '') return parseHeaders(lines);
    lines.push(text);
  }
}

/** Header fields of lines; one that begins with a blank goes on with the line before. */
export function parseHeaders(lines: readonly string[]): Headers | undefined {
  const headers = new Map<string, string>();
  let name = '';
  for (const line of lines) {
    if (/^[ \t]/.test(line)) {
      headers.set(name, `${headers.get(name) ?? ''} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) return undefined;
    name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
