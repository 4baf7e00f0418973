import {
  NIGHT_STEPS,
  type NightlyRefreshInput,
  type NightStep,
  type NightStepResult,
} from '../../schemas/nightly-refresh';
import { makersOf } from './bind';

/** What a step works on: where one of these has failed, it is left out; what is not named in the input is not waited for. */
export const NEEDS: Record<NightStep, readonly NightStep[]> = {
  clean: [],
  features: ['clean'],
  // A search that is up to date does not wait for models.
  index: ['clean'],
  train: ['clean', 'features'],
  distill: ['clean', 'train'],
  evaluate: ['index', 'train', 'distill'],
  promote: ['index', 'train', 'distill', 'evaluate'],
  rollout: ['clean', 'index', 'train', 'distill', 'evaluate', 'promote'],
};

/** Steps that make what a later one is only of use for. */
const MAKERS: Partial<Record<NightStep, readonly NightStep[]>> = {
  distill: ['train'],
  evaluate: ['index', 'train', 'distill'],
  promote: ['train', 'distill'],
};

type Known = ReadonlyMap<NightStep, Pick<NightStepResult, 'state' | 'verdict'>>;

/** The steps that an input names, in their order. */
export const stepsOf = (input: NightlyRefreshInput): NightStep[] =>
  NIGHT_STEPS.filter((step) => input[step] !== undefined);

/** Why a step can not be done tonight; null where it can. `pending` are the steps that the night before has left to this one. */
export function obstacle(
  step: NightStep,
  known: Known,
  input: NightlyRefreshInput,
  pending: readonly NightStep[] = [],
): Pick<NightStepResult, 'state' | 'says'> | null {
  const missing = NEEDS[step].filter((needed) => ['failed', 'left out'].includes(known.get(needed)?.state ?? ''));
  if (missing.length > 0) return { state: 'left out', says: `needs ${missing.join(' and ')}` };
  const makers = makersFor(step, input).filter((maker) => known.has(maker));
  const isNew = (maker: NightStep) => ['done', 'dry run'].includes(known.get(maker)?.state ?? '');
  if (makers.length > 0 && !makers.some(isNew) && !pending.includes(step)) {
    return { state: 'not due', says: `${makers.join(' and ')} made nothing new` };
  }
  const gate = step === 'rollout' && makers.length > 0 ? gateOf(known) : undefined;
  if (gate) return { state: 'not due', says: `${gate} did not let it through` };
  return null;
}

/** Whose new versions a step is for. A strategy that names no model of the night is tried whenever it is not live. */
export const makersFor = (step: NightStep, input: NightlyRefreshInput): readonly NightStep[] =>
  step === 'rollout' ? makersOf(input.rollout?.strategy ?? {}, input) : (MAKERS[step] ?? []);

/** The step that has measured the night's model and did not let it through. Where one is promoted, that has asked whoever had to be asked. */
function gateOf(known: Known): NightStep | undefined {
  if (known.has('promote')) return undefined;
  const refuses = (step: NightStep) => ['reject', 'hold'].includes(known.get(step)?.verdict ?? '');
  return (['evaluate', 'distill'] as const).find(refuses);
}
