/**
 * Characters that show nothing: soft hyphens, joiners, direction marks, fillers, variation selectors and tags (Unicode's
 * `Default_Ignorable_Code_Point`, and what annotates).
 */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** Those that turn the direction of a text: they let one read what is not there. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/gu;

/** Between two letters or ideographs an invisible character only serves to break a word. (Persian and Indic words use joiners.) */
const WORD_BREAKER = /(?<=[A-Za-z\p{Script=Han}])[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+(?=[A-Za-z\p{Script=Han}])/gu;

/** Below so many hidden characters it is a flag of an emoji, or a stray one. */
const LEAST_HIDDEN = 8;

export const withoutInvisible = (text: string): string => text.replace(INVISIBLE, '');

/** How many marks turn the direction, and how many words are broken by what nobody sees. */
export const countInvisible = (text: string): { bidi: number; broken: number } => ({
  bidi: text.match(BIDI)?.length ?? 0,
  broken: text.match(WORD_BREAKER)?.length ?? 0,
});

/**
 * What is written in characters that show nothing: tags (U+E0020 to U+E007E stand for ASCII) and bytes in variation
 * selectors (the 256 of them, in their order). Empty where there is nothing of the kind.
 */
export function hiddenText(text: string): string {
  let tags = '';
  const bytes: number[] = [];
  for (const [found] of text.matchAll(/[\u{e0020}-\u{e007e}\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu)) {
    const code = found.codePointAt(0) ?? 0;
    if (code >= 0xe0100) bytes.push(code - 0xe0100 + 16);
    else if (code >= 0xe0000) tags += String.fromCharCode(code - 0xe0000);
    else bytes.push(code - 0xfe00);
  }
  const selected = bytes.length < LEAST_HIDDEN ? '' : new TextDecoder().decode(Uint8Array.from(bytes));
  return [tags.length < LEAST_HIDDEN ? '' : tags, /[\p{L}]{3}/u.test(selected) ? selected : '']
    .filter((part) => part !== '')
    .join('\n');
}
