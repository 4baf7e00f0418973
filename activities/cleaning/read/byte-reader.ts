const NEWLINE = 0x0a;

/** Reads a stream of bytes by lines and by counts, in as much memory as the caller asks to keep. */
export class ByteReader {
  /** Bytes read so far. */
  offset = 0;
  private readonly chunks: AsyncIterator<Buffer>;
  private chunk: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next line without its line break, its first `most` bytes; undefined at the end. */
  async line(most: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let held = 0;
    for (let first = true; await this.fill(); first = false) {
      const end = this.chunk.indexOf(NEWLINE, this.at);
      const part = this.chunk.subarray(this.at, end < 0 ? this.chunk.length : end);
      this.advance(part.length + (end < 0 ? 0 : 1));
      if (first && end >= 0) return part.subarray(0, most);
      // A copy: the source may use its buffer again.
      parts.push(Buffer.from(part.subarray(0, Math.max(0, most - held))));
      held += part.length;
      if (end >= 0) return Buffer.concat(parts);
    }
    return parts.length > 0 ? Buffer.concat(parts) : undefined;
  }

  /** Passes over `count` bytes and keeps the first `most`. `missing` is how many were not there any more. */
  async bytes(count: number, most: number): Promise<{ bytes: Buffer; missing: number }> {
    const parts: Buffer[] = [];
    let left = count;
    let room = most;
    while (left > 0 && (await this.fill())) {
      const part = this.chunk.subarray(this.at, this.at + left);
      if (room > 0) parts.push(Buffer.from(part.subarray(0, room)));
      room -= part.length;
      left -= part.length;
      this.advance(part.length);
    }
    return { bytes: Buffer.concat(parts), missing: left };
  }

  /** Lets go of the stream, read to its end or not. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private advance(bytes: number): void {
    this.at += bytes;
    this.offset += bytes;
  }

  /** Makes sure that there is a byte to read; false at the end. */
  private async fill(): Promise<boolean> {
    while (this.at >= this.chunk.length) {
      const next = await this.chunks.next();
      if (next.done) return false;
      this.chunk = next.value;
      this.at = 0;
    }
    return true;
  }
}
