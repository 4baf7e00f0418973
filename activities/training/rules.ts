import type { MetricLine } from '../../schemas/training';
import type { RuleAction, TrainingRules } from '../../schemas/training-run';
import { median } from '../kit/median';

/** Losses that a median is taken of: enough to be calm, and few enough to follow a loss that falls. */
const MEDIAN_OF = 50;
/** Without so many lines before it, a spike is the noise of the first steps. */
const LEAST_LINES = 10;

/** What the rules keep of the lines so far; small, because it goes with each heartbeat. */
export interface RuleMemory {
  /** The last losses that were no spike, oldest first. */
  recent: number[];
  /** Lines of a spike on end. */
  spikes: number;
  spikeSince: number;
  /** The lowest smoothed loss, and lines since it was lower by the share that counts. */
  best: number | null;
  sinceBest: number;
  /** When a step was last written, or the attempt began to run; seconds since 1970. */
  progressAt: number;
}

export interface FiredRule {
  rule: keyof TrainingRules;
  action: RuleAction;
  step: number;
  /** What was learnt from this step on is no good; null where all of it is. */
  badSince: number | null;
  /** For people: the numbers it fired by. */
  why: string;
}

export const newRuleMemory = (startedAt: number): RuleMemory => ({
  recent: [],
  spikes: 0,
  spikeSince: 0,
  best: null,
  sinceBest: 0,
  progressAt: startedAt,
});

/** Takes in one line of metrics. @returns the memory with it, and the rule that fires at it. */
export function takeLine(rules: TrainingRules, memory: RuleMemory, line: MetricLine): [RuleMemory, FiredRule | null] {
  const next = { ...memory, progressAt: Math.max(memory.progressAt, line.at) };
  const { step, loss, gradientNorm } = line;
  if (loss === null || gradientNorm === null) {
    const what = loss === null ? 'loss' : 'norm of the gradient';
    const why = `the ${what} is not a number`;
    return [next, { rule: 'notANumber', action: rules.notANumber, step, badSince: step, why }];
  }
  // A line of an evaluation has no loss of its own.
  if (loss === undefined) return [next, null];
  return judgeLoss(rules, next, step, loss);
}

function judgeLoss(rules: TrainingRules, next: RuleMemory, step: number, loss: number): [RuleMemory, FiredRule | null] {
  const { spike, plateau } = rules;
  const usual = median(next.recent);
  // Of a loss at or below 0, as some rewards have it, no multiple says anything.
  const isSpike = spike !== null && next.recent.length >= LEAST_LINES && usual > 0 && loss > spike.factor * usual;
  next.spikes = isSpike ? next.spikes + 1 : 0;
  if (next.spikes === 1) next.spikeSince = step;
  if (spike !== null && isSpike) {
    if (next.spikes < spike.lines) return [next, null];
    const why = `the loss is ${short(loss)}, ${short(loss / usual)} times its median, for ${next.spikes} lines`;
    return [next, { rule: 'spike', action: spike.action, step, badSince: next.spikeSince, why }];
  }
  next.recent = [...next.recent, loss].slice(-MEDIAN_OF);
  const smooth = median(next.recent);
  const isBetter = next.best === null || smooth < next.best - Math.abs(next.best) * (plateau?.minChange ?? 0);
  next.sinceBest = isBetter ? 0 : next.sinceBest + 1;
  if (isBetter) next.best = smooth;
  if (plateau !== null && next.sinceBest >= plateau.lines) {
    const why = `the loss has stayed at ${short(smooth)} for ${next.sinceBest} lines`;
    return [next, { rule: 'plateau', action: plateau.action, step, badSince: null, why }];
  }
  return [next, null];
}

/** Whether a job that runs has written no step for too long. `now` in seconds since 1970. */
export function findStall(rules: TrainingRules, memory: RuleMemory, step: number, now: number): FiredRule | null {
  if (rules.stall === null) return null;
  const seconds = now - memory.progressAt;
  if (seconds < rules.stall.minutes * 60) return null;
  const why = `no step for ${Math.round(seconds)} s, after step ${step}`;
  return { rule: 'stall', action: rules.stall.action, step, badSince: null, why };
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
