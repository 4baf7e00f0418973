import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { linesOf } from '../cleaning/read/lines';
import type { Encoder } from '../encoder/encoder';
import type { Report } from '../kit/heartbeat';
import type { FeatureTransform } from './transform';
import { textOf } from './values';

/** Rows embedded at once: a unit may have a hundred thousand, and a stop is to be noticed between. */
const BATCH = 512;

/** File with the vectors of each embedding feature, in the order of the features. */
export const embeddingFiles = ({ embeddedColumns }: FeatureTransform): { feature: string; file: string }[] =>
  [...embeddedColumns.keys()].map((feature, place) => ({ feature, file: `vectors-${place}.f32` }));

/**
 * Embeds the texts of a unit's rows: 32-bit floats, little-endian, vector after vector; of a row without a text all are
 * NaN. Reports texts.
 */
export async function embedRows(
  rows: string,
  transform: FeatureTransform,
  encoder: Pick<Encoder, 'encode' | 'identity'>,
  dir: string,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<{ rows: number }> {
  const { dimensions } = encoder.identity;
  const columns = [...transform.embeddedColumns.values()].map((column) => transform.columns.indexOf(column));
  const parts: Buffer[][] = columns.map(() => []);
  let [batch, done]: [unknown[][], number] = [[], 0];
  const embed = async () => {
    for (const [place, column] of columns.entries()) {
      const texts = batch.map((raw) => textOf(raw[column]));
      const present = texts.flatMap((text, at) => (typeof text === 'string' ? [{ text, at }] : []));
      const encoded = await encoder.encode(
        present.map(({ text }) => text),
        { signal },
      );
      const vectors = new Float32Array(batch.length * dimensions).fill(Number.NaN);
      present.forEach(({ at }, from) => {
        vectors.set(encoded.subarray(from * dimensions, (from + 1) * dimensions), at * dimensions);
      });
      parts[place]?.push(Buffer.from(vectors.buffer));
    }
    report((done += batch.length), 0);
    batch = [];
  };
  for await (const { bytes } of linesOf(createReadStream(rows), Infinity)) {
    batch.push(JSON.parse(bytes.toString('utf8')) as unknown[]);
    if (batch.length === BATCH) await embed();
  }
  if (batch.length > 0) await embed();
  for (const [place, { file }] of embeddingFiles(transform).entries()) {
    await writeFile(path.join(dir, file), Buffer.concat(parts[place] ?? []));
  }
  return { rows: done };
}
