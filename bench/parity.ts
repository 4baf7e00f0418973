/**
 * How far verdicts agree with datatrove's: `npx jiti bench/parity.ts IN.jsonl DECISIONS.jsonl [--recipe fineweb]`.
 *
 * IN.jsonl holds `{ id, text }`; DECISIONS.jsonl what datatrove decided on each, `{ id, keep, filter, reason, sha1 }`
 * in the same order, `sha1` of the text it kept. Prints the shares that agree, and every kind of disagreement with how
 * often it occurs and some ids. Ends with 1 below 99.5% on keeping, 99% on filter and reason, or 100% on kept texts.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { normalise, wellFormed } from '../activities/cleaning/read/normalise';
import { Judge } from '../activities/cleaning/rules/judge';
import { RULES } from '../activities/cleaning/rules/rule-table';
import { RECIPES, recipeName } from '../schemas/recipes';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { recipe: { type: 'string', default: 'fineweb' }, examples: { type: 'string', default: '3' } },
});

interface Decision {
  id: string;
  keep: boolean;
  filter: string | null;
  reason: string | null;
  sha1?: string;
}

/** What datatrove's scripts call our filters. */
const FILTER_NAMES: Record<string, string> = { repetition: 'gopher_repetition', quality: 'gopher_quality' };

const filterOfReason = new Map(RULES.map(({ reason, filter }) => [reason, FILTER_NAMES[filter] ?? filter]));

const show = ({ keep, filter, reason }: Omit<Decision, 'id'>): string => (keep ? 'keep' : `${filter}/${reason}`);

async function* jsonLines<T>(file: string): AsyncGenerator<T, undefined> {
  const handle = await open(file);
  for await (const line of handle.readLines()) if (line !== '') yield JSON.parse(line) as T;
}

/** The verdict as `cleanDataset` gives it. */
function decide(judge: Judge, raw: string, standard: boolean): Omit<Decision, 'id'> {
  const found = standard ? normalise(raw) : wellFormed(raw);
  if (found.trim() === '') return { keep: false, filter: 'read', reason: 'empty_document' };
  const { reason, text } = judge.judge({ text: found, url: null });
  if (reason !== null) return { keep: false, filter: filterOfReason.get(reason) ?? 'unknown', reason };
  return { keep: true, filter: null, reason: null, sha1: createHash('sha1').update(text).digest('hex') };
}

async function main(): Promise<void> {
  const [texts, decisions] = positionals;
  if (!texts || !decisions) throw new Error('Give two files: IN.jsonl DECISIONS.jsonl');
  const rules = RECIPES[recipeName.parse(options.recipe)];
  const judge = new Judge(rules);
  const kinds = new Map<string, string[]>();
  const agree = { all: 0, keep: 0, reason: 0, kept: 0, text: 0 };
  const theirs = jsonLines<Decision>(decisions);
  for await (const { id, text } of jsonLines<{ id: string; text: string }>(texts)) {
    const next = await theirs.next();
    const their = next.done ? undefined : next.value;
    if (their?.id !== id) throw new Error(`The files do not belong together: ${id} against ${their?.id ?? 'nothing'}`);
    const our = decide(judge, text, rules.normalise === 'standard');
    agree.all++;
    const differ = (kind: string) => {
      const ids = kinds.get(kind) ?? [];
      kinds.set(kind, ids);
      ids.push(id);
    };
    if (our.keep === their.keep) agree.keep++;
    if (show(our) === show(their)) agree.reason++;
    else differ(`datatrove ${show(their)}, here ${show(our)}`);
    if (our.keep && their.keep) {
      agree.kept++;
      if (our.sha1 === their.sha1) agree.text++;
      else differ('kept by both, with another text');
    }
  }
  const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
  const percent = (part: number, whole: number) => `${(100 * share(part, whole)).toFixed(3)}%`;
  console.log(`recipe ${options.recipe}, ${agree.all} documents, ${agree.kept} kept by both`);
  console.log(`keep or drop          ${percent(agree.keep, agree.all)}`);
  console.log(`filter and reason     ${percent(agree.reason, agree.all)}`);
  console.log(`kept text identical   ${percent(agree.text, agree.kept)}`);
  const sorted = [...kinds].sort(([, a], [, b]) => b.length - a.length);
  for (const [kind, ids] of sorted) {
    console.log(`${String(ids.length).padStart(6)}  ${kind}: ${ids.slice(0, Number(options.examples)).join(', ')}`);
  }
  const good =
    share(agree.keep, agree.all) >= 0.995 &&
    share(agree.reason, agree.all) >= 0.99 &&
    share(agree.text, agree.kept) === 1;
  process.exitCode = good ? 0 : 1;
}

void main();
