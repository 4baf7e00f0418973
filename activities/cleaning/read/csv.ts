import { isUtf8 } from 'node:buffer';
import { linesOf, type Line } from './lines';

/** A record of a CSV or TSV file (RFC 4180), or what is wrong with it. */
export interface CsvRecord {
  /** Its number among the records below the header, from 1. */
  row: number;
  /** Fields by the names in the header; of two columns of one name the first counts. */
  fields: Record<string, string>;
  /** Its first byte in the (unpacked) file. */
  at: number;
  /** Its first line as it was found. */
  shown: Buffer;
  problem: 'invalid_row' | 'invalid_utf8' | 'document_too_large' | null;
}

/** A header that can not be read: nothing below it can. */
export class NoHeader extends Error {}

export interface CsvOptions {
  /** What a `.tsv` file has between its fields; undefined to take what is most frequent in the header. */
  delimiter: string | undefined;
  /** Bytes of a record. A longer one is passed over and told as one that is too large. */
  maxBytes: number;
}

const DELIMITERS = [',', ';', '\t', '|'];

/**
 * The records of a file in their order. Nothing is guessed but the delimiter: a record with more or fewer fields than
 * the header is a problem, and so is one with text after a closing quote. A quote that is never closed takes only its
 * own line with it. Empty lines are no records.
 * @throws {NoHeader}
 */
export async function* csvRecords(chunks: AsyncIterable<Buffer>, options: CsvOptions): AsyncGenerator<CsvRecord> {
  const lines = new Backlog(linesOf(chunks, options.maxBytes));
  try {
    const header = await readHeader(lines, options.delimiter);
    if (!header) return;
    const { names, delimiter } = header;
    for (let row = 1; ; row++) {
      const raw = await readRaw(lines, delimiter, names.length, options.maxBytes);
      if (!raw) return;
      const { at, shown, problem, values } = raw;
      yield { row, at, shown, problem, fields: problem ? {} : fieldsOf(names, values) };
    }
  } finally {
    await lines.close();
  }
}

/** The first of several columns of a name counts. Without a prototype, as any name may be that of a column. */
function fieldsOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  const fields = Object.create(null) as Record<string, string>;
  names.forEach((name, index) => (fields[name] ??= values[index] ?? ''));
  return fields;
}

async function readHeader(
  lines: Backlog,
  wanted: string | undefined,
): Promise<{ names: string[]; delimiter: string } | undefined> {
  const line = await lines.nextRecord();
  if (!line) return undefined;
  if (line.tooLong || !isUtf8(line.bytes)) throw new NoHeader('The header can not be read.');
  const text = line.bytes.toString('utf8').replace(/^\ufeff/, '');
  const count = (delimiter: string) => text.split(delimiter).length;
  const delimiter = wanted ?? DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best));
  const parser = new RecordParser(delimiter);
  if (parser.feed(text) !== 'whole') throw new NoHeader('The header is not closed.');
  return { names: parser.values.map((name) => name.trim()), delimiter };
}

interface RawRecord {
  at: number;
  values: string[];
  shown: Buffer;
  problem: CsvRecord['problem'];
}

/** Reads one record of `columns` fields, on one or more lines. */
async function readRaw(
  lines: Backlog,
  delimiter: string,
  columns: number,
  maxBytes: number,
): Promise<RawRecord | undefined> {
  const first = await lines.nextRecord();
  if (!first) return undefined;
  const parser = new RecordParser(delimiter);
  const { start: at, bytes: shown } = first;
  /** Lines after the first; none once the record is too large. */
  const more: Line[] = [];
  let bytes = 0;
  let [large, invalid] = [false, false];
  for (let line: Line | undefined = first; ; line = await lines.next()) {
    if (line && line !== first && !large) more.push(line);
    bytes += (line?.bytes.length ?? 0) + 1;
    large ||= line?.tooLong === true || bytes > maxBytes;
    if (large) more.length = 0;
    invalid ||= line !== undefined && !isUtf8(line.bytes);
    // Bytes that are no UTF-8 are read one by one, so that quotes are seen where they are.
    const state = line ? parser.feed(line.bytes.toString(invalid ? 'latin1' : 'utf8'), large) : 'bad';
    if (state === 'open') continue;
    if (large) return { at, values: [], shown, problem: 'document_too_large' };
    const { values } = parser;
    if (state === 'whole' && values.length === columns) {
      return { at, values, shown, problem: invalid ? 'invalid_utf8' : null };
    }
    // A quote that was none has swallowed what follows: only its own line is lost, the others are read again.
    lines.putBack(more);
    return { at, values: [], shown, problem: isUtf8(shown) ? 'invalid_row' : 'invalid_utf8' };
  }
}

/** Takes a record apart, line by line. */
class RecordParser {
  readonly values: string[] = [];
  private parts: string[] = [];
  private quoted = false;

  constructor(private readonly delimiter: string) {}

  /**
   * Takes the next line (without its line feed), and says whether the record is whole with it, goes on in the next
   * one, or is none.
   * @param forget text of a record that is too large is not kept.
   */
  feed(line: string, forget = false): 'whole' | 'open' | 'bad' {
    const end = line.endsWith('\r') ? line.length - 1 : line.length;
    if (this.quoted) this.parts.push('\n');
    for (let at = 0; ;) {
      if (!this.quoted) {
        if (line[at] === '"' && at < end) {
          this.quoted = true;
          at++;
          continue;
        }
        const next = line.indexOf(this.delimiter, at);
        this.values.push(line.slice(at, next < 0 ? end : next));
        if (next < 0) return 'whole';
        at = next + 1;
        continue;
      }
      const quote = line.indexOf('"', at);
      this.parts.push(line.slice(at, quote < 0 ? line.length : quote));
      if (forget) this.parts = [];
      if (quote < 0) return 'open';
      if (line[quote + 1] === '"') {
        this.parts.push('"');
        at = quote + 2;
        continue;
      }
      this.quoted = false;
      this.values.push(this.parts.join(''));
      this.parts = [];
      if (quote + 1 >= end) return 'whole';
      if (line[quote + 1] !== this.delimiter) return 'bad';
      at = quote + 2;
    }
  }
}

/** Lines, of which some may be put back to be read again. */
class Backlog {
  private readonly lines: AsyncIterator<Line>;
  private readonly again: Line[] = [];

  constructor(lines: AsyncIterable<Line>) {
    this.lines = lines[Symbol.asyncIterator]();
  }

  async next(): Promise<Line | undefined> {
    const line = this.again.pop();
    if (line) return line;
    const read = await this.lines.next();
    // A copy, as a line is held beyond the next one.
    return read.done ? undefined : { ...read.value, bytes: Buffer.from(read.value.bytes) };
  }

  /** The next line with something in it. */
  async nextRecord(): Promise<Line | undefined> {
    for (;;) {
      const line = await this.next();
      if (!line || !/^\r?$/.test(line.bytes.toString('latin1', 0, 2))) return line;
    }
  }

  /** Lets go of the stream, read to its end or not. */
  async close(): Promise<void> {
    await this.lines.return?.();
  }

  /** @param lines in their order; they come before all others. */
  putBack(lines: readonly Line[]): void {
    for (let index = lines.length - 1; index >= 0; index--) this.again.push(lines[index] as Line);
  }
}
