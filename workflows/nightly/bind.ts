import type { NightStepResult } from '../../schemas/nightly-refresh';
import type { RolloutStrategyInput } from '../../schemas/rollout-strategy';

/** Fields of inputs that name what an earlier step may have made, by the step. */
const NAMED_BY: Readonly<Record<string, readonly NightStepResult['step'][]>> = {
  dataset: ['clean'],
  features: ['features'],
  base: ['train'],
  teacher: ['train'],
  model: ['train', 'distill'],
};

/** Steps whose models a strategy may name. Datasets and indexes it may not: their names are those that services search by. */
export const STRATEGY_MAKERS = ['train', 'distill'] as const;

/**
 * A step's input with what only the night knows: `{night}` in its texts, and the versions that the night has made where it gives
 * names without one, so that what others publish meanwhile does not get in between.
 */
export function bindInput<I>(input: I, night: string, made: readonly NightStepResult[]): I {
  return mapTexts(input, (text, key) => {
    const steps = NAMED_BY[key] ?? [];
    const of = made.find(({ step, made: version }) => steps.includes(step) && version?.startsWith(`${text}@`));
    return of?.made ?? text.replaceAll('{night}', night);
  });
}

/**
 * The same for a rollout. What the keys of a strategy mean only its service knows: whatever text of it is the name of a model of this night
 * and nothing else means that version.
 */
export function bindRollout(
  { strategy, ...rest }: RolloutStrategyInput,
  night: string,
  made: readonly NightStepResult[],
): RolloutStrategyInput {
  const models = made.flatMap(({ step, made: version }) => (makesModels(step) && version ? [version] : []));
  const pinned = mapTexts(
    strategy,
    (text) => models.find((model) => model.startsWith(`${text}@`)) ?? text.replaceAll('{night}', night),
  );
  return { ...bindInput(rest, night, made), strategy: pinned };
}

/** The steps of an input that make what its strategy names without a version. */
export function makersOf(
  strategy: Record<string, unknown>,
  input: { [S in (typeof STRATEGY_MAKERS)[number]]?: { name: string } | undefined },
): (typeof STRATEGY_MAKERS)[number][] {
  const texts = new Set<string>();
  mapTexts(strategy, (text) => {
    texts.add(text);
    return text;
  });
  return STRATEGY_MAKERS.filter((step) => texts.has(input[step]?.name ?? ''));
}

const makesModels = (step: NightStepResult['step']): boolean => STRATEGY_MAKERS.some((maker) => maker === step);

/** JSON with every text of it as `map` makes it; keys stay. */
function mapTexts<I>(input: I, map: (text: string, key: string) => string): I {
  const walk = (key: string, value: unknown): unknown => {
    if (typeof value === 'string') return map(value, key);
    if (Array.isArray(value)) return value.map((item) => walk(key, item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(name, inner)]));
  };
  return walk('', input) as I;
}
