import type { SpanKind } from '../../../schemas/recipes';
import { IntList } from '../text/growable';
import { indexAfter, skipSpace, skipSpaceBack } from '../text/length';
import { forEachLine } from '../text/lines';
import { ENDS_SENTENCE, IS_PUNCTUATION, IS_WORD, type Words } from '../text/words';

/**
 * Where the parts of a text stand of which spans are made: its lines, paragraphs or sentences, each without the white
 * space around it, none of them empty. Offsets count UTF-16 units. Memory is used again for the next text.
 */
export class Parts {
  readonly starts = new IntList();
  readonly ends = new IntList();

  constructor(
    private readonly kind: SpanKind,
    private readonly words: Words,
  ) {}

  get length(): number {
    return this.starts.length;
  }

  read(text: string): void {
    this.starts.clear();
    this.ends.clear();
    if (this.kind === 'sentences') forEachSentence(text, this.words, (start, end) => this.push(start, end));
    else this.readLines(text, this.kind === 'paragraph');
  }

  /** Paragraphs are lines that no blank line parts. */
  private readLines(text: string, joined: boolean): void {
    let paragraph = -1;
    let last = 0;
    forEachLine(text, (from, to) => {
      const start = skipSpace(text, from, to);
      if (start === to) {
        if (paragraph >= 0) this.push(paragraph, last);
        paragraph = -1;
        return;
      }
      last = skipSpaceBack(text, start, to);
      if (!joined) this.push(start, last);
      else if (paragraph < 0) paragraph = start;
    });
    if (paragraph >= 0) this.push(paragraph, last);
  }

  private push(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }
}

/**
 * Calls back with each sentence as spaCy's `sentencizer` cuts them, and datatrove with it: one ends at a token that is
 * nothing but an end mark, and the next begins with the first token after it that is no punctuation. Returns how many
 * tokens of the text are more than punctuation.
 */
export function forEachSentence(text: string, words: Words, each: (start: number, end: number) => void): number {
  words.read(text);
  const { tokens, chars, flags } = words;
  let [start, end] = [-1, 0];
  let ended = false;
  let count = 0;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens.at(index);
    const flag = flags.at(token);
    if ((flag & IS_WORD) !== 0) count++;
    // Tokens stand one after the other in the text, with nothing but white space between them.
    const from = skipSpace(text, end, text.length);
    if ((flag & ENDS_SENTENCE) !== 0) ended = true;
    else if (ended && (flag & IS_PUNCTUATION) === 0) {
      ended = false;
      each(start, end);
      start = -1;
    }
    if (start < 0) start = from;
    end = indexAfter(text, from, chars.at(token));
  }
  if (start >= 0) each(start, end);
  return count;
}
