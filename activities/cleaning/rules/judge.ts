import type { CleaningRules } from '../../../schemas/recipes';
import { Words } from '../text/words';
import { finewebQuality } from './fineweb';
import { Ngrams } from './ngrams';
import { countTokens, gopherQuality } from './quality';
import { repeatedLines, repeatedNgrams } from './repetition';

export interface Verdict {
  /** datatrove's name of the first rule that the text breaks; null for a text to keep. */
  reason: string | null;
  /** Tokens that are more than punctuation; 0 where no rule had to count them. */
  words: number;
}

// One of each for a thread: a text is judged in one go, and the next unit gains from the words that are known.
const words = new Words();
const ngrams = new Ngrams();

/**
 * Judges texts by the rules of a recipe, in datatrove's order: repetition, Gopher quality, FineWeb quality. A rule
 * that is null is off.
 */
export class Judge {
  constructor(private readonly rules: CleaningRules) {}

  /** @param text valid Unicode with at least one character that is not white space. */
  judge(text: string): Verdict {
    const { rules } = this;
    // Lines are judged before words are cut: they drop most of the documents that repeat, at a tenth of the cost.
    const early = repeatedLines(text, rules);
    if (early) return { reason: early, words: 0 };
    words.read(text);
    const reason =
      repeatedNgrams(text, words, ngrams, rules) ??
      gopherQuality(text, words, rules) ??
      (usesFineweb(rules) ? finewebQuality(text, words.tokens.length, rules) : undefined);
    return { reason: reason ?? null, words: countTokens(words).words };
  }
}

const usesFineweb = (rules: CleaningRules): boolean =>
  [rules.minPunctuatedLines, rules.maxShortLines, rules.maxDuplicatedLineChars, rules.maxNewlinesPerWord].some(
    (threshold) => threshold !== null,
  );
