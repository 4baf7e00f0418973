const NEWLINE = 0x0a;

/** One line of a stream of bytes. */
export interface Line {
  /** Its bytes without the line break; of a line that is too long only the first `maxBytes`. Valid until the next line. */
  bytes: Buffer;
  tooLong: boolean;
  /** Its first byte in the stream, and the first after its line break. */
  start: number;
  end: number;
}

/**
 * Cuts a stream into lines. A line longer than `maxBytes` is passed over in constant memory: what is kept of it is its
 * beginning. The last line needs no line break; an empty one after the last line break is no line.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let tooLong = false;
  // Bytes of the stream before the chunk, and before the line.
  let passed = 0;
  let lineStart = 0;
  const hold = (part: Buffer) => {
    // A copy, as the source may use its buffer again; nothing more is held of a line once it is too long.
    const room = maxBytes - heldBytes;
    tooLong ||= part.length > room;
    if (room > 0 && part.length > 0) held.push(Buffer.from(part.subarray(0, room)));
    heldBytes += Math.min(room, part.length);
  };
  const take = (end: number): Line => {
    const bytes = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held);
    const line = { bytes, tooLong, start: lineStart, end };
    lineStart = end;
    held = [];
    heldBytes = 0;
    tooLong = false;
    return line;
  };
  let open = false;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      start = end + 1;
      // Nearly always the whole line lies in the chunk, and nothing is copied.
      if (!open && part.length <= maxBytes) {
        const line = { bytes: part, tooLong: false, start: lineStart, end: passed + start };
        lineStart = line.end;
        yield line;
      } else {
        hold(part);
        yield take(passed + start);
      }
      open = false;
    }
    if (start < chunk.length) {
      hold(chunk.subarray(start));
      open = true;
    }
    passed += chunk.length;
  }
  if (open) yield take(passed);
}
