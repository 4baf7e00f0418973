import { STAGES } from '../../../schemas';
import { duration } from '../../../workflows/kit/progress-text';
import { printHits } from '../hits';
import { startFormLink, type UiPlace } from '../links';
import type { Output } from '../output';
import type { DemoResult } from './job';
import type { DemoSource } from './source';

// The first reasons tell the story; the report in the artifact store has them all.
const MAX_REASONS = 6;
const DUPLICATES = /duplicate$/;

/** The demo's result for a person. */
export function printDemo(out: Output, place: UiPlace, result: DemoResult, source: DemoSource): void {
  printCleaning(out, result, source);
  printIndex(out, result);
  printAnswers(out, result, source);
  printLinks(out, place, result);
  printNext(out);
}

function printCleaning(out: Output, { clean }: DemoResult, { source }: DemoSource): void {
  const { counts, outcome, dataset } = clean.output;
  const version = dataset ? `${dataset.name}@${dataset.version}` : '';
  out.print();
  out.print(`${out.style.bold('Cleaned')}  ${source} → dataset ${version}${how(outcome, clean.seconds)}`);
  out.print(
    `  ${number(counts.read)} documents read from ${number(counts.files)} files, ${number(counts.kept)} kept, ${number(counts.rejected)} dropped`,
  );
  const reasons = Object.entries(counts.reasons).sort(([, a], [, b]) => b - a);
  const duplicates = reasons.filter(([reason]) => DUPLICATES.test(reason));
  const others = reasons.filter(([reason]) => !DUPLICATES.test(reason));
  if (others.length > 0) {
    const more = others.length > MAX_REASONS ? `, and ${others.length - MAX_REASONS} more reasons` : '';
    out.print(`  dropped: ${list(others.slice(0, MAX_REASONS))}${more}`);
  }
  out.print(`  duplicates: ${duplicates.length > 0 ? list(duplicates) : 'none'}`);
}

function printIndex(out: Output, { rebuild }: DemoResult): void {
  const { counts, outcome, index } = rebuild.output;
  out.print();
  out.print(
    `${out.style.bold('Indexed')}  ${index ? `${index.physical}, served as ${index.alias}` : ''}${how(outcome, rebuild.seconds)}`,
  );
  out.print(
    `  verified ${number(counts.verified)} of ${number(counts.chunks)} chunks of ${number(counts.documents)} documents`,
  );
}

function printAnswers(out: Output, { answers }: DemoResult, { isDefault }: DemoSource): void {
  out.print();
  out.print(`${out.style.bold('Asked')}${isDefault ? '' : '  (titles of three of your documents)'}`);
  for (const { question, hits } of answers) {
    out.print(`  “${question}”`);
    printHits(out, hits, '    ');
  }
}

function printLinks(out: Output, place: UiPlace, { clean, rebuild }: DemoResult): void {
  out.print();
  out.print(out.style.bold('Look'));
  for (const { workflowId, link } of [clean, rebuild])
    out.print(`  ${link ?? `${workflowId} (no UI is known; set TEMPORAL_UI_URL)`}`);
  const forms = STAGES.flatMap(({ name }) => startFormLink(place, name) ?? []);
  if (forms.length === 0) return;
  out.print(`${out.style.bold('Start your own')}  (forms that are filled in already)`);
  for (const form of forms) out.print(`  ${form}`);
}

function printNext(out: Output): void {
  out.print();
  out.print(out.style.bold('Next'));
  out.print('  llm-pack search "your question"                 ask the index');
  out.print('  llm-pack examples                               every workflow, with an input that works');
  out.print('  llm-pack demo --source DIR                      the same on your documents');
  out.print('  llm-pack schedules diff                         what would run every night');
}

const how = (outcome: string, seconds: number): string =>
  outcome === 'reused' ? '  (was done before: reused)' : `  (${duration(seconds)})`;

const number = (value: number): string => value.toLocaleString('en');
const list = (reasons: readonly (readonly [string, number])[]): string =>
  reasons.map(([reason, count]) => `${reason} ${number(count)}`).join(', ');
