import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes gathered before they are written: fewer system calls, and still little memory. */
const BUFFER = 1 << 20;
/** Most bytes of UTF-8 that one UTF-16 unit becomes. */
export const BYTES_PER_UNIT = 3;

/** Writes lines of text to a file, synchronously: for threads, and for small files elsewhere. */
export class LineWriter {
  /** Bytes of all lines so far. */
  bytes = 0;
  /** Bytes of the longest line. */
  longest = 0;
  private file: number | undefined;
  private readonly buffer = Buffer.allocUnsafe(BUFFER);
  private used = 0;

  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  /** @param line without a line break. */
  write(line: string): void {
    const most = line.length * BYTES_PER_UNIT + 1;
    if (this.used + most > BUFFER) this.flush();
    let bytes: number;
    if (most > BUFFER) {
      const encoded = Buffer.from(`${line}\n`);
      bytes = encoded.length;
      this.writeAll(encoded);
    } else {
      bytes = this.buffer.write(line, this.used) + 1;
      this.used += bytes;
      this.buffer[this.used - 1] = 0x0a;
    }
    this.bytes += bytes;
    this.longest = Math.max(this.longest, bytes);
  }

  /** Writes what is left. */
  close(): void {
    this.flush();
    this.release();
  }

  /** Lets go of the file, written to its end or not; safe to call twice. A writer that failed is let go of by this. */
  release(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private flush(): void {
    this.writeAll(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private writeAll(bytes: Uint8Array): void {
    if (this.file === undefined) throw new Error('the writer is closed');
    for (let written = 0; written < bytes.length;) written += writeSync(this.file, bytes, written);
  }
}

/** Writes values as JSON Lines into a new file. */
export function writeLines(path: string, values: readonly unknown[]): void {
  const lines = new LineWriter(path);
  try {
    for (const value of values) lines.write(JSON.stringify(value));
    lines.close();
  } finally {
    lines.release();
  }
}
