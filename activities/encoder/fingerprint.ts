import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_FILES } from './build-encoder';

/** What an encoder is known by: the sha256 over its model.onnx and tokenizer.json, one after the other. */
export async function fingerprintOf(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of Object.values(ENCODER_FILES)) {
    for await (const bytes of createReadStream(join(dir, name))) hash.update(bytes as Buffer);
  }
  return hash.digest('hex');
}
