/** What Windows-1252 has for the bytes 0x80 to 0x9F; a byte that it leaves out is the control character of its number. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

const BYTES: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 256 }, (_, byte): [string, number] => [String.fromCharCode(byte), byte]),
  ...[...WINDOWS_1252].map((character, index): [string, number] => [character, 0x80 + index]),
]);

/** A lead byte of UTF-8 as a character, and what may follow one. Hardly any line has it. */
const SUSPECT =
  /[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]/;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Characters that Western text has one by one: accented letters, its signs, and typographic punctuation. */
const WESTERN = /^[\u00a0-\u017f\u2010-\u2044\u20ac\u2122\u2190-\u2193\u2212]$/;
/** Text of another script comes in words. */
const OTHER_WORD = /[\p{L}\p{M}]{3}/u;
/** Emoji and symbols have four bytes, which do not meet by chance. */
const FOUR_BYTES = /[\u{10000}-\u{10ffff}]/u;

/** How often a text may have been read wrongly and stored again. */
const MOST_TIMES = 3;

/**
 * Repairs lines of UTF-8 that were read as Latin-1 or Windows-1252 (`cafÃ©` for `café`), once or again and again. A line
 * is changed only where all of its bytes make valid UTF-8, and what comes out is ordinary text: by chance neither is so.
 */
export function repairMojibake(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .split('\n')
    .map((line) => {
      let repaired = line;
      for (let time = 0; time < MOST_TIMES; time++) {
        const next = repairLine(repaired);
        if (next === undefined) break;
        repaired = next;
      }
      return repaired;
    })
    .join('\n');
}

function repairLine(line: string): string | undefined {
  if (!SUSPECT.test(line)) return undefined;
  const bytes = new Uint8Array(line.length);
  for (let index = 0; index < line.length; index++) {
    const byte = BYTES.get(line.charAt(index));
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  let decoded: string;
  try {
    decoded = UTF8.decode(bytes);
  } catch {
    return undefined;
  }
  const strange = [...decoded].filter((character) => character > '\x7f' && !WESTERN.test(character)).join('');
  return strange === '' || OTHER_WORD.test(strange) || FOUR_BYTES.test(strange) ? decoded : undefined;
}
