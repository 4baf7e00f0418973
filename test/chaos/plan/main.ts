/**
 * Runs every stage while parts are killed, stopped, cut off, filled and slowed: `npm run chaos -- --seed 1 --minutes 10`.
 * docs/faults.md says what is done, and what came of it.
 */
import { parseArgs } from 'node:util';
import { damageAll } from './damage';
import { runChaos } from './driver';
import { Journal } from './journal';
import { keyOf, PAIRS, type Pair, type PlannedFault, planFaults } from './plan';
import { lanesOf, STAGE_RUNS } from './stages';

const HELP = `npm run chaos -- [options]

  --seed N       what decides which fault meets which stage when; the same seed is the same plan (default 1)
  --minutes M    no further round begins after so many (default 10)
  --faults K     how many faults; nine a minute if left out
  --stages A,B   only these stages, and faults for them
  --pairs P:F,…  only these faults, as in temporal:cut,worker-llm:kill
  --damage       no faults: damage by hand what each invariant looks at, and fail where one does not tell
  --real-trainer PyTorch under torchrun instead of the stub of the tests; 5 GB in the cache
  --journal FILE where all that happens is written, a JSON object a line (default chaos-SEED.jsonl)
  --dry-run      print the plan and do nothing
  --help

Ends with 1 where a run did not end well or an invariant does not hold.`;

/** Faults that a minute has room for, with what is waited for after them. */
const FAULTS_A_MINUTE = 9;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '10' },
      faults: { type: 'string' },
      stages: { type: 'string' },
      pairs: { type: 'string' },
      damage: { type: 'boolean', default: false },
      'real-trainer': { type: 'boolean', default: false },
      journal: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void console.log(HELP);
  const [seed, minutes] = [numberOf('seed', values.seed), numberOf('minutes', values.minutes)];
  const wantedFaults = numberOf('faults', values.faults ?? String(Math.ceil(minutes * FAULTS_A_MINUTE)));
  const faults = values.damage ? 0 : wantedFaults;
  const stages = values.stages?.split(',');
  const unknown = stages?.filter((name) => !STAGE_RUNS.some(({ stage }) => stage === name)) ?? [];
  if (unknown.length > 0) throw new Error(`--stages: there is no ${unknown.join(', ')}.`);
  const trainer = values['real-trainer'] ? 'real' : 'stub';
  const targets = lanesOf(trainer)
    .flat()
    .filter(({ stage }) => !stages || stages.includes(stage));
  const wanted = values.pairs?.split(',').map((pair) => pair.replace(':', ' '));
  const wrong = wanted?.filter((name) => !PAIRS.some((pair) => keyOf(pair) === name)) ?? [];
  if (wrong.length > 0) throw new Error(`--pairs: there is no ${wrong.join(', ')}.`);
  const plan = (possible: readonly Pair[]) => {
    const pairs = possible.filter((pair) => !wanted || wanted.includes(keyOf(pair)));
    return planFaults({ seed, faults, targets, pairs });
  };
  if (values['dry-run']) return void plan(PAIRS).forEach((fault) => console.log(inWords(fault)));
  const again = ['npm run chaos --', `--seed ${seed} --minutes ${minutes} --faults ${faults}`];
  for (const name of ['stages', 'pairs'] as const)
    if (values[name] !== undefined) again.push(`--${name} ${values[name]}`);
  if (trainer === 'real') again.push('--real-trainer');
  if (values.damage) again.push('--damage');
  const journal = new Journal(values.journal ?? `chaos-${seed}.jsonl`, again.join(' '));
  const afterwards = values.damage ? { afterwards: damageAll } : {};
  await runChaos({ plan, minutes, trainer, journal, log: console.log, ...(stages ? { stages } : {}), ...afterwards });
  console.log(`\nSeed ${seed}, Node ${process.version}\n\n${journal.summary()}`);
  if (journal.failures().length > 0) process.exitCode = 1;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number and not "${text}".`);
  return value;
}

function inWords({ number, round, stage, after, step, delayMs, part, fault, seconds }: PlannedFault): string {
  const moment = step === undefined ? `attempt ${after}` : `step ${step} of the job`;
  const lasts = seconds > 0 ? ` for ${seconds} s` : '';
  return `${number}. round ${round}, ${delayMs} ms after ${moment} of ${stage}: ${part} ${fault}${lasts}`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
