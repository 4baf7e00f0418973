import type { Command } from 'commander';
import type { Cli } from '../cli';
import { projectSettings } from '../client';
import { EXIT, type ExitCode } from '../exit';
import { oneHistory } from '../one-history';
import { type Output, table } from '../output';
import { diffRuns, type RunDifference, type ValueDifference } from '../story/diff-stories';
import type { Phase, Story } from '../story/story';
import { span } from '../story/words';

/** Differences that are shown of an input or a result; `--json` has all. */
const SHOWN = 20;
/** Characters of a value on a line. */
const VALUE_CHARS = 48;

export function diffCommand(cli: Cli): Command {
  return cli
    .command(
      'diff',
      'Show two runs side by side: inputs, the first command that differs, times and attempts, results.',
      ['llm-pack diff cleanDataset-monday cleanDataset-tuesday', 'llm-pack diff good.json bad.json --json'],
    )
    .argument('<a>', 'a file, or the workflow id of a run')
    .argument('<b>', 'another')
    .action(async (a: string, b: string, options: { json?: boolean }) => {
      cli.exitCode = await diff(cli, [a, b], cli.output(options));
    });
}

async function diff(cli: Cli, [a, b]: [string, string], out: Output): Promise<ExitCode> {
  const settings = await projectSettings(cli);
  const difference = diffRuns(await oneHistory(settings, cli.cwd, a), await oneHistory(settings, cli.cwd, b));
  printDifference(out, difference);
  out.data(difference);
  return EXIT.done;
}

/** A difference as short text. */
export function printDifference(out: Output, { a, b, input, output, divergence, phases }: RunDifference): void {
  const { bold } = out.style;
  out.print(
    table([
      ['a', ...runCells(a)],
      ['b', ...runCells(b)],
    ]),
  );
  printValues(out, 'Input', input);
  out.print(`\n${bold('Commands')}`);
  if (!divergence) out.print('the same, in the same order');
  else {
    const { shared, a: ofA, b: ofB } = divergence;
    const told = (command: typeof ofA) => (command ? `${command.what} (event ${command.eventId})` : 'nothing more');
    out.print(`${shared} the same, then`);
    out.print(`  a: ${told(ofA)}\n  b: ${told(ofB)}`);
  }
  out.print(`\n${bold('Phases')}`);
  out.print(
    table([
      ['', 'a', 'b', ''],
      ...phases.map((pair) => [pair.name, phaseCell(pair.a), phaseCell(pair.b), ratio(pair.a, pair.b)]),
    ]),
  );
  printValues(out, 'Result', output);
}

const runCells = ({ workflowId, workflow, outcome, startedAt, lastAt, events }: Story): string[] => [
  workflowId,
  workflow,
  outcome,
  span(lastAt - startedAt),
  `${events} events`,
];

function phaseCell(phase: Phase | null): string {
  if (!phase) return '–';
  const { from, to, steps, attempts } = phase;
  const tried = attempts > steps ? `, ${attempts} attempts` : '';
  return `${span(to - from)}${steps > 1 ? `, ${steps}×` : ''}${tried}`;
}

/** How much longer the phase took in b; nothing below a fifth, which is noise. */
function ratio(a: Phase | null, b: Phase | null): string {
  if (!a || !b) return a ? 'only in a' : 'only in b';
  const [before, after] = [a.to - a.from, b.to - b.from];
  if (before <= 0 || after <= 0 || Math.max(before / after, after / before) < 1.2) return '';
  return after > before
    ? `${(after / before).toFixed(1)} times longer`
    : `${(before / after).toFixed(1)} times shorter`;
}

function printValues(out: Output, name: string, values: readonly ValueDifference[]): void {
  out.print(`\n${out.style.bold(name)}`);
  if (values.length === 0) return out.print('the same');
  out.print(table(values.slice(0, SHOWN).map(({ path, a, b }) => [path, short(a), '→', short(b)])));
  if (values.length > SHOWN) out.print(`… and ${values.length - SHOWN} more: --json has them all.`);
}

function short(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS - 1)}…` : text;
}
