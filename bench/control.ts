/**
 * How set-point control does on a simulated recommendation service whose truth is known, beside controllers that one would write by hand: `npx
 * jiti bench/control.ts [--runs N]`. Takes some seconds.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { mulberry32 } from '../activities/kit/random';
import { control, type ControllerSettings, startController, tune } from '../activities/rollout/controller';
import { type ClickService, DAY, serve, SERVICE, type Turn } from '../test/support/simulated-clicks';
import { median } from './figures';

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '200' } } });
const RUNS = Number(options.runs);

/** The step is from the click rate at the one knob to that at the other: from 5.8% to 7.8%, where the slope is as usual. */
const [START, END] = [0.2, 0.7];
/** The step is made here, with an hour of rest before it. */
const STEP_AT = 12;
const PERIODS = STEP_AT + 2 * DAY;
const LAG = 6;
const MAX_STEP = 0.1;
/** Periods that ours is tuned to settle in after its lag. */
const SETTLE = 12;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
type Maker = (believed: Pick<ClickService, 'slope' | 'lag' | 'inertia'>) => Turn;

/** The controller of the stage, told the slope, the lag and the inertia that somebody believes. */
const ours: Maker = ({ slope: gain, lag, inertia }) => {
  const settings: Omit<ControllerSettings, 'target'> = {
    ...{ gain, low: 0, high: 1, maxStep: MAX_STEP, lag },
    ...{ inertia, ...tune({ gain, periods: SETTLE, timeConstant: inertia }) },
  };
  let state = startController(START, settings);
  return (metric, target) => (state = control({ ...settings, target }, state, metric)).knob;
};

/** Sums up the error, and clamps what it says and not what it sums: `gain` is Ki. */
const integral =
  (gain: (believed: Pick<ClickService, 'slope' | 'lag' | 'inertia'>) => number): Maker =>
  (believed) => {
    let sum = START;
    return (metric, target) => clamp(metric === null ? sum : (sum += gain(believed) * (target - metric)));
  };

/** Up where the metric is too low, down where it is too high, as far as the knob may move in a period. */
const bangBang: Maker = () => {
  let knob = START;
  return (metric, target) => (knob = metric === null ? knob : clamp(knob + Math.sign(target - metric) * MAX_STEP));
};

const MAKERS: [string, Maker][] = [
  ['ours', ours],
  ['integral, as fast', integral(({ slope }) => (1 - Math.exp(-3 / SETTLE)) / slope)],
  // Skogestad's rule for a delay with its own time for the closed loop, of an integrator alone.
  ['integral, as slow as the lag needs', integral(({ slope, lag, inertia }) => 1 / (slope * 2 * (lag + inertia + 1)))],
  ['bang-bang', bangBang],
];

interface Scenario {
  name: string;
  service: ClickService;
  /** What controllers believe, where that is not so. */
  believed?: Partial<ClickService>;
  /** The target of a period, as the knob by which it is reached; the step when left out. */
  targetAt?: (period: number) => number;
  /** From which period on it has to settle anew. */
  from?: number;
}

const late: ClickService = { ...SERVICE, lag: LAG };
const real: ClickService = { ...late, inertia: 3, impressions: 200_000, season: 0.03 };
const SCENARIOS: Scenario[] = [
  { name: 'counted at once', service: SERVICE },
  { name: `counted ${LAG} periods late`, service: late },
  { name: 'and by chance, of 200,000 impressions', service: { ...late, impressions: 200_000 } },
  { name: 'and users take 3 periods to get used to it', service: { ...late, impressions: 200_000, inertia: 3 } },
  { name: 'and a day cycle of 3%', service: real },
  { name: 'and a quarter of the metrics missing', service: { ...real, missing: 0.25 } },
  {
    name: 'the slope is half of what is believed',
    service: { ...real, slope: 0.02 },
    believed: { slope: 0.04 },
  },
  {
    name: 'the slope is twice what is believed',
    service: { ...real, slope: 0.08 },
    believed: { slope: 0.04 },
  },
  { name: 'counted 9 periods late, believed 6', service: { ...real, lag: 9 }, believed: { lag: LAG } },
  {
    name: 'the click rate falls by a tenth at once',
    service: { ...real, breaks: { period: STEP_AT, loss: 0.1 } },
    targetAt: () => START,
  },
  {
    name: 'a target out of reach for 100 periods, then one within it',
    service: late,
    targetAt: (period) => (period < STEP_AT ? START : period < STEP_AT + 100 ? 1.75 : END),
    from: STEP_AT + 100,
  },
];

interface Figures {
  settling: number;
  overshoot: number;
  steady: number;
  travel: number;
}

/** The error is averaged over so many periods before it is called settled: chance is nobody's fault. */
const SMOOTH = 6;

function figuresOf(scenario: Scenario, make: Maker, seed: number): Figures {
  const { service, believed = {}, from = STEP_AT } = scenario;
  const knobAt = scenario.targetAt ?? ((period: number) => (period < STEP_AT ? START : END));
  const targetAt = (period: number) => service.base + service.slope * knobAt(period);
  const step = service.slope * (END - START);
  const random = mulberry32(seed);
  const { knobs, rates } = serve(service, make({ ...service, ...believed }), {
    periods: PERIODS,
    knob: START,
    random,
    targetAt,
  });
  const target = targetAt(PERIODS);
  const off = rates.map((rate) => (rate - target) / step);
  const smooth = off.map((_, at) => {
    const last = off.slice(Math.max(from, at - SMOOTH + 1), at + 1);
    return last.reduce((sum, error) => sum + error, 0) / last.length;
  });
  const lastOff = smooth.findLastIndex((error, at) => at >= from && Math.abs(error) > 0.1);
  // Which side is beyond depends on where it comes from.
  const side = Math.sign(target - (rates[from] ?? NaN)) || 1;
  const after = off.slice(from);
  const rest = off.slice(-DAY);
  return {
    settling: lastOff === PERIODS - 1 ? Infinity : lastOff + 1 - from,
    overshoot: Math.max(0, ...after.map((error) => error * side)),
    steady: Math.sqrt(rest.reduce((sum, error) => sum + error ** 2, 0) / rest.length),
    travel: knobs.slice(from).reduce((sum, value, at) => sum + Math.abs(value - (knobs[from + at - 1] ?? value)), 0),
  };
}

console.log('| the service | controller | periods to within 10% | beyond | off, in the second day | knob moved |');
console.log('|---|---|---:|---:|---:|---:|');
for (const scenario of SCENARIOS) {
  for (const [name, make] of MAKERS) {
    const runs = Array.from({ length: RUNS }, (_, run) => figuresOf(scenario, make, run + 1));
    const of = (figure: keyof Figures) => median(runs.map((figures) => figures[figure]));
    const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
    const settled = of('settling');
    const cells = [
      Number.isFinite(settled) ? `${settled}` : 'never',
      ...[percent(of('overshoot')), percent(of('steady')), of('travel').toFixed(1)],
    ];
    console.log(`| ${scenario.name} | ${name} | ${cells.join(' | ')} |`);
  }
}
console.log(`\nMedians of ${RUNS} runs, Node ${process.version}, ${cpus()[0]?.model ?? ''}`);
