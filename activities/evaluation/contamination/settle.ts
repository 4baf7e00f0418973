import type { Contamination, ContaminationAction } from '../../../schemas/evaluation-contamination';
import { failure } from '../../errors';
import type { PlannedCase } from '../plan';
import type { FoundCase } from './find-cases';
import type { TrainingTexts } from './training-texts';

/** What a subject of a plan was trained on. */
export interface TrainingRecord extends TrainingTexts {
  /** Its name. */
  subject: string;
}

/** What was looked at, and what was found there. */
export interface Search {
  found: readonly FoundCase[];
  texts: number;
  tooShort: number;
}

export const NOTHING_LOOKED_AT: Search = { found: [], texts: 0, tooShort: 0 };

const MOST_SOURCES = 20;
const MOST_SLICES = 20;
const MOST_EXAMPLES = 10;

/**
 * Says which cases stand in training texts, and which are left to be asked: a case that one side knows is left out for both, or they
 * would not be compared on the same cases.
 */
export function settleCases(
  cases: readonly PlannedCase[],
  training: readonly TrainingRecord[],
  { found, texts, tooShort }: Search,
  action: ContaminationAction,
): { kept: PlannedCase[]; contamination: Contamination } {
  const places = new Set(found.map(({ at }) => at));
  const kept = action === 'exclude' ? cases.filter((_, at) => !places.has(at)) : [...cases];
  const counts = {
    given: cases.length,
    found: places.size,
    excluded: action === 'exclude' ? places.size : 0,
    evaluated: kept.length,
  };
  if (counts.excluded + counts.evaluated !== counts.given) {
    throw failure(
      'InvariantBroken',
      `Of ${counts.given} cases ${counts.excluded} + ${counts.evaluated} are accounted for.`,
    );
  }
  const subjects = training.map(({ subject, files, unknown }) => {
    const sources = new Set(files.map(({ source }) => source));
    const own = new Set(found.flatMap(({ at, source }) => (sources.has(source) ? [at] : [])));
    return { name: subject, found: own.size, sources: [...sources].slice(0, MOST_SOURCES), unknown };
  });
  const seen = new Set<number>();
  const examples = found
    .toSorted((a, b) => a.at - b.at || (a.source < b.source ? -1 : 1))
    .filter(({ at }) => !seen.has(at) && seen.add(at))
    .slice(0, MOST_EXAMPLES)
    .flatMap(({ at, source, words }) => {
      const one = cases[at]?.case;
      return one ? [{ case: one.id, task: one.task, source, words }] : [];
    });
  const slices = slicesOf(cases, places).slice(0, MOST_SLICES);
  return { kept, contamination: { action, cases: counts, tooShort, texts, subjects, slices, examples } };
}

/** Slices with cases that were found, the largest share first. */
function slicesOf(cases: readonly PlannedCase[], places: ReadonlySet<number>): Contamination['slices'] {
  const slices = new Map<string, { name: string; cases: number; found: number }>();
  for (const [at, { case: one }] of cases.entries()) {
    for (const [slice, value] of Object.entries(one.slices)) {
      const name = `${slice} ${value}`;
      const counted = slices.get(name) ?? { name, cases: 0, found: 0 };
      counted.cases += 1;
      if (places.has(at)) counted.found += 1;
      slices.set(name, counted);
    }
  }
  return [...slices.values()]
    .filter(({ found }) => found > 0)
    .sort((a, b) => b.found / b.cases - a.found / a.cases || b.found - a.found || (a.name < b.name ? -1 : 1));
}

const DONE = {
  exclude: 'and were left out for both sides',
  warn: 'and were asked all the same',
  fail: 'so nothing was asked',
} as const;

/** What was found, in a sentence; null where nothing was. */
export function tellContamination({ action, cases, subjects, slices }: Contamination): string | null {
  if (cases.found === 0) return null;
  const knows = subjects.filter(({ found }) => found > 0);
  const whose = knows.map(({ name, found, sources }) => `${name}: ${found}, of ${sources.join(', ')}`).join('; ');
  const where = slices
    .slice(0, 3)
    .map(({ name, cases: all, found }) => `${found} of ${all} in ${name}`)
    .join(', ');
  return `${cases.found} of ${cases.given} cases stand in training texts (${whose}) ${DONE[action]}: ${where}`;
}
