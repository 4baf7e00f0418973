import { createReadStream } from 'node:fs';
import type { CleaningRules } from '../../../schemas/recipes';
import { failure } from '../../errors';
import type { Report } from '../../kit/heartbeat';
import type { FilterResult } from '../filter';
import { linesOf } from '../read/lines';
import { reasonByScores } from '../rules/by-scores';
import { restoreSpans, type Cut } from '../spans/cut';
import { hashOf, type RejectedDocument, UnitOutput } from '../unit-output';

/** A document of a unit as the dataset or its rejects have it. */
export interface KeptRow extends Omit<RejectedDocument, 'reason'> {
  /** null for one that was kept. */
  reason: string | null;
  /** Of a duplicate, what stayed in its place. */
  duplicate_of: string | null;
  /** Of a document that lost spans, what it was before; null for others. */
  cut: { content_hash: string; words: number; cuts: Cut[] } | null;
}

export interface ApplyTask {
  /** JSON Lines of the unit's documents, in the order in which they were read. */
  rows: string;
  /** How many there are. */
  count: number;
  rules: CleaningRules;
  /** Empty folder for the result. */
  dir: string;
}

/** Documents that were good enough, and had a better copy or too many copies of their parts: that is found out anew. */
const DUPLICATES = new Set(['exact_duplicate', 'near_duplicate', 'duplicate_spans']);
/** What stands before the id of a document of an earlier version: a duplicate of one stays that. */
const EARLIER = /^[a-z0-9][a-z0-9._-]{0,62}@\d+\//;

/** Decides on each document of a unit by its scores, and leaves what filtering the unit would have left. */
export async function applyThresholds({ rows, count, rules, dir }: ApplyTask, report: Report): Promise<FilterResult> {
  const output = new UnitOutput(dir, rules);
  let read = 0;
  try {
    for await (const { bytes } of linesOf(
      createReadStream(rows, { highWaterMark: 1 << 20 }),
      Number.MAX_SAFE_INTEGER,
    )) {
      take(output, rules, JSON.parse(bytes.toString('utf8')) as KeptRow);
      if (++read % 1_000 === 0) report(read, count);
    }
    output.close();
  } finally {
    output.release();
  }
  const { kept, rejected, reasons, longestLine, planted } = output;
  if (read !== count || read !== kept + rejected) {
    const what = `${count} documents are on record, ${read} were read, ${kept} kept and ${rejected} rejected.`;
    throw failure('InvariantBroken', what);
  }
  return { read, kept, rejected, reasons, lines: {}, pii: {}, longestLine, planted };
}

function take(output: UnitOutput, rules: CleaningRules, { duplicate_of, cut, ...found }: KeptRow): void {
  const row = cut ? { ...found, words: cut.words, text: restored(found, cut) } : found;
  const { id, source, format, title, url, language, found_hash, words, scores, fixed_reason, reason } = row;
  const isDuplicate = reason !== null && DUPLICATES.has(reason);
  if (isDuplicate && duplicate_of !== null && EARLIER.test(duplicate_of)) {
    output.reject({ ...row, reason, detail: duplicate_of });
    return;
  }
  // What was never judged, and what no threshold decides on, stays as it is.
  const now = scores === null ? reason : reasonByScores(rules, scores, { fixed: fixed_reason, language });
  if (now !== null) {
    output.reject({ ...row, reason: now });
    return;
  }
  const text = reason === null || isDuplicate ? row.text : (row.text_if_kept ?? row.text);
  const kept = { id, source, format, row: row.row, title, url, language, text, words: words ?? 0, scores };
  output.keep({ ...kept, found_hash: found_hash ?? '' });
}

/** The text before spans were cut out of it. @throws `InvariantBroken` where it is not what its hash says. */
function restored(
  { id, text }: Pick<KeptRow, 'id' | 'text'>,
  { cuts, content_hash }: NonNullable<KeptRow['cut']>,
): string {
  const whole = restoreSpans(text, cuts);
  if (hashOf(whole) !== content_hash)
    throw failure('InvariantBroken', `What was cut out of ${id} does not fit into it.`);
  return whole;
}
