import { intervalOf, resampleMean, resampleStatistic, type Resampled } from '../evaluation/statistics/resample';
import type { Report } from '../kit/heartbeat';
import { macroF1 } from './macro-f1';

/** The documents nearest to each query, by the cosine of unit vectors: their places, best first, of equal ones the first. */
export function nearest(
  task: { queries: Float32Array; documents: Float32Array; width: number; k: number },
  report: Report,
): Uint32Array[] {
  const { queries, documents, width, k } = task;
  const [asked, count] = [queries.length / width, documents.length / width];
  const scores = new Float64Array(count);
  return Array.from({ length: asked }, (_, query) => {
    for (let document = 0; document < count; document += 1) {
      let sum = 0;
      for (let at = 0; at < width; at += 1) {
        sum += (queries[query * width + at] ?? 0) * (documents[document * width + at] ?? 0);
      }
      scores[document] = sum;
    }
    report(query + 1, asked);
    return best(scores, k);
  });
}

function best(scores: Float64Array, k: number): Uint32Array {
  const order = Uint32Array.from(scores.keys());
  return order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, k);
}

/** Values of both systems for each query, or the label that each case truly has and was told. */
export type Compared =
  | { kind: 'values'; teacher: readonly number[]; student: readonly number[] }
  | { kind: 'labels'; truth: readonly number[]; teacher: readonly number[]; student: readonly number[] };

export interface Comparison {
  teacher: number;
  student: number;
  gain: Resampled;
  /** Share of the teacher's quality that is kept, with its 95% interval; null where the teacher has none. */
  kept: { mean: number; low: number; high: number } | null;
}

/** The quality of both, and draws of what the student gains on the same cases. */
export function compare(compared: Compared): Comparison {
  const { teacher, student } = compared;
  const quality =
    compared.kind === 'values'
      ? meanAt
      : (told: readonly number[], places: Uint32Array) => macroF1(compared.truth, told, places);
  const all = Uint32Array.from(teacher.keys());
  const of = quality(teacher, all);
  const kept =
    of > 0
      ? resampleStatistic(teacher.length, (places) => quality(student, places) / (quality(teacher, places) || of))
      : null;
  return {
    teacher: of,
    student: quality(student, all),
    gain:
      compared.kind === 'values'
        ? resampleMean(student.map((value, at) => value - (teacher[at] ?? 0)))
        : resampleStatistic(teacher.length, (places) => quality(student, places) - quality(teacher, places)),
    kept: kept && { mean: kept.observed, ...intervalOf(kept) },
  };
}

const meanAt = (values: readonly number[], places: Uint32Array): number => {
  let sum = 0;
  for (const place of places) sum += values[place] ?? 0;
  return sum / places.length;
};
