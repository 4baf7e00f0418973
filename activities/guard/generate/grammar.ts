/** Ways to say things: each name has alternatives, in which `{name}` stands for one of another's. */
export type Grammar = Readonly<Record<string, readonly string[]>>;

/** Templates in templates: more than any grammar here needs, and an end to one that holds itself. */
const MOST_DEPTH = 8;

export const pick = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)] as T;

/**
 * One text of the grammar, from one of the alternatives of `start`; the same for the same random numbers.
 * @throws where a name is not in the grammar.
 */
export function expand(grammar: Grammar, start: string, random: () => number, depth = 0): string {
  const alternatives = grammar[start];
  if (!alternatives || depth > MOST_DEPTH) throw new Error(`The grammar has no end for {${start}}.`);
  return pick(alternatives, random).replace(/\{(\w+)\}/g, (_, name: string) =>
    expand(grammar, name, random, depth + 1),
  );
}

/** The same with a sentence's first letter, or nothing, in capitals: as people type. */
export function typed(text: string, random: () => number): string {
  const roll = random();
  if (roll < 0.6) return text.charAt(0).toUpperCase() + text.slice(1);
  if (roll < 0.92) return text;
  return roll < 0.96 ? text.toUpperCase() : text.toLowerCase();
}
