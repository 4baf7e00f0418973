import { unitsOf } from '../text/units';

/** Control characters other than tab and line feed; what of them breaks a line is one by then. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]/g;
const OTHER_BREAKS = /\r\n?|[\f\v\x85]/g;
/** Each run of blanks is tried once, from its start: without the look-behind, a long run would cost its square. */
const TRAILING_BLANKS = /(?<![ \t])[ \t]+(?=\n)/g;

/** What a text holds, as bits of `KINDS`. */
const [NOT_ASCII, CONTROL] = [1, 2];
const KINDS = new Uint8Array(0x10000).fill(NOT_ASCII, 0x80);
for (const [control] of String.fromCharCode(...Array.from({ length: 0xa0 }, (_, code) => code), 0xfeff).matchAll(
  CONTROLS,
)) {
  KINDS[control.charCodeAt(0)] = (KINDS[control.charCodeAt(0)] ?? 0) | CONTROL;
}

/** One look at each character for both questions: regular expressions would take twice as long for each. */
function kindsIn(text: string): number {
  const units = unitsOf(text);
  const { length } = text;
  let kinds = 0;
  for (let index = 0; index < length; index++) kinds |= KINDS[units[index] ?? 0] ?? 0;
  return kinds;
}

/** Valid Unicode, which a record's escapes need not be: half of a pair becomes U+FFFD. Nothing else is changed. */
export const wellFormed = (raw: string): string => raw.toWellFormed();

/**
 * The form in which a text is judged, compared and kept: valid Unicode in NFC, lines ended by a line feed, no control
 * characters and byte order marks, no blanks at the end of a line, no white space around the whole. Nothing that a
 * reader sees is changed.
 */
export function normalise(raw: string): string {
  let text = raw;
  const kinds = kindsIn(raw);
  // To compose makes no control character, and takes none away.
  if ((kinds & NOT_ASCII) !== 0) text = wellFormed(text).normalize('NFC');
  // What breaks a line is one, too.
  if ((kinds & CONTROL) !== 0) text = text.replace(OTHER_BREAKS, '\n').replace(CONTROLS, '');
  // Looking for two characters costs next to nothing, and most texts have none.
  if (text.includes(' \n') || text.includes('\t\n')) text = text.replace(TRAILING_BLANKS, '');
  return text.trim();
}
