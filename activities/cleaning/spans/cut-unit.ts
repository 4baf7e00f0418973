import path from 'node:path';
import type { CutCounts } from '../../../schemas/clean-dataset';
import type { SpanRules } from '../../../schemas/recipes';
import type { Report } from '../../kit/heartbeat';
import { writeNumbers } from '../file-bytes';
import { LineWriter } from '../line-writer';
import { wordsFor } from '../rules/judge';
import { codePoints } from '../text/length';
import type { Wording, Words } from '../text/words';
import { hashOf, type KeptDocument } from '../unit-output';
import { cutSpans, type Cut, type CutText, type FoundSpans } from './cut';
import { forEachPairOf, type PairFiles } from './grouped-pairs';
import { forEachKept } from './kept-texts';
import { forEachSentence, Parts } from './parts';
import { readOrdinals } from './span-file';

/** The file of what was cut: one `CutDocument` a line. */
export const CUT = 'cut.jsonl';
/** The file of the documents of which too little would be left: their places, 32 bits each. */
export const POOR = 'poor.bin';

/** A document that lost some spans and stays, as it is after. */
export interface CutDocument {
  ordinal: number;
  cut_text: string;
  /** As the dataset has them of every text. */
  cut_content_hash: string;
  cut_chars: number;
  cut_words: number;
  cuts: Cut[];
}

export interface CutTask {
  /** JSON Lines of the documents that the unit has kept, and how many there are. */
  kept: string;
  count: number;
  unit: number;
  /** Of every part that spans were matched in. */
  repeats: PairFiles[];
  firsts: PairFiles[];
  rules: SpanRules;
  wording: Wording;
  /** Where the file goes. */
  dir: string;
}

export interface CutResult {
  cut: CutCounts;
  /** Places of the documents of which too little is left. */
  dropped: number[];
  /** Bytes of the longest line of the file. */
  longestLine: number;
}

/** Settles of which documents of a unit too little would be left, and writes which they are. */
export async function findPoor(task: CutTask, report: Report): Promise<{ poor: number }> {
  const poor: number[] = [];
  await forEachCut(
    task,
    ({ ordinal }, _cut, left) => {
      if (!isEnough(left, task.rules)) poor.push(ordinal);
    },
    report,
  );
  writeNumbers(path.join(task.dir, POOR), Uint32Array.from(poor));
  return { poor: poor.length };
}

/** Cuts the repeated spans out of the documents of a unit that stay. @param task.poor file of those that do not. */
export async function cutUnit(task: CutTask & { poor: string }, report: Report): Promise<CutResult> {
  const dropped = readOrdinals(task.poor);
  const cut: CutCounts = { documents: 0, spans: 0, chars: 0 };
  const lines = new LineWriter(path.join(task.dir, CUT));
  try {
    await forEachCut(
      task,
      ({ ordinal, chars }, { text, cuts, parts }, { words: cut_words }) => {
        if (dropped.has(ordinal)) return;
        const cut_chars = codePoints(text);
        const cut_content_hash = hashOf(text);
        lines.write(
          JSON.stringify({
            ordinal,
            cut_text: text,
            cut_content_hash,
            cut_chars,
            cut_words,
            cuts,
          } satisfies CutDocument),
        );
        cut.documents++;
        cut.spans += parts;
        cut.chars += chars - cut_chars;
      },
      report,
    );
    lines.close();
  } finally {
    lines.release();
  }
  return { cut, dropped: [...dropped], longestLine: lines.longest };
}

interface Left {
  words: number;
  sentences: number;
}

/** Goes through the documents of a unit out of which something is cut, and what is left of each. */
async function forEachCut(
  task: CutTask,
  each: (document: KeptDocument, cut: CutText, left: Left) => void,
  report: Report,
): Promise<void> {
  const words = wordsFor(task.wording);
  const parts = new Parts(task.rules.kind, words);
  const found = foundSpans(task);
  await forEachKept(
    task,
    (ordinal) => (found.get(ordinal)?.repeats.length ?? 0) > 0,
    (document) => {
      parts.read(document.text);
      const spans = found.get(document.ordinal) ?? { repeats: [], firsts: [] };
      const cut = cutSpans(document.text, parts, task.rules.length, spans);
      // All that is repeated may lie within first occurrences.
      if (cut.parts > 0) each(document, cut, countLeft(cut.text, words));
    },
    report,
  );
}

/** By document of the unit, which of its spans stand elsewhere too. */
function foundSpans({ repeats, firsts, unit }: CutTask): Map<number, FoundSpans> {
  const found = new Map<number, FoundSpans>();
  const of = (ordinal: number): FoundSpans => {
    const known = found.get(ordinal) ?? { repeats: [], firsts: [] };
    found.set(ordinal, known);
    return known;
  };
  for (const file of repeats) forEachPairOf(file, unit, (ordinal, first) => of(ordinal).repeats.push(first));
  for (const file of firsts) forEachPairOf(file, unit, (ordinal, first) => of(ordinal).firsts.push(first));
  return found;
}

function countLeft(text: string, words: Words): Left {
  let sentences = 0;
  const count = forEachSentence(text, words, () => sentences++);
  return { words: count, sentences };
}

/** A text of nothing is never enough. */
const isEnough = ({ words, sentences }: Left, { minWordsLeft, minSentencesLeft }: SpanRules): boolean =>
  sentences > 0 && words >= (minWordsLeft ?? 0) && sentences >= (minSentencesLeft ?? 0);
