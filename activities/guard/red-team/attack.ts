import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { MutationName } from '../../../schemas/red-team';
import { hash32 } from '../../features/hash32';
import type { Report } from '../../kit/heartbeat';
import { mulberry32 } from '../../kit/random';
import type { GuardCase } from '../../stores/registry-guards';
import { openClassifier } from '../classifier/open-classifier';
import { openGuard } from '../guard';
import { type PlanText, readPlanTexts } from '../training/plan';
import { textHash } from '../training/sets';
import { mutate, surfaceOf } from './mutations';

export interface AttackTask {
  /** Attacks, as a plan keeps them. */
  file: string;
  /** The model file of the guard; null for the rules alone. */
  model: string | null;
  mutation: MutationName;
  sample: number;
  seed: number;
  /** Empty folder for what has got past. */
  dir: string;
}

/** What a unit leaves behind: the attacks that have got past. */
export const BYPASSES_FILE = 'bypasses.jsonl';

/** Longer texts are no case that a person could read. */
const MOST_CASE_CHARS = 20_000;

/** Tries attacks with one mutation, and writes those that were neither refused nor quarantined. */
export async function attackInThread(task: AttackTask, report: Report): Promise<{ tried: number; bypassed: number }> {
  const { mutation, seed, dir } = task;
  const guard = await openGuard(task.model === null ? {} : { classifier: await openClassifier(task.model) });
  const attacks = drawn(readPlanTexts(task.file), task);
  const past: GuardCase[] = [];
  for (const [done, { text, family, surface }] of attacks.entries()) {
    const disguised = disguise(text, mutation, seed);
    const from = surfaceOf(mutation, surface);
    const { decision } = await guard.check(disguised, { surface: from });
    if (decision === 'allow' || decision === 'warn') past.push({ text: disguised, family, mutation, surface: from });
    if (done % 20 === 0) report(done, attacks.length);
  }
  await writeFile(
    path.join(dir, BYPASSES_FILE),
    past.map((found) => `${JSON.stringify({ id: caseId(found.text), ...found })}\n`).join(''),
  );
  return { tried: attacks.length, bypassed: past.length };
}

/** What an approver calls a bypass by: the beginning of its hash. */
export const caseId = (text: string): string => textHash(text).slice(0, 12);

/** A text with a mutation, of the text and the seed alone: what is drawn beside it changes nothing. */
export const disguise = (text: string, mutation: MutationName, seed: number): string =>
  mutate(text, mutation, mulberry32(hash32(`${mutation} ${text}`, seed))).slice(0, MOST_CASE_CHARS);

/**
 * As many as are wanted, in an order by hashes with the seed. As they are, cases are all tried every time, beside the others: what
 * has got past once must not do so again.
 */
export function drawn(
  texts: readonly PlanText[],
  { mutation, sample, seed }: Pick<AttackTask, 'mutation' | 'sample' | 'seed'>,
): PlanText[] {
  const isSure = ({ isCase }: PlanText) => isCase && mutation === 'none';
  const others = texts.filter((text) => !isSure(text));
  const hashed = others.map((text) => ({ text, hash: textHash(`${seed} ${text.text}`) }));
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1));
  return [...texts.filter(isSure), ...hashed.slice(0, sample).map(({ text }) => text)];
}
