import path from 'node:path';
import type { CutCounts } from '../../../schemas/clean-dataset';
import type { SpanRules } from '../../../schemas/recipes';
import type { Report } from '../../kit/heartbeat';
import { LineWriter } from '../line-writer';
import { wordsFor } from '../rules/judge';
import { codePoints } from '../text/length';
import type { Wording, Words } from '../text/words';
import { hashOf } from '../unit-output';
import { cutSpans, type Cut, type FoundSpans } from './cut';
import { forEachPairOf } from './grouped-pairs';
import { forEachKept } from './kept-texts';
import { forEachSentence, Parts } from './parts';

/** The file of what was cut: one `CutDocument` a line. */
export const CUT = 'cut.jsonl';

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

/** A file of pairs in groups, on this host. */
export interface PairFiles {
  pairs: string;
  index: string;
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
  /** Places of documents of which too little is left. */
  dropped: number[];
  /** Bytes of the longest line of the file. */
  longestLine: number;
}

/** Cuts the repeated spans out of the documents of a unit, and settles which of them have too little left. */
export async function cutUnit(task: CutTask, report: Report): Promise<CutResult> {
  const { rules, dir } = task;
  const words = wordsFor(task.wording);
  const parts = new Parts(rules.kind, words);
  const found = foundSpans(task);
  const result: CutResult = { cut: { documents: 0, spans: 0, chars: 0 }, dropped: [], longestLine: 0 };
  const lines = new LineWriter(path.join(dir, CUT));
  try {
    await forEachKept(
      task,
      (ordinal) => (found.get(ordinal)?.repeats.length ?? 0) > 0,
      ({ ordinal, text, chars }) => {
        parts.read(text);
        const spans = found.get(ordinal) ?? { repeats: [], firsts: [] };
        const { text: left, cuts, parts: count } = cutSpans(text, parts, rules.length, spans);
        // Each of its repeats may lie within first occurrences.
        if (count === 0) return;
        const counted = countLeft(left, words);
        if (!isEnough(counted, rules)) {
          result.dropped.push(ordinal);
          return;
        }
        const cutChars = codePoints(left);
        const document = { ordinal, cut_text: left, cut_content_hash: hashOf(left), cut_chars: cutChars, cuts };
        lines.write(JSON.stringify({ ...document, cut_words: counted.words } satisfies CutDocument));
        result.cut.documents++;
        result.cut.spans += count;
        result.cut.chars += chars - cutChars;
      },
      report,
    );
    lines.close();
  } finally {
    lines.release();
  }
  return { ...result, longestLine: lines.longest };
}

/** By document of the unit, which of its spans are repeated elsewhere. */
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

interface Left {
  words: number;
  sentences: number;
}

function countLeft(text: string, words: Words): Left {
  let sentences = 0;
  const count = forEachSentence(text, words, () => sentences++);
  return { words: count, sentences };
}

/** A text of nothing is never enough. */
const isEnough = ({ words, sentences }: Left, { minWordsLeft, minSentencesLeft }: SpanRules): boolean =>
  sentences > 0 && words >= (minWordsLeft ?? 0) && sentences >= (minSentencesLeft ?? 0);
