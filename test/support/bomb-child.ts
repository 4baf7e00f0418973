import { linesOf } from '../../activities/cleaning/read/lines';
import { DamagedFile, unpacked } from '../../activities/cleaning/read/bytes';
import { zstdBomb } from './fuzz/bombs';

/** Reads what was made to fill a memory, and writes what came of it: bytes, and KiB of memory at the most. */
const MIB = 2 ** 20;

async function* oneLine(): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(4 * MIB, 'x');
  for (let sent = 0; sent < 1_024 * MIB; sent += piece.length) yield await Promise.resolve(piece);
}

async function* bomb(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(zstdBomb(2_000_000));
}

async function main(): Promise<void> {
  const before = process.resourceUsage().maxRSS;
  let tooLong = 0;
  for await (const line of linesOf(oneLine(), MIB)) if (line.tooLong) tooLong += 1;
  let bytes = 0;
  let damage = '';
  try {
    for await (const chunk of unpacked(bomb(), 'zstd', 128 * MIB)) {
      bytes += chunk.length;
      // Beyond what the packed bytes allow nothing more is wanted here: memory is what is looked at.
      if (bytes > 256 * MIB) break;
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    damage = error.message;
  }
  const grown = process.resourceUsage().maxRSS - before;
  process.stdout.write(JSON.stringify({ tooLong, bytes, damage, grown }));
}
void main();
