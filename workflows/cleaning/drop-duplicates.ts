import type { MatchUnitInput } from '../../activities/cleaning';
import type { CutCounts } from '../../schemas/clean-dataset';
import { addCounts } from '../kit/add-counts';
import { findRepeatedSpans } from './cut-spans';
import { cpu } from '../kit/pools';
import type { StageRun } from '../kit/stage';

/**
 * Shares that finding duplicates is cut into. Each reads every signature and sorts its own bands; 15 is one for the
 * exact hashes and one for each of the 14 MinHash bands, the finest cut there is.
 */
const MATCH_PARTS = 15;

/** The phases of `dropDuplicates`, in their order. */
export const DUPLICATE_PHASES = ['match', 'cluster', 'spans', 'repeats', 'remains', 'recount', 'write'] as const;

interface Written {
  kept: number;
  reasons: Record<string, number>;
  /** What was cut out of those kept; absent where no repeated spans were sought. */
  cut?: CutCounts;
}

/** From what filtering has kept to what stays of it, and what the rest was a duplicate of. */
export async function dropDuplicates<I>(run: StageRun<I>, { rules, ...found }: Omit<MatchUnitInput, 'part' | 'parts'>) {
  const { workKey, units } = found;
  const parts = MATCH_PARTS;
  await run.units('match', {
    total: parts,
    initial: 0,
    start: (part) => cpu().matchUnit({ ...found, part, parts, rules }),
    fold: (pairs, result) => pairs + result.pairs,
  });
  const { planted } = await run.step('cluster', () => cpu().clusterDuplicates({ ...found, parts }));
  const spans = await findRepeatedSpans(run, { workKey, units, rules });
  const nothing: Written = { kept: 0, reasons: {} };
  const written = await run.units('write', {
    total: units,
    initial: nothing,
    start: (unit) => cpu().writeShard({ workKey, unit, ...(spans ? { spans } : {}) }),
    fold: (sum, { kept, duplicates, cut }) => ({
      kept: sum.kept + kept,
      reasons: addCounts(sum.reasons, duplicates),
      ...(cut ? { cut: addCuts(sum.cut, cut) } : {}),
    }),
    counts: ({ kept, reasons, cut }) => ({ kept, ...reasons, ...(cut ? { spansCut: cut.spans } : {}) }),
  });
  return { planted, written };
}

const addCuts = (sum: CutCounts = { documents: 0, spans: 0, chars: 0 }, unit: CutCounts): CutCounts => ({
  documents: sum.documents + unit.documents,
  spans: sum.spans + unit.spans,
  chars: sum.chars + unit.chars,
});
