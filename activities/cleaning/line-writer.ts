import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes gathered before they are written: fewer system calls, and still little memory. */
const BUFFER = 1 << 20;

/** Writes lines of text to a file, synchronously: for threads, and for small files elsewhere. */
export class LineWriter {
  /** Bytes of all lines so far. */
  bytes = 0;
  /** Bytes of the longest line. */
  longest = 0;
  private file: number | undefined;
  private parts: string[] = [];
  private pending = 0;

  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  /** @param line without a line break. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    this.parts.push(line, '\n');
    this.pending += bytes;
    this.bytes += bytes;
    this.longest = Math.max(this.longest, bytes);
    if (this.pending >= BUFFER) this.flush();
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
    if (this.file === undefined) throw new Error('the writer is closed');
    const text = Buffer.from(this.parts.join(''));
    this.parts = [];
    this.pending = 0;
    for (let written = 0; written < text.length;) written += writeSync(this.file, text, written);
  }
}
