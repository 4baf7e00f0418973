/** Words that a question has whatever it asks for. */
const STOP_WORDS = new Set(
  (
    'a about an and any are as at be been by can could did do does for from had has have how i if in into is it its me my of ' +
    'on or our should tell than that the their them there these they this those to was we were what when where which who ' +
    'whom whose why will with would you your'
  ).split(' '),
);

/** The same of Chinese: what asks, and what joins. */
const CHINESE_STOP_WORDS =
  /为什么|什么样?|怎么样?|怎样|多少|哪[个些里儿位种年月]?|如何|是否|几[个年月点]?|谁|[的了吗呢是在有和与被]/g;

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;
const WORD = /[\p{L}\p{N}]+/gu;
/** Endings that a question and its answer differ in most often. */
const ENDING = /(?:ing|ed|es|s|ly)$/;
const SHORTEST_STEM = 3;

/** What a text is about: the stems of its words without stop words, and of Chinese, Japanese and Korean each two characters. */
export function termsOf(text: string): Set<string> {
  const terms = new Set<string>();
  const plain = text.normalize('NFKC').toLowerCase();
  for (const [run] of plain.replace(CHINESE_STOP_WORDS, ' ').matchAll(CJK)) {
    const characters = [...run];
    if (characters.length === 1) terms.add(run);
    for (let at = 0; at + 1 < characters.length; at++) terms.add(`${characters[at]}${characters[at + 1]}`);
  }
  for (const [word] of plain.replace(CJK, ' ').matchAll(WORD)) {
    if (STOP_WORDS.has(word)) continue;
    const stem = word.replace(ENDING, '');
    terms.add(stem.length >= SHORTEST_STEM ? stem : word);
  }
  return terms;
}

/**
 * How much of a question each sentence has, from 0 to 1: the share of its terms by their inverse document frequency over
 * these sentences, ln(1 + N / (df + 0.5)). A term that no sentence has counts most, so that a question of something else
 * finds nothing.
 */
export function wordOverlap(question: string, sentences: readonly string[]): number[] {
  const asked = [...termsOf(question)];
  const terms = sentences.map(termsOf);
  const weights = asked.map((term) => {
    const df = terms.reduce((sum, one) => sum + (one.has(term) ? 1 : 0), 0);
    return Math.log(1 + sentences.length / (df + 0.5));
  });
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return terms.map((one) => {
    const shared = asked.reduce((sum, term, at) => sum + (one.has(term) ? (weights[at] ?? 0) : 0), 0);
    return whole === 0 ? 0 : shared / whole;
  });
}
