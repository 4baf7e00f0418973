/** Longest contextual prefix, about: with a default chunk and the special tokens it fits the 256 that MiniLM sees. */
export const MAX_CONTEXT_TOKENS = 54;
/** The same where the context is a question, which is what is searched for: it is seldom longer, and never cut lightly. */
export const MAX_QUESTION_TOKENS = 128;
/** Characters of an ordinary token of Latin letters; of Chinese, Japanese and Korean each is a token. */
const CHARS_PER_TOKEN = 4;
const TOKEN_BY_ITSELF =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;

/**
 * What a chunk says about where it stands: title and headings. Embedded before the text and indexed beside it, since a
 * chunk alone often does not name its subject (contextual retrieval). Its length is estimated, not counted, so that it
 * does not depend on the encoder.
 */
export function contextOf(title: string, path: readonly string[], maxTokens = MAX_CONTEXT_TOKENS): string {
  const parts = [title, ...path]
    .map((part) => part.trim())
    .filter((part, at, all) => part !== '' && part !== all[at - 1]);
  let tokens = 0;
  let kept = '';
  // What is too long loses its end: the title says what it is about.
  for (const char of parts.join(' > ')) {
    tokens += TOKEN_BY_ITSELF.test(char) ? 1 : 1 / CHARS_PER_TOKEN;
    if (tokens > maxTokens) break;
    kept += char;
  }
  return kept.trimEnd();
}
