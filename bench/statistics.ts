/**
 * Whether intervals hold what they say and verdicts are right, on simulated cases whose truth is known: `npx jiti bench/statistics.ts
 * [--rounds N] [--only coverage|verdicts|power|judge]`. Takes about five minutes.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { judgePair } from '../activities/evaluation/judge/pairwise';
import { comparedBy, reportJudge } from '../activities/evaluation/judge/report';
import { bootstrapMean, mean } from '../activities/evaluation/statistics/bootstrap';
import { resampleMean } from '../activities/evaluation/statistics/resample';
import { pairsNeeded } from '../activities/evaluation/statistics/sample-size';
import { decide, type Verdict } from '../activities/evaluation/statistics/verdict';
import { wilson } from '../activities/evaluation/statistics/wilson';
import { mulberry32 } from '../activities/kit/random';
import { simulatedJudge, simulatedPairs } from '../test/support/simulated-judge';
import { differences } from '../test/support/simulated-values';
import { median } from './figures';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '2000' }, only: { type: 'string' } },
});
const ROUNDS = Number(options.rounds);
const RESAMPLES = 1_000;

/** Where in `differences` nDCG stands. */
const KIND = 1;

/** The standard deviation of differences of a kind, from a pilot. */
function deviationOf(kind: number): number {
  const random = mulberry32(11);
  const draw = differences(0)[kind]?.draw ?? (() => NaN);
  return Math.sqrt(mean(Array.from({ length: 50_000 }, () => draw(random) ** 2)));
}

const percent = (hits: number, rounds = ROUNDS): string => {
  const { mean: share, low, high } = wilson(hits, rounds);
  return `${(share * 100).toFixed(1)} (${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)})`;
};

/** How many of the rounds come out as asked. */
function count(happens: (random: () => number, round: number) => boolean, seed: number): number {
  const random = mulberry32(seed);
  let hits = 0;
  for (let round = 0; round < ROUNDS; round += 1) if (happens(random, round)) hits += 1;
  return hits;
}

function coverage(): void {
  console.log('\n| coverage of 95% intervals of a mean difference, % | cases | percentile | BCa |\n|---|---:|---|---|');
  for (const { name, truth, draw } of differences(0.02)) {
    for (const size of [30, 50, 100, 300]) {
      const cells = (['percentile', 'bca'] as const).map((method) =>
        percent(
          count((random, seed) => {
            const sample = Array.from({ length: size }, () => draw(random));
            const { low, high } = bootstrapMean(sample, { method, seed, resamples: RESAMPLES });
            return low <= truth && truth <= high;
          }, size),
        ),
      );
      console.log(`| ${name} | ${size} | ${cells.join(' | ')} |`);
    }
  }
}

/** Verdicts over eight slices of one size, all with the same true gain but the first ones. */
function verdicts(): void {
  const MARGIN = 0.05;
  const SLICES = 8;
  // Sized so that a candidate that is equally good is promoted in four of five evaluations, all slices together.
  const size = pairsNeeded({ deviation: deviationOf(KIND), margin: MARGIN }, { tests: SLICES });
  const verdict = (random: () => number, seed: number, gains: readonly number[]): Verdict['verdict'] => {
    const slices = gains.map((gain, at) => {
      const draw = differences(gain)[KIND]?.draw ?? (() => NaN);
      return { name: `slice ${at}`, values: Array.from({ length: size }, () => draw(random)) };
    });
    const compared = ({ name, values }: (typeof slices)[number]) => {
      return { name, cases: values.length, gain: resampleMean(values, { seed, resamples: RESAMPLES / 2 }) };
    };
    const all = { name: 'all', values: slices.flatMap(({ values }) => values) };
    return decide(compared(all), slices.map(compared), { margin: MARGIN, require: 'noWorse' }).verdict;
  };
  const equal = (gain: number) => Array.from({ length: SLICES }, () => gain);
  const truths: [string, number[]][] = [
    ['equally good everywhere', equal(0)],
    ['better by 0.03 everywhere', equal(0.03)],
    ['just at the margin in one slice, better by 0.03 in the others', [-MARGIN, ...equal(0.03).slice(1)]],
    ['worse by two margins in one slice, equal in the others', [-2 * MARGIN, ...equal(0).slice(1)]],
    ['worse by two margins everywhere', equal(-2 * MARGIN)],
  ];
  console.log(
    `\n| truth in ${SLICES} slices of ${size} cases, margin ${MARGIN} | promote, % | reject, % | hold, % |\n|---|---|---|---|`,
  );
  for (const [name, gains] of truths) {
    const given: Verdict['verdict'][] = [];
    const random = mulberry32(7);
    for (let round = 0; round < ROUNDS / 2; round += 1) given.push(verdict(random, round, gains));
    const cells = ['promote', 'reject', 'hold'].map((wanted) =>
      percent(given.filter((of) => of === wanted).length, given.length),
    );
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

function power(): void {
  console.log(
    '\n| cases needed to show no loss above 0.05, by an equally good one, power 95% | cases | shown, % |\n|---|---:|---|',
  );
  for (const [kind, { name, draw }] of differences(0).entries()) {
    const deviation = deviationOf(kind);
    const size = pairsNeeded({ deviation, margin: 0.05 }, { power: 0.95 });
    const shown = count((drawn, seed) => {
      const sample = Array.from({ length: size }, () => draw(drawn));
      return bootstrapMean(sample, { seed, resamples: RESAMPLES }).low > -0.05;
    }, 13);
    console.log(`| ${name} | ${size} | ${percent(shown)} |`);
  }
}

/** Pairwise verdicts where the candidate is better, or worse, by the margin, and where it is neither. */
async function judge(): Promise<void> {
  const [MARGIN, PAIRS] = [0.15, 1_500];
  console.log(
    `\n| judge, ${PAIRS} pairs | right where better by ${MARGIN}, % | right where worse, % | equals promoted, % | rejected, % | bias told, at the median |\n|---|---|---|---|---|---|`,
  );
  const rounds = ROUNDS / 2;
  let seed = 1_000_000;
  for (const [bias, noise] of [
    [0, 0.1],
    [0.25, 0.15],
    [-0.25, 0.15],
    [0.4, 0.2],
  ] as const) {
    const told: number[] = [];
    const found = async (ahead: number, verdict: Verdict['verdict']): Promise<string> => {
      seed += 1;
      const random = mulberry32(seed);
      const asked = simulatedJudge({ bias, noise }, random);
      let hits = 0;
      for (let round = 0; round < rounds; round += 1) {
        const pairs = simulatedPairs(PAIRS, ahead, random);
        const judged = await Promise.all(pairs.map((pair) => judgePair(asked, pair)));
        const all = comparedBy('all', judged, { seed: round, resamples: RESAMPLES / 2 });
        if (decide(all, [], { margin: 0.02, require: 'better' }).verdict === verdict) hits += 1;
        if (round < 20) told.push(reportJudge(judged).bias.shift.mean);
      }
      return percent(hits, rounds);
    };
    const cells = [
      await found(MARGIN, 'promote'),
      await found(-MARGIN, 'reject'),
      await found(0, 'promote'),
      await found(0, 'reject'),
    ];
    console.log(`| bias ${bias}, noise ${noise} | ${cells.join(' | ')} | ${median(told).toFixed(3)} |`);
  }
}

async function main(): Promise<void> {
  const parts = { coverage, verdicts, power, judge };
  for (const [name, part] of Object.entries(parts)) if ((options.only ?? name) === name) await part();
  console.log(`\n${ROUNDS} rounds of ${RESAMPLES} resamples, Node ${process.version}, ${cpus()[0]?.model ?? ''}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
