import type { MatchUnitInput } from '../activities/cleaning';
import { addReasons } from './add-reasons';
import { cpu } from './kit/pools';
import type { StageRun } from './kit/stage';

/**
 * Shares that finding duplicates is cut into. Each reads every signature and sorts its own bands; 15 is one for the
 * exact hashes and one for each of the 14 MinHash bands, the finest cut there is.
 */
const MATCH_PARTS = 15;

/** The phases `match`, `cluster` and `write`: of what filtering has kept, what stays, and what it was a duplicate of. */
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
  const written = await run.units('write', {
    total: units,
    initial: { kept: 0, reasons: {} },
    start: (unit) => cpu().writeShard({ workKey, unit }),
    fold: (sum, { kept, duplicates }) => ({ kept: sum.kept + kept, reasons: addReasons(sum.reasons, duplicates) }),
    counts: ({ kept, reasons }) => ({ kept, ...reasons }),
  });
  return { planted, written };
}
