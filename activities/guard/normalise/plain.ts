import { unmaskLookalikes } from './confusables';
import { withoutInvisible } from './invisible';

/** More marks on one letter than any language puts there (Zalgo). */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;
/** Taking one thing away can bring another to light; what is still not settled then never will be. */
const MOST_ROUNDS = 6;

/**
 * A text as a person reads it: compatibility forms as their plain letters (NFKC: full width, mathematical, circled), what
 * shows nothing left out, letters that only look Latin as Latin ones, stacked marks cut. Text that was plain stays as it is, to
 * the last character, and normalising twice changes nothing. Time grows with the length.
 */
export function plainText(text: string): string {
  if (/^[\t\n\r -~]*$/.test(text)) return text;
  let read = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = read;
    read = unmaskLookalikes(withoutInvisible(read.normalize('NFKC')).replace(STACKED_MARKS, '$1')).text.normalize(
      'NFKC',
    );
    if (read === before) break;
  }
  return read;
}
