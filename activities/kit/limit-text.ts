/** Controls other than tab and line feed: nothing that a reader needs, and terminals and databases trip over them. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;

/**
 * A text from outside as a conversation may hold it: well-formed, without control characters, and at most `most` UTF-16
 * units long, its note included. The beginning is what is kept; the note says how much is missing.
 */
export function limitText(text: string, most: number): string {
  const clean = text.toWellFormed().replace(/\r\n?/g, '\n').replace(CONTROLS, '');
  if (clean.length <= most) return clean;
  const note = `\n[cut: ${clean.length} characters in all]`;
  let end = Math.max(0, most - note.length);
  // No half of a surrogate pair.
  if (end > 0 && /[\uD800-\uDBFF]/.test(clean.charAt(end - 1))) end--;
  return clean.slice(0, end) + note;
}
