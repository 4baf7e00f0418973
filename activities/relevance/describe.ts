import type { Script } from '../../schemas/relevance';
import type { Estimate } from './bootstrap';
import type { Fitted } from './fit';

const SCRIPT_NAMES: Record<Script, string> = { cjk: 'Chinese, Japanese, Korean', other: 'other scripts' };

const at = (value: number): string => value.toFixed(3);

/** A mean with its interval, such as `0.441 (0.402 to 0.479)`. */
export const interval = ({ mean, low, high }: Estimate): string => `${at(mean)} (${at(low)} to ${at(high)})`;

/** What a fit found, in a sentence. */
export function describeFit(script: Script, { way, queries, ways, vectors }: Fitted): string {
  const { fusion, ndcg } = ways[way];
  const about = `${SCRIPT_NAMES[script]} (${queries} queries)`;
  const alone = `nDCG@10 of vectors alone ${at(vectors.mean)}, of words alone ${at(ways.words.ndcg.mean)}`;
  if (fusion.method === 'rrf') {
    return `${about}: words and vectors fused by rank, ${at(ndcg.mean)}; nothing that was tried is clearly better (${alone})`;
  }
  const vectorsOff = fusion.vector === 0 && (fusion.feedback?.vector ?? 0) === 0;
  // Far apart: the intervals of the two do not touch.
  const notUnderstood = vectors.high < ways.words.ndcg.low;
  const first = vectorsOff
    ? `vectors off${notUnderstood ? ': this encoder does not understand it' : ': they add nothing'}`
    : `${percent(fusion.words)} words and ${percent(fusion.vector)} vectors by score`;
  const { feedback } = fusion;
  const like = feedback
    ? `, then what is like the best ${feedback.documents} (words ${feedback.words}, vectors ${feedback.vector})`
    : '';
  return `${about}: ${first}${like}, ${at(ndcg.mean)} (${alone}, fused by rank ${at(ways.rrf.ndcg.mean)})`;
}

const percent = (share: number): string => `${Math.round(share * 100)}%`;

/** Where there were too few queries to fit anything. */
export const describeDefault = (script: Script, queries: number, needed: number): string =>
  `${SCRIPT_NAMES[script]}: ${queries} golden queries to fit on, of ${needed} that it takes; words and vectors are fused by rank`;
