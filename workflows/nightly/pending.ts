import type { NightlyRefreshInput, NightPending, NightStep, NightStepResult } from '../../schemas/nightly-refresh';
import { STRATEGY_MAKERS } from './bind';
import { makersFor, NEEDS } from './order';

/** What has no night before it, or one that was whole. */
export const NOTHING_PENDING: NightPending = { steps: [], made: {} };

/** Failures that are an answer: a person or a gate has refused what was made, and would be asked the same again. */
const ANSWERS = ['Rejected', 'GateRefused'];
/** Steps that are of use for something new alone. All others find by themselves what is left to do. */
const JUDGES: readonly NightStep[] = ['distill', 'evaluate', 'promote', 'rollout'];

const isOpen = ({ state }: NightStepResult): boolean => state === 'failed' || state === 'left out';

/** The steps of a night that the next one does again: those that failed or were left out, but for what was refused and what needed that. */
export function againOf(steps: readonly NightStepResult[]): NightStep[] {
  const refused = steps.filter(({ step, code }) => JUDGES.includes(step) && ANSWERS.includes(code ?? ''));
  const isRefused = (step: NightStep) => refused.some((one) => one.step === step);
  return steps.filter(isOpen).flatMap(({ step }) => (isRefused(step) || NEEDS[step].some(isRefused) ? [] : [step]));
}

/**
 * What a night that is not whole leaves to the next one, which may make nothing new and would find no reason to judge what this one has
 * made: the steps that were due, and the versions that they are for.
 */
export function pendingOf(
  input: NightlyRefreshInput,
  results: readonly NightStepResult[],
  before: NightPending,
): NightPending {
  const known = new Map(results.map((result) => [result.step, result]));
  const isDue = (step: NightStep) =>
    before.steps.includes(step) || makersFor(step, input).some((maker) => known.get(maker)?.state === 'done');
  const steps = againOf(results).filter((step) => JUDGES.includes(step) && isDue(step));
  if (steps.length === 0) return NOTHING_PENDING;
  const made = results.flatMap((result) => (result.made === undefined ? [] : [[result.step, result.made] as const]));
  return { steps, made: Object.fromEntries(made) };
}

/** A step that makes no model tonight, with the one that the night before has made and that waits for what is pending. */
export function carried(
  step: NightStep,
  { steps, made }: NightPending,
  result: Omit<NightStepResult, 'step'>,
): Omit<NightStepResult, 'step'> {
  const version = made[step];
  if (version === undefined || !STRATEGY_MAKERS.some((maker) => maker === step)) return result;
  return { ...result, says: `${result.says}; ${version} waits for ${steps.join(', ')}`, made: version };
}
