import { patched } from '@temporalio/workflow';
import type { MatchUnitInput, WriteShardInput } from '../../activities/cleaning';
import { spanRulesOf } from '../../schemas/recipes';
import { cpu } from '../kit/pools';
import type { StageRun } from '../kit/stage';

/** Spans that one part of matching them holds at most, about: some 60 MB. */
const SPANS_A_PART = 1 << 20;
/** The finest cut there is: the signed spans of a unit lie in as many buckets. */
const MOST_PARTS = 4096;

/**
 * The phases `spans`, `repeats`, `remains` and `recount`: what of the documents that document-level duplicates have left
 * stands in more than one place. Documents of which too little would be left are found before anything is cut, and the
 * repeats sought anew without them: what is cut out of a document then stands in another that stays. Returns what the
 * write phase needs to cut it; undefined where none is sought.
 */
export async function findRepeatedSpans<I>(
  run: StageRun<I>,
  { workKey, units, rules }: Pick<MatchUnitInput, 'workKey' | 'units' | 'rules'>,
): Promise<WriteShardInput['spans']> {
  // The recipe `c4` seeks them since there are such phases: runs of it that are older go on without.
  if (!spanRulesOf(rules) || !patched('duplicate-spans')) return undefined;
  const signed = await run.units('spans', {
    total: units,
    initial: 0,
    start: (unit) => cpu().signSpans({ workKey, unit, rules }),
    fold: (sum, { spans }) => sum + spans,
  });
  const parts = Math.min(MOST_PARTS, Math.max(1, Math.ceil(signed / SPANS_A_PART)));
  const match = (phase: 'repeats' | 'recount') =>
    run.units(phase, {
      total: parts,
      initial: 0,
      start: (part) => cpu().findRepeatedSpans({ workKey, units, part, parts, withoutPoor: phase === 'recount' }),
      fold: (sum, { repeats }) => sum + repeats,
    });
  await match('repeats');
  const poor = await run.units('remains', {
    total: units,
    initial: 0,
    start: (unit) => cpu().findPoorDocuments({ workKey, unit, parts, rules }),
    fold: (sum, found) => sum + found.poor,
  });
  if (poor > 0) await match('recount');
  return { parts, rules, recounted: poor > 0 };
}
