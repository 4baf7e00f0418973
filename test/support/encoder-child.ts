import { openEncoder } from '../../activities/encoder/encoder';

/** Opens the encoder in the folder that is named, encodes, closes, and ends when nothing is left to do. */
async function main(): Promise<void> {
  const encoder = await openEncoder({ dir: process.argv[2] ?? '', name: 'child', threads: 2, provider: 'cpu' });
  await encoder.encode(['a text']);
  await encoder.close();
  console.log('closed');
}

void main();
