/** Characters of the piece that is counted, and how far apart its sayings may lie on average. */
const PIECE = 40;
const REACH = 250;
/** A text is looked at from its end, where a model that chants still does; beyond this no more. */
const LOOKED_AT = 20_000;

/** Lines whose repeats are form: tables, rules, headings, quotes, and short items of lists. */
const FORM = /^\s*(?:\||[-=*_#~+ ]{3,}$|#{1,6}\s|>|(?:[-*+•]|\d+[.)])\s+.{0,30}$)/u;

/**
 * How often a text says the same 40 characters, one within 250 of the other on average (as gemini-cli counts chanting,
 * with a shorter piece). Numbers count as one another, so that "step 1 … step 2 …" is the same; code blocks and lines
 * that are form are left out. 1 for a text that says nothing twice, and for one that is too short.
 */
export function chantOf(text: string): number {
  const plain = text
    .slice(-LOOKED_AT)
    .replace(/```[\s\S]*?(?:```|$)/gu, '\n')
    .split('\n')
    .filter((line) => !FORM.test(line))
    .join(' ')
    .toLowerCase()
    .replace(/\d+/gu, '0')
    .replace(/\s+/gu, ' ')
    .trim();
  // Pieces without letters repeat in every chart and separator.
  const places = new Map<string, number[]>();
  for (let at = 0; at + PIECE <= plain.length; at += 1) {
    const piece = plain.slice(at, at + PIECE);
    const before = places.get(piece);
    if (!before) places.set(piece, [at]);
    else if (at - before[before.length - 1]! >= PIECE) before.push(at);
  }
  let most = 1;
  for (const [piece, at] of places) {
    if (at.length <= most || !/\p{L}{2}/u.test(piece)) continue;
    // The densest stretch counts: a saying from long before does not thin out what comes now.
    let from = at.length - 1;
    while (from > 0 && at[from]! - at[from - 1]! <= 2 * REACH) from -= 1;
    const sayings = at.length - from;
    if (sayings > most && (at[at.length - 1]! - at[from]!) / (sayings - 1) <= REACH) most = sayings;
  }
  return most;
}
