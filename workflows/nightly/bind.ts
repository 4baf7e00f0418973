import type { NightStepResult } from '../../schemas/nightly-refresh';

/** Fields of inputs that name what an earlier step may have made, by the step. */
const NAMED_BY: Readonly<Record<string, readonly NightStepResult['step'][]>> = {
  dataset: ['clean'],
  features: ['features'],
  base: ['train'],
  teacher: ['train'],
};

/**
 * A step's input with what only the night knows: `{night}` in its texts, and the versions that the night has made where it gives
 * names without one, so that what others publish meanwhile does not get in between.
 */
export function bindInput<I>(input: I, night: string, made: readonly NightStepResult[]): I {
  const pinned = (key: string, text: string): string => {
    const steps = NAMED_BY[key] ?? [];
    const of = made.find(({ step, made: version }) => steps.includes(step) && version?.startsWith(`${text}@`));
    return of?.made ?? text.replaceAll('{night}', night);
  };
  const walk = (key: string, value: unknown): unknown => {
    if (typeof value === 'string') return pinned(key, value);
    if (Array.isArray(value)) return value.map((item) => walk(key, item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(name, inner)]));
  };
  return walk('', input) as I;
}
