import type { SampleCounts, SubjectKind, TaskVerdict } from '../../../schemas/evaluate-model';
import type { Contamination } from '../../../schemas/evaluation-contamination';
import type { JudgeSummary } from '../../../schemas/evaluation-judge';
import type { MeasuredMetric } from '../measure';
import type { PinnedSubject, Sample, ScoredSample } from '../interfaces';

/** What an evaluation has found, all of it: `report.json`, from which the page beside it is made. */
export interface EvaluationReport {
  workKey: string;
  candidate: ReportedSubject;
  reference: ReportedSubject | null;
  /** null where there was nothing to be held against. */
  verdict: TaskVerdict['verdict'];
  reasons: string[];
  tasks: ReportedTask[];
  /** The worst first. */
  worst: WorstSample[];
  cases: ReportedCases[];
  /** What was found of the cases in training texts. */
  contamination?: Contamination;
  /** Of each task with a judge. */
  judges?: JudgeSummary[];
  /** Of the samples that intervals were drawn from. */
  seed: number;
}

export interface ReportedTask extends TaskVerdict {
  /** What may be lost at most, in units of the metric. */
  margin: number;
  /** All that was measured in it. */
  metrics: MeasuredMetric[];
}

export interface ReportedSubject {
  name: string;
  kind: SubjectKind;
  version: number | null;
  /** A hash of all that can change its answers. */
  identity: string;
  counts: SampleCounts;
  pace: Pace;
}

/** Where cases came from. */
export interface ReportedCases {
  source: string;
  sha256: string;
  cases: number;
}

/** How long answers took and what they cost, of those that this run has waited for. */
export interface Pace {
  /** Answers that were not kept from before; nothing is said of the others. */
  measured: number;
  /** null where there are too few answers for it. */
  milliseconds: Record<PaceName, number | null>;
  /** Of 1,000 answers; null where none was measured. */
  usdPerThousand: number | null;
}

/** A case with the answers of both. */
export interface WorstSample {
  case: string;
  task: string;
  metric: string;
  slices: Record<string, string>;
  asked: string;
  expected: string;
  candidate: ShownAnswer;
  reference: ShownAnswer | null;
}

export interface ShownAnswer {
  state: Sample['state'];
  /** What was answered, or why nothing was. */
  text: string;
  score: number;
}

const PERCENTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
export type PaceName = keyof typeof PERCENTILES;
export const PACE_NAMES = Object.keys(PERCENTILES) as PaceName[];

const WORST = 20;
const SHOWN_CHARS = 2_000;
const SHOWN_DOCUMENTS = 10;

export const reportedSubject = (
  { name, kind, version, identity }: PinnedSubject,
  counts: SampleCounts,
  samples: readonly Sample[],
): ReportedSubject => ({ name, kind, version, identity, counts, pace: paceOf(samples) });

/** A percentile is the answer of that rank (nearest rank); it is told where at least one answer lies above it. */
export function paceOf(samples: readonly Sample[]): Pace {
  const answers = samples.flatMap(({ answer, kept }) => (answer && !kept ? [answer] : []));
  const sorted = answers.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (share: number): number | null => {
    const rank = Math.ceil(share * sorted.length);
    return rank < sorted.length ? (sorted[rank - 1] ?? null) : null;
  };
  const { p50, p90, p95, p99 } = PERCENTILES;
  return {
    measured: answers.length,
    milliseconds: { p50: at(p50), p90: at(p90), p95: at(p95), p99: at(p99) },
    usdPerThousand:
      answers.length === 0 ? null : (answers.reduce((sum, { usd }) => sum + usd, 0) / answers.length) * 1e3,
  };
}

/**
 * Where a candidate has lost most against its reference, on the same case; without one, where it has scored least. Cases
 * at which nothing was lost, or which were not put to both, are none of them. Equals stand in the order of their ids.
 * @param reference samples of the same cases; null without a reference.
 */
export function worstOf(
  metric: string,
  candidate: readonly ScoredSample[],
  reference: readonly ScoredSample[] | null,
): WorstSample[] {
  const others = new Map(reference?.map((one) => [one.case.id, one]));
  const both = candidate.flatMap((one): WorstSample[] => {
    const other = others.get(one.case.id);
    const sides = other ? [one, other] : [one];
    if ((reference && !other) || sides.some(({ sample }) => sample.state === 'unasked')) return [];
    // A metric may not be of every case, such as how well an answer is supported where there are no passages.
    if (sides.every(({ sample, scores }) => sample.state === 'answered' && !(metric in scores))) return [];
    const { id, task, slices, input } = one.case;
    return [
      {
        ...{ case: id, task, metric, slices, asked: cut(input), expected: expectedOf(one) },
        candidate: shown(one, metric),
        reference: other ? shown(other, metric) : null,
      },
    ];
  });
  return worstFirst(both.filter((one) => lossOf(one) > 0));
}

/** The worst of several tasks together. */
export const worstFirst = (samples: readonly WorstSample[]): WorstSample[] =>
  [...samples].sort((a, b) => lossOf(b) - lossOf(a) || (a.case < b.case ? -1 : 1)).slice(0, WORST);

/** Against the reference, or against a full score. */
export const lossOf = ({ candidate, reference }: WorstSample): number => (reference?.score ?? 1) - candidate.score;

function shown({ sample: { state, answer, error }, scores }: ScoredSample, metric: string): ShownAnswer {
  const ranked = answer?.ranked?.slice(0, SHOWN_DOCUMENTS).join('\n');
  const text = answer ? (ranked ?? answer.text) : error ? `${error.code}: ${error.message}` : '';
  return { state, text: cut(text), score: scores[metric] ?? 0 };
}

function expectedOf({ case: { answers, gains } }: ScoredSample): string {
  const documents = Object.entries(gains).sort(([, a], [, b]) => b - a);
  const listed = answers.length > 0 ? answers : documents.map(([id, gain]) => `${id} (${gain})`);
  return cut(listed.slice(0, SHOWN_DOCUMENTS).join('\n'));
}

const cut = (text: string): string => (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)} …` : text);
