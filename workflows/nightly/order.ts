import {
  NIGHT_STEPS,
  type NightlyRefreshInput,
  type NightStep,
  type NightStepResult,
} from '../../schemas/nightly-refresh';

/** What a step works on: where one of these has failed, it is left out; what is not named in the input is not waited for. */
const NEEDS: Record<NightStep, readonly NightStep[]> = {
  clean: [],
  features: ['clean'],
  // A search that is up to date does not wait for models.
  index: ['clean'],
  train: ['clean', 'features'],
  distill: ['clean', 'train'],
  promote: ['index', 'train', 'distill'],
};

/** Steps that make what a later one is only of use for. */
const MAKERS: Partial<Record<NightStep, readonly NightStep[]>> = {
  distill: ['train'],
  promote: ['train', 'distill'],
};

type Known = ReadonlyMap<NightStep, Pick<NightStepResult, 'state'>>;

/** The steps that an input names, in their order. */
export const stepsOf = (input: NightlyRefreshInput): NightStep[] =>
  NIGHT_STEPS.filter((step) => input[step] !== undefined);

/** Why a step can not be done tonight; null where it can. */
export function obstacle(step: NightStep, known: Known): Pick<NightStepResult, 'state' | 'says'> | null {
  const missing = NEEDS[step].filter((needed) => ['failed', 'left out'].includes(known.get(needed)?.state ?? ''));
  if (missing.length > 0) return { state: 'left out', says: `needs ${missing.join(' and ')}` };
  const makers = (MAKERS[step] ?? []).filter((maker) => known.has(maker));
  const isNew = (maker: NightStep) => ['done', 'dry run'].includes(known.get(maker)?.state ?? '');
  if (makers.length > 0 && !makers.some(isNew)) {
    return { state: 'not due', says: `${makers.join(' and ')} made nothing new` };
  }
  return null;
}
