import type { Client } from '@elastic/elasticsearch';
import type { Evaluation } from '../../schemas/relevance';
import type { Report } from '../kit/heartbeat';
import { type QueryEncoder, SearchRefused } from '../search/hybrid-search';
import { bootstrapMean, pairedBootstrap } from '../evaluation/statistics/bootstrap';
import { interval } from './describe';
import { type Measured, measure } from './engine';
import { K } from './fit';
import { type GoldenQuery, isHeldOut } from './golden';

/** Fewer queries than this can not tell a good index from a bad one. */
export const MIN_JUDGED = 10;

/** What a gate says of an index: why a person should look at it, if so, and what was measured. */
export interface Judgement {
  /** Why the new index should not simply go live; null where it may. */
  objection: string | null;
  evaluation: Evaluation;
  warnings: string[];
  /** The evaluation as a Markdown table. */
  table: string;
}

/**
 * Scores a new index, and the one that is live, on the golden queries that nothing was fitted on. Each is asked as its
 * users do or will, with its own encoder and profile. The new one may go live where the lower end of the 95% interval of what it
 * gains in nDCG@10 is not below -margin: where the queries are too few to be sure of that, it is held as well.
 */
export async function judgeIndex(
  client: Client,
  encoders: { now: QueryEncoder; before: QueryEncoder },
  { physical, live, margin }: { physical: string; live: string | null; margin: number },
  queries: readonly GoldenQuery[],
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<Judgement> {
  const held = queries.filter(isHeldOut);
  if (held.length < MIN_JUDGED) {
    const evaluation = { queries: held.length, ndcg: null, recall: null, mrr: null, live: null };
    const warnings = [`${held.length} golden queries are held out, of ${MIN_JUDGED} that it takes to judge an index`];
    return { objection: null, evaluation, warnings, table: '' };
  }
  const rounds = live === null ? 1 : 2;
  const ask = (encoder: QueryEncoder, alias: string, before: number) => {
    const told = (done: number) => report(before * held.length + done, rounds * held.length);
    return measure(client, encoder, { alias }, held, { report: told, signal });
  };
  const now = await ask(encoders.now, physical, 0);
  const evaluation: Evaluation = {
    queries: held.length,
    ndcg: bootstrapMean(now.ndcg),
    recall: bootstrapMean(now.recall),
    mrr: bootstrapMean(now.mrr),
    live: null,
  };
  if (live === null) return { objection: null, evaluation, warnings: [], table: evaluationTable(evaluation) };

  let before: Measured;
  try {
    before = await ask(encoders.before, live, 1);
  } catch (error) {
    if (!(error instanceof SearchRefused)) throw error;
    const objection = `the live index can not be compared: ${error.message}`;
    return { objection, evaluation, warnings: [], table: evaluationTable(evaluation) };
  }
  const gain = pairedBootstrap(before.ndcg, now.ndcg);
  evaluation.live = { physical: live, ndcg: bootstrapMean(before.ndcg), gain };
  const objection =
    gain.low < -margin
      ? `nDCG@${K} moves by ${interval(gain)} on ${held.length} golden queries, which may be a loss of more than the margin of ${margin}`
      : null;
  return { objection, evaluation, warnings: [], table: evaluationTable(evaluation) };
}

/** An evaluation for the details of a run. */
export function evaluationTable({ queries, ndcg, recall, mrr, live }: Evaluation): string {
  const cell = (value: typeof ndcg) => (value ? interval(value) : '');
  return [
    `| ${queries} held-out golden queries | new | live | gain |`,
    '|---|---|---|---|',
    `| nDCG@${K} | ${cell(ndcg)} | ${cell(live?.ndcg ?? null)} | ${cell(live?.gain ?? null)} |`,
    `| recall@${K} | ${cell(recall)} | | |`,
    `| MRR@${K} | ${cell(mrr)} | | |`,
  ].join('\n');
}
