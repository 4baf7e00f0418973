/**
 * How rollouts end whose truth is known, how a controller settles, and how often offline replay is right, all simulated: `npx jiti
 * bench/rollout.ts [--runs N]`. Takes about three minutes.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { mean } from '../activities/evaluation/statistics/bootstrap';
import { wilson } from '../activities/evaluation/statistics/wilson';
import { mulberry32 } from '../activities/kit/random';
import { confidenceSequence } from '../activities/rollout/always-valid';
import { tune } from '../activities/rollout/controller';
import { type Logged, replay, type ReplayOptions } from '../activities/rollout/replay';
import { type Plant, settle } from '../test/support/simulated-plant';
import { PLAN, simulateRollout, type SimulatedRollout, type Truth } from '../test/support/simulated-service';
import { normal } from '../test/support/simulated-values';
import { simulatedLog } from '../test/support/simulated-log';
import { median } from './figures';

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '1000' } } });
const RUNS = Number(options.runs);
const USERS_A_DAY = 400_000;

const percent = (hits: number, of = RUNS): string => {
  const { mean: share, low, high } = wilson(hits, of);
  return `${(share * 100).toFixed(1)}% (${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)})`;
};

function rollouts(): void {
  const truths: [string, Truth][] = [
    ['conversions -5%', { conversions: -0.05, failures: 0 }],
    ['conversions -10%', { conversions: -0.1, failures: 0 }],
    ['conversions -2%', { conversions: -0.02, failures: 0 }],
    ['failures +20%', { conversions: 0, failures: 0.2 }],
    ['none', { conversions: 0, failures: 0 }],
    ['conversions +2%', { conversions: 0.02, failures: 0 }],
    ['2% of the canary lost', { conversions: 0, failures: 0, lost: 0.02 }],
  ];
  console.log(
    '| true change | rolled back before 10% exposure | rolled back at all | done | held | days to the end, median | 95% |\n|---|---|---|---|---|---:|---:|',
  );
  for (const [name, truth] of truths) {
    const runs = Array.from({ length: RUNS }, (_, run) =>
      simulateRollout(PLAN, truth, { usersADay: USERS_A_DAY, random: mulberry32(run + 1) }),
    );
    const ended = (wanted: SimulatedRollout['end'], below = Infinity) =>
      percent(runs.filter(({ end, exposure }) => end === wanted && exposure < below).length);
    const days = runs.map(({ hours }) => hours / 24).sort((a, b) => a - b);
    const late = days[Math.ceil(0.95 * days.length) - 1] ?? NaN;
    const cells = [ended('rollback', 0.1), ended('rollback'), ended('done'), ended('hold')];
    console.log(`| ${name} | ${cells.join(' | ')} | ${median(days).toFixed(1)} | ${late.toFixed(1)} |`);
  }
}

/** How often a test says so of nothing, at 200 looks from 100 to 100,000 users. */
function looks(): void {
  const sequential = { alpha: 0.025, planned: 10_000 };
  const places = Array.from({ length: 200 }, (_, at) => Math.round(100 * 1_000 ** (at / 199)));
  const random = mulberry32(5);
  let [valid, once, ends] = [0, 0, 0];
  for (let run = 0; run < RUNS * 4; run += 1) {
    let [sum, before] = [0, 0];
    let [crossed, naive] = [false, false];
    for (const users of places) {
      sum += Math.sqrt(users - before) * normal(random);
      before = users;
      const effect = { estimate: sum / users, error: 1 / Math.sqrt(users), weight: users };
      const { low, high } = confidenceSequence(effect, sequential);
      crossed ||= low > 0 || high < 0;
      naive ||= Math.abs(sum) / Math.sqrt(users) > 1.96;
    }
    if (crossed) valid += 1;
    if (naive) once += 1;
    if (Math.abs(sum) / Math.sqrt(before) > 1.96) ends += 1;
  }
  const of = RUNS * 4;
  console.log('\n| no effect, 200 looks | says there is one, once or more |\n|---|---|');
  console.log(`| confidence sequence, 95% | ${percent(valid, of)} |`);
  console.log(`| 95% interval for one look, looked at each time | ${percent(once, of)} |`);
  console.log(`| the same, looked at once | ${percent(ends, of)} |`);
}

function controllers(): void {
  const base: Plant = { gain: 10, lag: 3, noise: 0, cycle: 0 };
  const plants: [string, Plant][] = [
    ['as the controller believes', base],
    ['with noise of 2% of the way and a day cycle of 2%', { ...base, noise: 0.1, cycle: 0.1 }],
    ['half the gain', { ...base, gain: 5 }],
    ['one and a half times the gain', { ...base, gain: 15 }],
    ['twice the gain', { ...base, gain: 20 }],
    ['a lag of 5 periods, believed to be 3', { ...base, lag: 5 }],
  ];
  console.log('\n| the plant is | periods to settle, median | overshoot, median | 95% |\n|---|---:|---:|---:|');
  for (const [name, plant] of plants) {
    const target = 5 + plant.gain * 0.7;
    const settings = {
      target,
      gain: base.gain,
      low: 0,
      high: 1,
      maxStep: 0.1,
      lag: base.lag,
      ...tune({ gain: base.gain, periods: 12 }),
    };
    const runs = Array.from({ length: 200 }, (_, run) =>
      settle(settings, plant, { periods: 120, random: mulberry32(run + 1) }),
    );
    const overshoots = runs.map(({ overshoot }) => overshoot * 100).sort((a, b) => a - b);
    const settling = median(runs.map((run) => run.settling));
    console.log(
      `| ${name} | ${settling} | ${median(overshoots).toFixed(1)}% | ${(overshoots[189] ?? NaN).toFixed(1)}% |`,
    );
  }
}

function replays(): void {
  console.log(
    '\n| offline replay of 5,000 decisions of 1,000 users | mean error of the gain | deviation | 95% interval holds the truth |\n|---|---:|---:|---|',
  );
  const ways: [string, ReplayOptions][] = [
    ['IPS', { method: 'ips' }],
    ['SNIPS', { method: 'snips' }],
    ['IPS, weights at most 5', { method: 'ips', ceiling: 5 }],
    ['IPS, weights 0.5 to 5', { method: 'ips', floor: 0.5, ceiling: 5 }],
  ];
  const logs: { logged: Logged[]; gain: number }[] = Array.from({ length: RUNS }, (_, run) =>
    simulatedLog(1_000, mulberry32(run + 1)),
  );
  for (const [name, way] of ways) {
    const told = logs.map(({ logged, gain }) => ({ ...replay(logged, way).gain, truth: gain }));
    const errors = told.map(({ mean: estimate, truth }) => estimate - truth);
    const bias = mean(errors);
    const deviation = Math.sqrt(mean(errors.map((error) => (error - bias) ** 2)));
    const held = told.filter(({ low, high, truth }) => low <= truth && truth <= high).length;
    console.log(`| ${name} | ${bias.toFixed(4)} | ${deviation.toFixed(4)} | ${percent(held)} |`);
  }
}

rollouts();
looks();
controllers();
replays();
console.log(`\n${RUNS} runs, ${USERS_A_DAY} users a day, Node ${process.version}, ${cpus()[0]?.model ?? ''}`);
