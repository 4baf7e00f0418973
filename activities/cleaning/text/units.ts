/** UTF-16 units for which memory is kept: one huge document must not take it for good. */
const MOST_KEPT = 1 << 22;

let units = new Uint16Array(1024);
let bytes = Buffer.from(units.buffer);
let heldText = '';

/**
 * The UTF-16 units of a text, which are read several times as fast as the characters of a string, often a part of
 * another one. Valid until it is called with another text; longer than the text.
 */
export function unitsOf(text: string): Uint16Array {
  if (text === heldText) return units;
  if (units.length < text.length || units.length > MOST_KEPT) {
    units = new Uint16Array(Math.max(1024, text.length * 2));
    bytes = Buffer.from(units.buffer);
  }
  bytes.write(text, 'utf16le');
  heldText = text.length > MOST_KEPT ? '' : text;
  return units;
}
