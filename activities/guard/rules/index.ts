import type { GuardReason, GuardSurface } from '../../../schemas/guard';
import type { Reading, View } from '../normalise';
import type { GuardRule } from './rule';
import { CHINESE_RULES } from './rules-chinese';
import { ENGLISH_RULES } from './rules-english';

/** All rules. What they match is part of what a classifier learns from: after a change raise `GUARD_BUILD`. */
export const RULES: readonly GuardRule[] = [...ENGLISH_RULES, ...CHINESE_RULES];

/** The rules of a surface that match a text, by their ids. */
export const matchRules = (text: string, surface: GuardSurface): GuardRule[] =>
  RULES.filter(({ surfaces, pattern }) => surfaces.includes(surface) && pattern.test(text));

const MATCHED = new WeakMap<View, Map<GuardSurface, GuardRule[]>>();

/** The same of a view. It is remembered: rules judge by it, and then a classifier learns from it. */
export function matchView(view: View, surface: GuardSurface): GuardRule[] {
  const known = MATCHED.get(view) ?? new Map<GuardSurface, GuardRule[]>();
  const rules = known.get(surface) ?? matchRules(view.text, surface);
  MATCHED.set(view, known.set(surface, rules));
  return rules;
}

/** What a trick is believed to say by itself, whatever it hides. */
const SIGNS: readonly { sign: keyof Reading['signs']; least: number; weight: number; why: string }[] = [
  { sign: 'hidden', least: 1, weight: 0.9, why: 'is written in characters that show nothing' },
  { sign: 'bidi', least: 1, weight: 0.3, why: 'turns the direction of reading' },
  { sign: 'broken', least: 2, weight: 0.4, why: 'has words broken by characters that show nothing' },
  { sign: 'lookalikes', least: 2, weight: 0.4, why: 'has words with letters of another script that look the same' },
];

/** What is hidden on purpose weighs more: an order in base64 is no slip of the tongue. */
const HIDDEN_BONUS = 0.2;

/** Reasons against a text by rules, the weightiest first, each rule once; the view is the first in which it was found. */
export function ruleReasons({ views, signs }: Reading, surface: GuardSurface): GuardReason[] {
  const found = new Map<string, GuardReason>();
  for (const view of views) {
    const { kind } = view;
    for (const { id, why, weight } of matchView(view, surface)) {
      if (found.has(id)) continue;
      found.set(id, {
        rule: id,
        why,
        view: kind,
        weight: isHidden(kind) ? Math.min(1, weight + HIDDEN_BONUS) : weight,
      });
    }
  }
  if (surface !== 'output') {
    for (const { sign, least, weight, why } of SIGNS) {
      if (signs[sign] >= least) found.set(sign, { rule: sign, why, view: 'plain', weight });
    }
  }
  return [...found.values()].sort((a, b) => b.weight - a.weight);
}

const isHidden = (kind: View['kind']): boolean => kind !== 'plain' && kind !== 'simplified' && kind !== 'escapes';

/** Independent evidence, added up: 1 less the product of what each leaves open. */
export const joined = (reasons: readonly Pick<GuardReason, 'weight'>[]): number =>
  1 - reasons.reduce((open, { weight }) => open * (1 - weight), 1);
