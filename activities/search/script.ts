import type { Script } from '../../schemas/relevance';

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const OTHER_WORD = /[\p{L}\p{N}]+/gu;

/**
 * The class of a query: Chinese, Japanese and Korean, or any other script. Characters of the former count as words, so
 * that a name in Latin letters does not make a Chinese question another.
 */
export function scriptOf(query: string): Script {
  const characters = query.match(CJK)?.length ?? 0;
  const words = query.replace(CJK, ' ').match(OTHER_WORD)?.length ?? 0;
  return characters > words ? 'cjk' : 'other';
}
