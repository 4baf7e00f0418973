import type { CleaningRules } from '../../../schemas/recipes';
import { codePoints, skipSpace, skipSpaceBack, strip } from '../text/length';
import { forEachLine } from '../text/lines';
import { ENDS_SENTENCE, IS_PUNCTUATION, IS_SPACE, IS_WORD, type Words } from '../text/words';
import type { Scores } from './scores';

/** What C4 makes of a text. */
export interface C4Text {
  /** Lines that stay, joined again. */
  text: string;
  /** Tokens of it, and those that are more than punctuation. */
  tokens: number;
  words: number;
}

/** As Wikipedia marks them. The digits are those of any script, as Python's are. */
const CITATION = /\[\p{Nd}*\]|\[edit\]|\[citation needed\]/gu;
const POLICY = ['terms of use', 'privacy policy', 'cookie policy', 'uses cookies', 'use of cookies', 'use cookies'];
/** In each of what lines are searched for without regard to case. */
const SOUGHT = ['lorem ipsum', 'javascript', 'terms of use', 'privacy policy', 'cookie'];
const LINE_ENDS = ['.', '?', '!', '"', "'"];

/** Lines left out, by datatrove's names for them; they count up over all texts. */
export type LineCounts = Record<
  'too_long_word' | 'no_terminal_punc' | 'too_few_words' | 'javascript' | 'policy',
  number
>;

/**
 * C4's filter as datatrove 0.10 has it: leaves out lines, and drops texts with "lorem ipsum", with a curly bracket, or
 * with too few sentences. The order of tests in a line decides: a line that is left out can drop no text.
 */
export class C4 {
  readonly lines: LineCounts = { too_long_word: 0, no_terminal_punc: 0, too_few_words: 0, javascript: 0, policy: 0 };

  constructor(
    private readonly rules: CleaningRules,
    private readonly words: Words,
  ) {}

  /** The text without the lines that go; undefined where it is dropped and needs no more statistics. */
  rewrite(text: string, scores: Scores): C4Text | undefined {
    const lower = text.toLowerCase();
    const suspect = SOUGHT.some((phrase) => lower.includes(phrase));
    const kept: string[] = [];
    const marked = { lorem: 0, bracket: 0 };
    const counts = { sentences: 0, tokens: 0, words: 0 };
    let number = 0;
    let dropped = false;
    forEachLine(text, (from, to) => {
      number++;
      if (dropped) return;
      const line = this.rewriteLine(text, from, to, suspect, (mark) => {
        if (marked[mark] === 0) {
          marked[mark] = number;
          dropped = scores.put(mark === 'lorem' ? 'lorem_ipsum_line' : 'curly_bracket_line', number);
        }
        return dropped;
      });
      if (line === undefined || dropped) return;
      kept.push(line);
      this.words.read(line, true);
      count(this.words, counts);
    });
    if (dropped) return undefined;
    if (marked.lorem === 0) scores.put('lorem_ipsum_line', 0);
    if (marked.bracket === 0) scores.put('curly_bracket_line', 0);
    if (scores.put('sentences', counts.sentences)) return undefined;
    return { text: strip(kept.join('\n')), tokens: counts.tokens, words: counts.words };
  }

  /** The line as it stays, or undefined. `drops` is told what may drop the text, and says whether it does. */
  private rewriteLine(
    text: string,
    from: number,
    to: number,
    suspect: boolean,
    drops: (mark: 'lorem' | 'bracket') => boolean,
  ): string | undefined {
    const { rules, lines } = this;
    const start = skipSpace(text, from, to);
    const end = skipSpaceBack(text, start, to);
    const { words, longest } = wordsBetween(text, start, end);
    if (rules.maxLineWordLength !== null && longest > rules.maxLineWordLength) return leaveOut(lines, 'too_long_word');
    const original = text.slice(start, end);
    const line = rules.removeCitations && original.includes('[') ? original.replace(CITATION, '') : original;
    if (rules.dropUnterminatedLines && (!LINE_ENDS.includes(line.slice(-1)) || line.endsWith('...'))) {
      return leaveOut(lines, 'no_terminal_punc');
    }
    if (rules.minLineWords !== null && words < rules.minLineWords) return leaveOut(lines, 'too_few_words');
    // A citation may have stood within what is sought.
    const lower = suspect || line !== original ? line.toLowerCase() : '';
    if (lower.includes('lorem ipsum') && drops('lorem')) return undefined;
    if (rules.dropJavascriptLines && lower.includes('javascript')) return leaveOut(lines, 'javascript');
    if (line.includes('{') && drops('bracket')) return undefined;
    if (rules.dropPolicyLines && POLICY.some((phrase) => lower.includes(phrase))) return leaveOut(lines, 'policy');
    return line;
  }
}

function leaveOut(lines: LineCounts, why: keyof LineCounts): undefined {
  lines[why]++;
}

/** Runs without white space, and the length of the longest in code points. */
function wordsBetween(text: string, start: number, end: number): { words: number; longest: number } {
  let [words, longest] = [0, 0];
  for (let index = start; index < end;) {
    const first = skipSpace(text, index, end);
    index = first;
    while (index < end && skipSpace(text, index, index + 1) === index) index++;
    if (index > first) words++;
    // UTF-16 units first: hardly any word is long enough to be counted anew.
    if (index - first > longest) longest = Math.max(longest, codePoints(text, first, index));
  }
  return { words, longest };
}

/** Adds the sentences, tokens and words of the line that was read last. */
function count({ tokens, flags }: Words, sum: { sentences: number; tokens: number; words: number }): void {
  let sentences = 1;
  let ended = false;
  for (let index = 0; index < tokens.length; index++) {
    const flag = flags.at(tokens.at(index));
    if ((flag & IS_SPACE) === 0) sum.tokens++;
    if ((flag & IS_WORD) !== 0) sum.words++;
    // A sentence begins with the first token after its end that is no punctuation; white space may be that.
    if ((flag & ENDS_SENTENCE) !== 0) ended = true;
    else if (ended && (flag & IS_PUNCTUATION) === 0) {
      ended = false;
      sentences++;
    }
  }
  sum.sentences += sentences;
}
