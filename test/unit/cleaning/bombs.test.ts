import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { DamagedFile, unpacked } from '../../../activities/cleaning/read/bytes';
import { zstdBomb } from '../../support/fuzz/bombs';

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
const MIB = 2 ** 20;

async function unpack(bytes: Buffer, packing: 'gzip' | 'zstd', always?: number): Promise<number> {
  const chunks = async function* () {
    yield await Promise.resolve(bytes);
  };
  let unpackedBytes = 0;
  for await (const chunk of unpacked(chunks(), packing, always)) unpackedBytes += chunk.length;
  return unpackedBytes;
}

it.each([
  ['gzip', gzipSync(Buffer.alloc(16 * MIB))],
  ['zstd', zstdBomb(4_000)],
] as const)(
  'a file of %s that grows beyond all texts is a damaged one, unless it is small all the same',
  async (packing, bytes) => {
    await expect(unpack(bytes, packing, MIB)).rejects.toThrow(DamagedFile);
    expect(await unpack(bytes, packing)).toBeGreaterThan(bytes.length * 250);
  },
);

it('neither a bomb nor a line of a gigabyte fills the memory', async () => {
  const child = path.join(__dirname, '../../support/bomb-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [JITI, child], { timeout: 60_000 });
  const { tooLong, bytes, grown } = JSON.parse(stdout) as { tooLong: number; bytes: number; grown: number };
  expect(tooLong).toBe(1);
  expect(bytes).toBeGreaterThan(256 * MIB);
  // KiB. What is kept of either is at most a mebibyte or two; the rest is garbage that the collector of a busy machine leaves for later. A line
  // that is kept would be 1 GiB, a bomb that is unpacked in one piece far more.
  expect(grown).toBeLessThan(512 * 1024);
});
