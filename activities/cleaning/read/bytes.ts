import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { failure } from '../../errors';
import type { Packing } from '../source/formats';
import { CHUNK } from '../source/hash';
import type { LocalSlice } from './records';

/**
 * The bytes of a slice as the plan saw them, chunk by chunk; each is valid until the next is asked for.
 * @throws `SourceChanged` after the last chunk where they are others by now, or where the file has another size.
 */
export async function* sliceBytes(
  slice: Omit<LocalSlice, 'exported'>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const changed = (cause?: unknown) =>
    failure('SourceChanged', `The file "${slice.path}" is not what it was when the source was planned.`, cause);
  const handle = await open(slice.absolute, 'r').catch((cause: unknown) => {
    throw changed(cause);
  });
  try {
    if ((await handle.stat()).size !== slice.localBytes) throw changed();
    const hash = createHash('sha256');
    for (let position = slice.start; position < slice.end;) {
      // A new buffer each time: decompressors hold on to what they are given.
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, slice.end - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position - slice.offset);
      if (bytesRead === 0) throw changed();
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      position += bytesRead;
      onBytes(bytesRead);
      yield chunk;
    }
    // Of a pinned slice the server has made sure when it was fetched.
    if (slice.sha256 !== null && hash.digest('hex') !== slice.sha256) throw changed();
  } finally {
    await handle.close();
  }
}

/** A packed file that ends early or is damaged. What came before the damage was good. */
export class DamagedFile extends Error {}

/** Texts are packed to a tenth, logs to a fiftieth: what unpacks to more was made to. */
const MOST_TIMES = 250;
/** Bytes that any file may unpack to. */
const ALWAYS_BYTES = 2 ** 30;

/**
 * Unpacks a stream, up to 1 GiB or 250 times what was packed. @throws {DamagedFile} where that is not all, or the packed data is
 * damaged; errors of `chunks` pass through.
 */
export async function* unpacked(
  chunks: AsyncIterable<Buffer>,
  packing: Packing,
  always = ALWAYS_BYTES,
): AsyncGenerator<Buffer> {
  if (packing === 'plain') {
    yield* chunks;
    return;
  }
  let [packedBytes, bytes] = [0, 0];
  const counted = async function* () {
    for await (const chunk of chunks) {
      packedBytes += chunk.length;
      yield chunk;
    }
  };
  for await (const chunk of packing === 'gzip' ? gunzip(counted()) : unzstd(counted())) {
    bytes += chunk.length;
    if (bytes > Math.max(always, packedBytes * MOST_TIMES))
      throw new DamagedFile(`it unpacks to more than ${MOST_TIMES} times its size`);
    yield chunk;
  }
}

const damaged = (error: unknown) => new DamagedFile(error instanceof Error ? error.message : String(error));

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let sourceError: Error | undefined;
  const tail = new Tail(chunks);
  const source = Readable.from(tail).once('error', (error: Error) => (sourceError = error));
  const unpack = createGunzip();
  // What goes wrong is reported by the stream that is read below.
  const done = pipeline(source, unpack).catch(() => undefined);
  try {
    for await (const chunk of unpack) yield chunk as Buffer;
    // Zeros fill up the last block of a tape; zlib passes over them, and over all that follows.
    if (tail.lastByte > unpack.bytesWritten) throw new DamagedFile('there is more after the end of the packed data');
  } catch (error) {
    if (error instanceof DamagedFile) throw error;
    throw sourceError ?? damaged(error);
  } finally {
    source.destroy();
    unpack.destroy();
    await done;
  }
}

/** Passes chunks on, and remembers how far into the stream the last byte stands that is not zero. */
class Tail {
  lastByte = 0;
  private bytes = 0;

  constructor(private readonly chunks: AsyncIterable<Buffer>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const chunk of this.chunks) {
      let end = chunk.length;
      while (end > 0 && chunk[end - 1] === 0) end--;
      if (end > 0) this.lastByte = this.bytes + end;
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

/** Packed bytes given to the decompressor at once. A block of 4 bytes can become 128 KiB: this bounds what piles up. */
const ZSTD_STEP = 4096;

/** In JavaScript, as Node's own zlib knows Zstandard from version 22.15 on only. */
async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unpackedParts: Buffer[] = [];
  const decompress = new Decompress((data) => unpackedParts.push(Buffer.from(data)));
  const push = (part: Uint8Array, last: boolean) => {
    try {
      decompress.push(part, last);
    } catch (error) {
      throw damaged(error);
    }
    return unpackedParts.splice(0);
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += ZSTD_STEP) yield* push(chunk.subarray(at, at + ZSTD_STEP), false);
  }
  yield* push(new Uint8Array(0), true);
}
