import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Report } from '../../kit/heartbeat';
import type { EvaluationCase } from '../../../schemas/evaluation-cases';
import { type PlannedCase, readLines } from '../plan';
import { CaseIndex, type SoughtCase } from './case-index';
import { eachText, type LocalTexts } from './each-text';

export const FOUND_FILE = 'found.jsonl';

/** A case that stands in a training text. */
export interface FoundCase {
  /** Its place among the cases of the plan. */
  at: number;
  /** Where it stands, as people know it: `dataset faq@3`. */
  source: string;
  /** The words that both have, in their simplified form. */
  words: string;
}

export interface FindCasesTask {
  /** File of the cases, on this host. */
  cases: string;
  texts: LocalTexts[];
  /** Folder for the result. */
  dir: string;
}

const REPORT_EVERY = 1_000;

/** Looks for cases in the texts of files, and leaves what it finds: each case once for a source. Counts the texts, and the cases that are too short. */
export async function findCases(
  { cases, texts, dir }: FindCasesTask,
  report: Report,
): Promise<{ texts: number; tooShort: number }> {
  const index = new CaseIndex((await readLines<PlannedCase>(cases)).map(({ case: one }) => soughtOf(one)));
  const bySource = new Map<string, Map<number, string>>();
  let read = 0;
  for (const file of texts) {
    const found = bySource.get(file.source) ?? new Map<number, string>();
    bySource.set(file.source, found);
    await eachText(file, dir, (text) => {
      index.find(text, found);
      read += 1;
      // Nobody knows how many there are; that there are ever more is what counts.
      if (read % REPORT_EVERY === 0) report(read, 0);
    });
  }
  const lines = [...bySource].flatMap(([source, found]) =>
    [...found].map(([at, words]) => `${JSON.stringify({ at, source, words } satisfies FoundCase)}\n`),
  );
  await writeFile(path.join(dir, FOUND_FILE), lines.join(''));
  return { texts: read, tooShort: index.tooShort };
}

/** What is looked for of a case: what is asked, and right answers. Its passages may well be what a model has read. */
export const soughtOf = ({ input, messages, answers }: EvaluationCase): SoughtCase => ({
  asked: messages ? messages.filter(({ role }) => role === 'user').map(({ content }) => content) : [input],
  answers,
});
