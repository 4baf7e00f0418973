/** A span of milliseconds in the unit that a person would choose. */
export function span(ms: number): string {
  if (ms < 1_000) return `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h ${Math.round((seconds % 3_600) / 60)} min`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}

/** Bytes with a unit, 1024 to the next. */
export const bytes = (count: number): string =>
  count < 1024
    ? `${count} B`
    : count < 2 ** 20
      ? `${(count / 1024).toFixed(1)} KB`
      : `${(count / 2 ** 20).toFixed(1)} MB`;

export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

export const money = ({ usd, tokens }: { usd: number; tokens: number }): string =>
  `${usd.toFixed(4)} USD, ${plural(tokens, 'token')}`;
