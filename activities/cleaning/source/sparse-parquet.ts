import { open, type FileHandle } from 'node:fs/promises';
import type { SourceFile } from './source-file';

/** Enough for the footer of nearly every file: one request instead of two. */
const USUAL_FOOTER = 64 * 1024;
/** Length of the footer (little endian) and `PAR1`, at the very end. */
const TRAILER = 8;
const MAGIC = 'PAR1';

/** The part of a file that is fetched, besides its footer. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Writes a Parquet file of another host as a local one with holes: its footer, the magic bytes at its beginning, and
 * `range`. That is all that a reader of those row groups looks at. What has no footer is left with holes, and no
 * reader takes it for Parquet.
 */
export async function writeSparseParquet(
  { bytes, read }: Pick<SourceFile, 'bytes' | 'read'>,
  range: ByteRange | null,
  target: string,
): Promise<void> {
  const file = await open(target, 'w');
  try {
    await file.truncate(bytes);
    const fetch = (start: number, end: number) => copyRange(read(start, end), file, start);
    const from = Math.max(0, bytes - USUAL_FOOTER);
    const tail = await collect(read(from, bytes));
    await file.write(tail, 0, tail.length, from);
    const footer = footerStart(tail, bytes);
    if (footer !== null && footer < from) await fetch(footer, from);
    await fetch(0, Math.min(MAGIC.length, from));
    if (range) await fetch(range.start, Math.min(range.end, from));
  } finally {
    await file.close();
  }
}

function footerStart(tail: Buffer, bytes: number): number | null {
  if (tail.length < TRAILER || tail.toString('latin1', tail.length - MAGIC.length) !== MAGIC) return null;
  const start = bytes - TRAILER - tail.readUInt32LE(tail.length - TRAILER);
  return start >= 0 ? start : null;
}

async function copyRange(chunks: AsyncIterable<Buffer>, file: FileHandle, start: number): Promise<void> {
  let at = start;
  for await (const chunk of chunks) at += (await file.write(chunk, 0, chunk.length, at)).bytesWritten;
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}
