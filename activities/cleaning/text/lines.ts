/** What Python's `str.splitlines` ends a line at, besides `\r\n` as one. */
const isLineEnd = (code: number): boolean =>
  (code >= 0x0a && code <= 0x0d) ||
  (code >= 0x1c && code <= 0x1e) ||
  code === 0x85 ||
  code === 0x2028 ||
  code === 0x2029;

/** Calls back with where each line of `text` begins and ends, as Python's `str.splitlines` cuts it. */
export function forEachLine(text: string, each: (start: number, end: number) => void): void {
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Nearly all characters: above the controls and below those of Latin-1.
    if ((code > 0x1e && code < 0x85) || !isLineEnd(code)) continue;
    each(start, index);
    if (code === 0x0d && text.charCodeAt(index + 1) === 0x0a) index++;
    start = index + 1;
  }
  if (start < text.length) each(start, text.length);
}
