import { closeSync, openSync, readFileSync } from 'node:fs';
import { writeAll } from '../file-bytes';

/** Pairs gathered before they are written. */
const BUFFERED_PAIRS = 65_536;

/** Writes pairs of numbers below 2^32 to a file: two 32-bit numbers each, little-endian. */
export class PairWriter {
  count = 0;
  private readonly buffer = new Uint32Array(BUFFERED_PAIRS * 2);
  private readonly handle: number;
  private used = 0;

  constructor(file: string) {
    this.handle = openSync(file, 'w');
  }

  add(first: number, second: number): void {
    this.buffer[this.used++] = first;
    this.buffer[this.used++] = second;
    this.count++;
    if (this.used === this.buffer.length) this.flush();
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.handle);
    }
  }

  private flush(): void {
    writeAll(this.handle, new Uint8Array(this.buffer.buffer, 0, this.used * 4));
    this.used = 0;
  }
}

export function forEachPair(file: string, each: (first: number, second: number) => void): void {
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; at += 8) each(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4));
}
