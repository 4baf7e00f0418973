import { mulberry32 } from '../../kit/random';
import { ATTACK_GRAMMAR, ATTACK_STARTS } from './attack-grammar';
import { BENIGN_GRAMMAR, BENIGN_STARTS } from './benign-grammar';
import { expand, type Grammar, typed } from './grammar';

/** A text that a guard learns from or is tried on, and of which family it is. */
export interface LabelledText {
  text: string;
  family: string;
}

/** As many texts of each start as make up `count`, all different; the same for the same seed. */
function generate(grammar: Grammar, starts: readonly string[], count: number, seed: number): LabelledText[] {
  const random = mulberry32(seed);
  const seen = new Set<string>();
  const texts: LabelledText[] = [];
  // A grammar that has run out of new texts must not run for ever.
  for (let tries = 0; texts.length < count && tries < count * 20; tries++) {
    const family = starts[tries % starts.length] ?? '';
    const text = typed(expand(grammar, family, random).replace(/ {2,}/g, ' ').trim(), random);
    if (seen.has(text)) continue;
    seen.add(text);
    texts.push({ text, family });
  }
  return texts;
}

/** Attacks by family, made by a grammar. */
export const generateAttacks = (count: number, seed: number): LabelledText[] =>
  generate(ATTACK_GRAMMAR, ATTACK_STARTS, count, seed);

/** Harmless texts by kind, hard ones among them, made by a grammar. */
export const generateBenign = (count: number, seed: number): LabelledText[] =>
  generate(BENIGN_GRAMMAR, BENIGN_STARTS, count, seed);

/** Whether texts of a family stand in documents. */
export const isDocument = (family: string): boolean => /injection|document/.test(family);
