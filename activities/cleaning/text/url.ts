const LABEL = '[A-Za-z0-9\\u00a1-\\uffff]';
const HOST = `(?:(?:${LABEL}[A-Za-z0-9\\u00a1-\\uffff_-]{0,62})?${LABEL}\\.)+(?:[\\p{Ll}\\p{Lo}]{2,63})`;
const OCTET = '(?:1?\\d{1,2}|2[0-4]\\d|25[0-5])';
const ADDRESS =
  '(?!(?:10|127)(?:\\.\\d{1,3}){3})(?!(?:169\\.254|192\\.168)(?:\\.\\d{1,3}){2})(?!172\\.(?:1[6-9]|2\\d|3[0-1])(?:\\.\\d{1,3}){2})' +
  `(?:[1-9]\\d?|1\\d\\d|2[01]\\d|22[0-3])(?:\\.${OCTET}){2}(?:\\.(?:[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-4]))`;
const SCHEME = '(?:[\\p{L}\\p{N}_+\\-.]{2,}://)?';
const REST = '(?::\\d{2,5})?(?:[/?#]\\S*)?';
/** User and password before the host cost a search from every character: only where there is an @. */
const USER = '(?:\\S+(?::\\S*)?@)?';

const URL = new RegExp(`^${SCHEME}(?:${ADDRESS}|${HOST})${REST}$`, 'u');
const URL_WITH_USER = new RegExp(`^${SCHEME}${USER}(?:${ADDRESS}|${HOST})${REST}$`, 'u');

/** Longer than any address a person would read, and short enough that no input makes the search slow. */
const LONGEST = 2048;
const LONGEST_WITH_USER = 256;

/**
 * Whether a word is a web address, a host name or an e-mail address, which the English tokenizer leaves whole. The
 * pattern is spaCy's (MIT), after Diego Perini's (MIT), for words of up to 2,048 characters.
 */
export function isUrl(word: string): boolean {
  if (word.length > LONGEST || !word.includes('.')) return false;
  if (!word.includes('@')) return URL.test(word);
  return word.length <= LONGEST_WITH_USER && URL_WITH_USER.test(word);
}
