/** The rules by which answers are compared: of texts with spaces between words, and of Chinese. */
export type AnswerLanguage = 'english' | 'chinese';

/**
 * An answer as tokens, without what people do not care about.
 *
 * English: lower case, ASCII punctuation and articles taken out (Rajpurkar and others, "SQuAD", EMNLP 2016, the official
 * script). Chinese: lower case, punctuation of any script taken out, each character a token of its own, other scripts by
 * their spaces (Lewis and others, "MLQA", ACL 2020, the official script, whose range of characters this is).
 */
export function answerTokens(answer: string, language: AnswerLanguage): string[] {
  const lower = answer.toLowerCase();
  const plain =
    language === 'english'
      ? lower.replace(ASCII_PUNCTUATION, '').replace(ARTICLES, ' ')
      : lower.replace(ALL_PUNCTUATION, '').replace(/[\u4e00-\u9fa5]/gu, ' $& ');
  return plain.split(/\p{White_Space}+/u).filter((token) => token !== '');
}

// What Python's string.punctuation holds; some are symbols to Unicode.
const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/gu;
const ALL_PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
// \b of JavaScript takes the "a" of "año" for a word.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** 1 where an answer is one of the right ones, token by token; else 0. Without a right answer only silence is right. */
export function exactMatch(answer: string, right: readonly string[], language: AnswerLanguage = 'english'): number {
  return best(answer, right, language, (told, known) => Number(told.join(' ') === known.join(' ')));
}

/**
 * F1 of the tokens that an answer shares with a right one, for the right one that it is nearest to: 0 to 1. Tokens count as
 * often as they occur. Where one of the two has no token it is 1 if neither has, else 0 (SQuAD 2.0).
 */
export function tokenF1(answer: string, right: readonly string[], language: AnswerLanguage = 'english'): number {
  return best(answer, right, language, (told, known) => {
    if (told.length === 0 || known.length === 0) return Number(told.length === known.length);
    const left = new Map<string, number>();
    for (const token of known) left.set(token, (left.get(token) ?? 0) + 1);
    let shared = 0;
    for (const token of told) {
      const count = left.get(token) ?? 0;
      if (count > 0) shared += 1;
      left.set(token, count - 1);
    }
    return (2 * shared) / (told.length + known.length);
  });
}

function best(
  answer: string,
  right: readonly string[],
  language: AnswerLanguage,
  score: (told: readonly string[], known: readonly string[]) => number,
): number {
  const told = answerTokens(answer, language);
  return Math.max(...(right.length === 0 ? [''] : right).map((known) => score(told, answerTokens(known, language))));
}
