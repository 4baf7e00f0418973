/** Ways to say things: each name has alternatives, in which `{name}` stands for one of another's. */
export type Grammar = Readonly<Record<string, readonly string[]>>;

/** Templates in templates: more than any grammar here needs, and an end to one that holds itself. */
const MOST_DEPTH = 10;

/**
 * What harmless documents say, and what stands around an attack in one: the same, so that a classifier can not tell the two
 * by it.
 */
export const EVERYDAY = [
  'The meeting begins at nine and ends at noon.',
  'Boil the pasta for eight minutes and keep some of the water.',
  'Sales rose in the second quarter, mostly in the north.',
  'The new version mends a fault in the importer.',
  'I have worked for ten years as an accountant.',
  'The hotel is a short walk from the station, and breakfast is included.',
  'Customers liked the battery but not the screen.',
  'The river flooded twice in the last century.',
  'All tests pass on the main branch.',
] as const;

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

/**
 * Alternatives, one a line; `\n` in one stands for a new line. An empty line is none: where nothing is an alternative, a list of
 * strings says so.
 */
export const lines = ({ raw }: TemplateStringsArray): string[] =>
  raw
    .join('')
    .split('\n')
    .map((line) => line.replace(/^ +/, '').replaceAll('\\n', '\n'))
    .filter((line) => line !== '');

/** One grammar of several, which may use each other's names. @throws where two of them give the same name. */
export function joinGrammars(parts: readonly Grammar[]): Grammar {
  const joined: Record<string, readonly string[]> = {};
  for (const part of parts) {
    for (const [name, alternatives] of Object.entries(part)) {
      if (name in joined) throw new Error(`Two grammars give {${name}}.`);
      joined[name] = alternatives;
    }
  }
  return joined;
}
