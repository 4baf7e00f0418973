import type { StudentPrecision } from '../../schemas/distillation-gate';
import { buildClassifier, buildEncoder } from '../encoder/build-encoder';

export interface BuildTask {
  /** A folder in Hugging Face layout. */
  from: string;
  /** An empty folder. */
  to: string;
  task: 'embedding' | 'classifier';
  precision: StudentPrecision;
  /** Numbers of a vector; null for all. */
  dimensions: number | null;
}

/** Builds a graph: a second or two of arithmetic on all weights, which nobody's event loop should wait for. */
export async function build({ from, to, task, precision, dimensions }: BuildTask): Promise<void> {
  if (task === 'classifier') await buildClassifier(from, to, precision);
  else await buildEncoder(from, to, precision, dimensions ?? undefined);
}
