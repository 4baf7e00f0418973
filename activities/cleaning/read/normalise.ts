const NOT_ASCII = /[^\x00-\x7f]/;
/** Control characters other than tab and line feed; what of them breaks a line is one by then. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]/g;
const ANY_CONTROL = new RegExp(CONTROLS, '');
const OTHER_BREAKS = /\r\n?|[\f\v\x85]/g;
/** Each run of blanks is tried once, from its start: without the look-behind, a long run would cost its square. */
const TRAILING_BLANKS = /(?<![ \t])[ \t]+(?=\n)/g;

/** Valid Unicode, which a record's escapes need not be: half of a pair becomes U+FFFD. Nothing else is changed. */
export const wellFormed = (raw: string): string => raw.toWellFormed();

/**
 * The form in which a text is judged, compared and kept: valid Unicode in NFC, lines ended by a line feed, no control
 * characters and byte order marks, no blanks at the end of a line, no white space around the whole. Nothing that a
 * reader sees is changed.
 */
export function normalise(raw: string): string {
  let text = raw;
  if (NOT_ASCII.test(text)) text = wellFormed(text).normalize('NFC');
  // What breaks a line is a control character, too, and most texts have none.
  if (ANY_CONTROL.test(text)) text = text.replace(OTHER_BREAKS, '\n').replace(CONTROLS, '');
  // Looking for two characters costs next to nothing, and most texts have none.
  if (text.includes(' \n') || text.includes('\t\n')) text = text.replace(TRAILING_BLANKS, '');
  return text.trim();
}
