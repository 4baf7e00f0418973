import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createReadStream } from 'node:fs';
import { linesOf } from '../cleaning/read/lines';
import { LineWriter } from '../cleaning/line-writer';
import type { Report } from '../kit/heartbeat';
import { fittedTransform } from './fitted';
import { readHistory } from './load';
import { FeatureTransform } from './transform';

/** File with a row of features a line, made into Parquet after; its fields are `c0`, `c1`, … in the order of columns. */
export const MADE = 'made.jsonl';

/** Vectors of a feature, row after row; a row without one has NaN first. */
export interface VectorFile {
  feature: string;
  file: string;
  dimensions: number;
}

export interface TransformTask {
  /** transform.json. */
  transform: string;
  /** Raw values, as the read phase leaves them. */
  rows: string;
  /** Events that the rows look back on; null where there is no window. */
  history: string | null;
  vectors: VectorFile[];
  /** The rows are those that were fitted on. */
  training: boolean;
  dir: string;
}

export interface TransformResult {
  rows: number;
  /** Values that can not be used, by column. */
  bad: Record<string, number>;
}

/** Makes the features of a unit's rows, in their order. Reports rows. */
export async function transformUnit(task: TransformTask, report: Report): Promise<TransformResult> {
  const fitted = fittedTransform.parse(JSON.parse(readFileSync(task.transform, 'utf8')));
  const transform = new FeatureTransform(fitted, task.history === null ? undefined : await readHistory(task.history));
  const vectors = task.vectors.map((file) => new VectorReader(file));
  // Short names: those of columns would be most of the file.
  const prefixes = transform.outputs.map((_, place) => `${place === 0 ? '{' : ','}"c${place}":`);
  // Without prototype: a column may have any name.
  const bad = Object.create(null) as Record<string, number>;
  const onBad = (column: string) => (bad[column] = (bad[column] ?? 0) + 1);
  const output = new LineWriter(path.join(task.dir, MADE));
  let rows = 0;
  try {
    for await (const { bytes } of linesOf(createReadStream(task.rows, { highWaterMark: 1 << 20 }), Infinity)) {
      const raw = JSON.parse(bytes.toString('utf8')) as unknown[];
      const made = transform.applyValues(raw, {
        training: task.training,
        ...(vectors.length > 0 ? { vectors: new Map(vectors.flatMap((reader) => reader.of(rows))) } : {}),
        onBad,
      });
      let line = '';
      // A finite number's own text is what JSON has for it, and is had in half the time.
      for (let place = 0; place < made.length; place++) {
        const value = made[place] ?? null;
        line += `${prefixes[place]}${typeof value === 'number' ? value : JSON.stringify(value)}`;
      }
      output.write(`${line || '{'}}`);
      if (++rows % 1000 === 0) report(rows, 0);
    }
    output.close();
  } finally {
    output.release();
  }
  return { rows, bad: { ...bad } };
}

class VectorReader {
  private readonly values: Float32Array;

  constructor(private readonly source: VectorFile) {
    // A small file may lie anywhere in a pooled buffer, and floats need an offset that is a multiple of four.
    this.values = new Float32Array(Uint8Array.from(readFileSync(source.file)).buffer);
  }

  of(row: number): [string, number[]][] {
    const { feature, dimensions } = this.source;
    const vector = this.values.subarray(row * dimensions, (row + 1) * dimensions);
    return Number.isNaN(vector[0]) ? [] : [[feature, Array.from(vector)]];
  }
}
