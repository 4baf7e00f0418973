import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { failure } from '../errors';

/** Writes all of `bytes`: a full disk is met by a short write first. */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
}

/** @throws `InvariantBroken` where the file ends before `length` bytes from `position` on. */
export function readBytes(file: string, position: number, length: number): ArrayBuffer {
  const bytes = new ArrayBuffer(length);
  const handle = openSync(file, 'r');
  try {
    for (let read = 0; read < length;) {
      const got = readSync(handle, new Uint8Array(bytes, read), 0, length - read, position + read);
      if (got === 0) throw failure('InvariantBroken', `${file} has fewer than ${position + length} bytes.`);
      read += got;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/** Writes an array of numbers as a file of their bytes, little-endian as every machine that runs this is. */
export function writeNumbers(file: string, numbers: Int32Array | Uint32Array): void {
  const handle = openSync(file, 'w');
  try {
    writeAll(handle, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  } finally {
    closeSync(handle);
  }
}
