import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Bytes read at once. */
export const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/** A range of a file by its content. */
export interface HashedRange {
  start: number;
  end: number;
  sha256: string;
  /** Line breaks of the file before `start`. */
  rowsBefore: number;
}

/** Says where the range that began at `start` may end: at the first line break from there on, or exactly there. */
export interface Cutter {
  next(start: number): number;
  atLineBreak: boolean;
}

/** Reads a file once from end to end, and hashes it in ranges cut as `cutter` says. Reports the bytes read. */
export async function hashRanges(
  file: string,
  cutter: Cutter,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<HashedRange[]> {
  const ranges: HashedRange[] = [];
  const handle = await open(file, 'r');
  try {
    let hash: Hash = createHash('sha256');
    let [start, position, newlines, rowsBefore] = [0, 0, 0, 0];
    const finish = (end: number) => {
      ranges.push({ start, end, sha256: hash.digest('hex'), rowsBefore });
      hash = createHash('sha256');
      [start, rowsBefore] = [end, newlines];
    };
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, position);
      if (bytesRead === 0) break;
      for (let done = 0; done < bytesRead;) {
        const end = endOfRange(buffer, done, bytesRead, cutter, cutter.next(start) - position);
        const part = buffer.subarray(done, Math.min(end, bytesRead));
        hash.update(part);
        if (cutter.atLineBreak) newlines += countNewlines(part);
        done += part.length;
        if (end <= bytesRead) finish(position + end);
      }
      position += bytesRead;
      onBytes(bytesRead);
    }
    if (position > start || ranges.length === 0) finish(position);
    return ranges;
  } finally {
    await handle.close();
  }
}

/** Index in the buffer after the range's last byte; above `length` if the range goes on. */
function endOfRange(buffer: Buffer, from: number, length: number, { atLineBreak }: Cutter, target: number): number {
  if (target > length) return Infinity;
  if (!atLineBreak) return target;
  const newline = buffer.subarray(0, length).indexOf(NEWLINE, Math.max(from, target - 1));
  return newline < 0 ? Infinity : newline + 1;
}

function countNewlines(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
