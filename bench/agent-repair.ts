/**
 * Repair of malformed actions: `npx jiti bench/agent-repair.ts [--each 40] [--seed 1] [--show]`.
 *
 * Outputs are made from known actions; which of them hold an action that one can be sure of is decided as they are made.
 * Prints by family how many of those were recovered to exactly the right action, and how many wrong actions would have
 * been run; beside ours, JSON.parse and jsonrepair alone. Ends with 1 below 97%, or where one wrong action would be run.
 */
import { parseArgs } from 'node:util';
import { jsonrepair } from 'jsonrepair';
import { canonicalJson } from '../activities/kit/canonical-json';
import { readAction } from '../activities/agent/repair';
import type { AgentAction } from '../schemas/agent';
import type { Malformed } from '../test/support/malformed-actions/maker';
import { malformed } from '../test/support/malformed-actions/malform';
import { TOOLS } from '../test/support/malformed-actions/tools';

const { values: options } = parseArgs({
  options: {
    each: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean' },
  },
});

type Reader = (output: string) => AgentAction | null;

/** What a loop runs that parses and trusts: any known tool with an object of arguments, or an answer. */
const trusting =
  (parse: (text: string) => unknown): Reader =>
  (output) => {
    let value: unknown;
    try {
      value = parse(output);
    } catch {
      return null;
    }
    if (typeof value !== 'object' || value === null) return null;
    const { tool, arguments: args, answer } = value as Record<string, unknown>;
    if (typeof answer === 'string') return { kind: 'answer', text: answer };
    const known =
      TOOLS.some(({ name }) => name === tool) && typeof args === 'object' && args !== null && !Array.isArray(args);
    return known ? { kind: 'call', tool: tool as string, arguments: args as Record<string, unknown> } : null;
  };

const READERS: Record<string, Reader> = {
  ours: (output) => {
    const reading = readAction(output, TOOLS, 'json');
    return reading.ok ? reading.action : null;
  },
  'JSON.parse': trusting((text) => JSON.parse(text) as unknown),
  jsonrepair: trusting((text) => JSON.parse(jsonrepair(text)) as unknown),
};

function score(list: readonly Malformed[], read: Reader) {
  let [recoverable, right, wrong] = [0, 0, 0];
  const misses: Malformed[] = [];
  for (const one of list) {
    const action = read(one.output);
    const same = action !== null && one.intended !== null && canonicalJson(action) === canonicalJson(one.intended);
    if (one.intended !== null) recoverable += 1;
    if (same) right += 1;
    else if (action !== null) wrong += 1;
    if (!same && (action !== null || one.intended !== null)) misses.push(one);
  }
  return { recoverable, right, wrong, misses };
}

function main(): void {
  const all = malformed(Number(options.each), Number(options.seed));
  const families = [...new Set(all.map(({ family }) => family))];
  const names = Object.keys(READERS);
  const share = (right: number, of: number) => (of === 0 ? '-' : `${((100 * right) / of).toFixed(1)}%`).padStart(7);
  const row = (name: string, list: readonly Malformed[]) => {
    const scores = names.map((reader) => score(list, READERS[reader]!));
    const cells = scores.map(
      ({ right, recoverable, wrong }) => `${share(right, recoverable)} ${String(wrong).padStart(5)}`,
    );
    console.log(
      `${name.padEnd(34)} ${String(list.length).padStart(5)} ${String(scores[0]!.recoverable).padStart(6)} ${cells.join('  ')}`,
    );
    return scores[0]!;
  };
  console.log(
    `${'family'.padEnd(34)}   all  holds ${names.map((name) => `${name.padStart(10)} wrong`.slice(-14)).join(' ')}`,
  );
  for (const family of families)
    row(
      family,
      all.filter((one) => one.family === family),
    );
  const { recoverable, right, wrong, misses } = row('all', all);
  if (options.show) {
    for (const { family, output, intended } of misses) {
      const reading = readAction(output, TOOLS, 'json');
      console.log(
        `\n${family}: ${JSON.stringify(output)}\n  meant ${JSON.stringify(intended)}\n  read  ${JSON.stringify(reading)}`,
      );
    }
  }
  process.exitCode = right / recoverable >= 0.97 && wrong === 0 ? 0 : 1;
}

main();
