import type { SpanRules } from '../../../schemas/recipes';
import type { Report } from '../../kit/heartbeat';
import { wordsFor } from '../rules/judge';
import type { Wording } from '../text/words';
import { forEachKept } from './kept-texts';
import { SpanHashes } from './span-hashes';
import { SpanWriter } from './span-file';

export interface SignTask {
  /** JSON Lines of the documents that the unit has kept, and how many there are. */
  kept: string;
  count: number;
  /** Places of those among them that were dropped as duplicates since. */
  dropped: number[];
  rules: SpanRules;
  wording: Wording;
  /** Empty folder for the result. */
  dir: string;
}

/** Hashes the spans of all documents of a unit that are still there, and writes them ordered by their hashes. */
export async function signSpans(task: SignTask, report: Report): Promise<{ spans: number }> {
  const hashes = new SpanHashes(task.rules, wordsFor(task.wording));
  const dropped = new Set(task.dropped);
  const writer = new SpanWriter();
  await forEachKept(
    task,
    (ordinal) => !dropped.has(ordinal),
    ({ ordinal, text }) => hashes.of(text, (first, high, low) => writer.add(high, low, ordinal, first)),
    report,
  );
  writer.write(task.dir);
  return { spans: writer.count };
}
