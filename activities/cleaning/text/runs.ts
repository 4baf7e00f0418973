import { classOf, PUNCTUATION, SPACE } from './char-classes';

/** Runs of characters without white space that hold more than punctuation: words, without cutting any. */
export function countRuns(text: string): number {
  let count = 0;
  let counted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const classes = classOf(code);
    if ((classes & SPACE) !== 0) counted = false;
    else if (!counted && (classes & PUNCTUATION) === 0) {
      counted = true;
      count++;
    }
  }
  return count;
}
