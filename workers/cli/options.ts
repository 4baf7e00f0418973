import { InvalidArgumentError } from 'commander';

/** Reads an option that is a whole number from `min` to `max`. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };

/** Adds to an option that may be given more than once. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

const SPANS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Reads an option that is a span of time, such as `12h` or `7d`, as milliseconds. */
export function timeSpan(text: string): number {
  const [, count, unit] = /^(\d{1,5})([smhdw])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new InvalidArgumentError('It must be a number with s, m, h, d or w behind it, such as 7d.');
  return Number(count) * SPANS[unit as keyof typeof SPANS];
}
