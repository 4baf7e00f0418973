import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuardCounts } from '../../../schemas/train-guard';
import type { GuardCase } from '../../stores/registry-guards';
import { groupVariants } from './near-duplicates';
import { type SetText, textHash } from './sets';

/** Folds of cross-validation, by the hash of a text's group. */
export const FOLDS = 5;
/** One group of so many is held out: nothing is learnt from it, and no threshold is set on it. */
const HELD_OUT_OF = 5;

/** A text of the plan. */
export interface PlanText extends SetText {
  attack: boolean;
  /** An attack that a red team has found before. */
  isCase: boolean;
  /** 0 to 4, or null for a text that is held out. */
  fold: number | null;
}

export const TEXTS_FILE = 'texts.jsonl';

/** Families that are left out as a whole, one after the other, to see how a guard does with what it has never met. */
const LEAST_LEFT_OUT = 20;
const MOST_LEFT_OUT = 12;

/** What a run is to learn from. */
export interface GuardPlan {
  texts: PlanText[];
  counts: GuardCounts;
  /** Families that are left out in turn. */
  families: string[];
}

/**
 * Puts sets and cases together, each text once, and splits them by hash: variants of one text go the same way. An attack that
 * also stands among the harmless texts is taken for an attack. Cases are never held out: they are there to be learnt.
 */
export function makePlan(attacks: SetText[], benign: SetText[], cases: readonly GuardCase[]): GuardPlan {
  const known = cases.map(({ text, family, surface }) => ({ text, family, surface, generated: false }));
  const all = [
    ...known.map((text) => ({ ...text, attack: true, isCase: true })),
    ...attacks.map((text) => ({ ...text, attack: true, isCase: false })),
    ...benign.map((text) => ({ ...text, attack: false, isCase: false })),
  ];
  const seen = new Set<string>();
  const distinct = all.filter(({ text }) => {
    const hash = textHash(text);
    return !seen.has(hash) && seen.add(hash);
  });
  const groups = groupVariants(distinct);
  // A group goes by its least hash, so that it stays where it is whatever comes before or after it.
  const least = new Map<number, string>();
  distinct.forEach(({ text }, at) => {
    const [group, hash] = [groups[at] ?? at, textHash(text)];
    if (hash < (least.get(group) ?? 'g')) least.set(group, hash);
  });
  const learnt = new Set(distinct.flatMap(({ isCase }, at) => (isCase ? [groups[at]] : [])));
  const texts = distinct.map((text, at): PlanText => {
    const group = groups[at] ?? at;
    const digest = createHash('sha256')
      .update(least.get(group) ?? '')
      .digest();
    const isHeldOut = !learnt.has(group) && digest.readUInt32BE(0) % HELD_OUT_OF === 0;
    return { ...text, fold: isHeldOut ? null : digest.readUInt32BE(4) % FOLDS };
  });
  texts.sort((a, b) => (textHash(a.text) < textHash(b.text) ? -1 : 1));
  const count = (of: (text: PlanText) => boolean) => texts.filter(of).length;
  const counts: GuardCounts = {
    attacks: count(({ attack }) => attack),
    benign: count(({ attack }) => !attack),
    duplicates: all.length - distinct.length,
    cases: cases.length,
    heldOut: count(({ fold }) => fold === null),
  };
  return { texts, counts, families: familiesOf(texts) };
}

/** Families of attacks that are large enough to be left out, the largest first. */
function familiesOf(texts: readonly PlanText[]): string[] {
  const sizes = new Map<string, number>();
  for (const { family, attack } of texts) if (attack) sizes.set(family, (sizes.get(family) ?? 0) + 1);
  if (sizes.size < 2) return [];
  return [...sizes]
    .filter(([, size]) => size >= LEAST_LEFT_OUT)
    .sort(([a, sizeA], [b, sizeB]) => sizeB - sizeA || (a < b ? -1 : 1))
    .slice(0, MOST_LEFT_OUT)
    .map(([family]) => family);
}

export const writePlanTexts = (dir: string, texts: readonly PlanText[]): Promise<void> =>
  writeFile(path.join(dir, TEXTS_FILE), texts.map((text) => `${JSON.stringify(text)}\n`).join(''));

/** Reads what `writePlanTexts` has written; in a thread, hence at once. */
export const readPlanTexts = (file: string): PlanText[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PlanText);
