import type { Script } from '../../schemas/relevance';
import { describeFusion } from '../search/describe-fusion';
import type { Estimate } from '../evaluation/statistics/bootstrap';
import type { Fitted, Way } from './fit';

const SCRIPT_NAMES: Record<Script, string> = { cjk: 'Chinese, Japanese, Korean', other: 'other scripts' };

const at = (value: number): string => value.toFixed(3);

/** A mean with its interval, such as `0.441 (0.402 to 0.479)`. */
export const interval = ({ mean, low, high }: Estimate): string => `${at(mean)} (${at(low)} to ${at(high)})`;

/** What a fit found, in a sentence. */
export function describeFit(script: Script, { way, queries, ways, vectors }: Fitted): string {
  const { fusion, ndcg } = ways[way];
  const about = `${SCRIPT_NAMES[script]} (${queries} queries)`;
  const alone = `of vectors alone ${at(vectors.mean)}, of words alone ${at(ways.words.ndcg.mean)}`;
  const others = way === 'rrf' ? alone : `${alone}, of both fused by rank ${at(ways.rrf.ndcg.mean)}`;
  const why = way === 'rrf' ? ': nothing that was tried is clearly better' : vectorsOff(way, ways, vectors);
  return `${about}: ${describeFusion(fusion)}${why}; nDCG@10 ${at(ndcg.mean)}, ${others}`;
}

function vectorsOff(way: Way, ways: Fitted['ways'], vectors: Estimate): string {
  const { fusion } = ways[way];
  if (fusion.method === 'rrf' || fusion.vector > 0) return '';
  // Far apart: the intervals of the two do not touch.
  const understood = vectors.high >= ways.words.ndcg.low;
  return `: vectors off, ${understood ? 'for they add nothing' : 'this encoder does not understand it'}`;
}

/** Where there were too few queries to fit anything. */
export const describeDefault = (script: Script, queries: number, needed: number): string =>
  `${SCRIPT_NAMES[script]}: ${queries} golden queries to fit on, of ${needed} that it takes; words and vectors are fused by rank`;
