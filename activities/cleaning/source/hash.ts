import { createHash, type Hash } from 'node:crypto';

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
  chunks: AsyncIterable<Buffer>,
  cutter: Cutter,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<HashedRange[]> {
  const ranges: HashedRange[] = [];
  let hash: Hash = createHash('sha256');
  let [start, position, newlines, rowsBefore] = [0, 0, 0, 0];
  const finish = (end: number) => {
    ranges.push({ start, end, sha256: hash.digest('hex'), rowsBefore });
    hash = createHash('sha256');
    [start, rowsBefore] = [end, newlines];
  };
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    for (let done = 0; done < chunk.length;) {
      const end = endOfRange(chunk, done, cutter, cutter.next(start) - position);
      const part = chunk.subarray(done, Math.min(end, chunk.length));
      hash.update(part);
      if (cutter.atLineBreak) newlines += countNewlines(part);
      done += part.length;
      if (end <= chunk.length) finish(position + end);
    }
    position += chunk.length;
    onBytes(chunk.length);
  }
  if (position > start || ranges.length === 0) finish(position);
  return ranges;
}

/** Index in the chunk after the range's last byte; above its length if the range goes on. */
function endOfRange(chunk: Buffer, from: number, { atLineBreak }: Cutter, target: number): number {
  if (target > chunk.length) return Infinity;
  if (!atLineBreak) return target;
  const newline = chunk.indexOf(NEWLINE, Math.max(from, target - 1));
  return newline < 0 ? Infinity : newline + 1;
}

function countNewlines(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
