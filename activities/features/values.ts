/**
 * How raw values become what features are made of: one reading for files, tables and online records alike. Each
 * function returns the value, null where there is none (null, absent, empty text), and undefined where there is one
 * that can not be used; such a value counts as missing and is counted.
 */

export type ValueType = 'number' | 'category' | 'time' | 'text';
export type Value = number | string | null | undefined;

/** Beyond it the square of a number, summed over 10^100 rows, would leave the range of a double. */
const GREATEST = 1e100;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** With the flag `u`, a surrogate that is half of a pair is no match. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

const isMissing = (raw: unknown): boolean => raw === null || raw === undefined || raw === '';

/** A finite number up to 1e100: a number, a decimal number as text, or true and false as 1 and 0. */
export function numberOf(raw: unknown): number | null | undefined {
  if (isMissing(raw)) return null;
  let value: number;
  if (typeof raw === 'number') value = raw;
  else if (typeof raw === 'string') {
    const text = raw.trim();
    if (text === '') return null;
    if (!DECIMAL.test(text)) return undefined;
    value = Number(text);
  } else if (typeof raw === 'boolean' || typeof raw === 'bigint') value = Number(raw);
  else return undefined;
  // + 0 makes -0 of some sources the same as 0: JSON does not tell them apart.
  return Math.abs(value) <= GREATEST ? value + 0 : undefined;
}

/** A text as it is, a number or truth value by its shortest text. Half a surrogate pair becomes U+FFFD. */
export function categoryOf(raw: unknown): string | null | undefined {
  if (isMissing(raw)) return null;
  if (typeof raw === 'string') return wellFormed(raw);
  if (typeof raw === 'boolean' || typeof raw === 'bigint') return String(raw);
  return typeof raw === 'number' && Number.isFinite(raw) ? String(raw) : undefined;
}

/** A text. What is no text can not be used: a number in a column of texts is a mistake. */
export function textOf(raw: unknown): string | null | undefined {
  if (isMissing(raw)) return null;
  return typeof raw === 'string' ? wellFormed(raw) : undefined;
}

// Most texts have no surrogates at all, and looking for one is quicker than replacing none.
const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? text.replace(LONE_SURROGATES, '\ufffd') : text;

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?[ ]?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;
/** Greater numbers are of the next smaller unit: 1e11 seconds is the year 5138, 1e14 milliseconds likewise. */
const EPOCH_UNITS = [
  { below: 1e11, perMillisecond: 1e-3 },
  { below: 1e14, perMillisecond: 1 },
  { below: 1e17, perMillisecond: 1e3 },
  { below: 1e20, perMillisecond: 1e6 },
] as const;
const FIRST_YEAR = Date.parse('0001-01-01T00:00:00Z');
const LAST_YEAR = Date.UTC(10_000, 0, 1);

/**
 * Milliseconds since 1970 in UTC, of ISO 8601 (a date, or date and time; without an offset it is UTC), of an epoch in
 * seconds, milliseconds, microseconds or nanoseconds by its size, or of a Date. What is finer than a millisecond is cut.
 */
export function timeOf(raw: unknown): number | null | undefined {
  if (isMissing(raw)) return null;
  if (raw instanceof Date) return inCalendar(raw.getTime());
  if (typeof raw === 'string') {
    const text = raw.trim();
    const iso = ISO.exec(text);
    if (iso) return isoTime(iso);
  } else if (typeof raw !== 'number' && typeof raw !== 'bigint') return undefined;
  const epoch = numberOf(raw);
  if (epoch === null || epoch === undefined) return epoch;
  const unit = EPOCH_UNITS.find(({ below }) => Math.abs(epoch) < below);
  return unit && inCalendar(Math.floor(epoch / unit.perMillisecond));
}

function isoTime(parts: RegExpExecArray): number | undefined {
  const part = (index: number) => Number(parts[index] ?? 0);
  const [month, day, hour, minute, second] = [part(2), part(3), part(4), part(5), part(6)];
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 and on.
  date.setUTCFullYear(part(1), month - 1, day);
  // A leap second is the last of its minute: times are counted without them.
  date.setUTCHours(hour, minute, Math.min(second, 59), Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3)));
  const wraps = date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day;
  if (wraps || hour > 23 || minute > 59 || second > 60) return undefined;
  return inCalendar(date.getTime() - offsetOf(parts[8]));
}

/** Milliseconds that an offset such as `+05:30` is ahead of UTC. */
function offsetOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Times of the years 1 to 9999 only: what lies beyond is a mistake, and other readers do not take it. */
const inCalendar = (time: number): number | undefined =>
  time >= FIRST_YEAR && time < LAST_YEAR ? time + 0 : undefined;

const READERS = { number: numberOf, category: categoryOf, time: timeOf, text: textOf } as const;

/** Reads a raw value as a type. */
export const readValue = (type: ValueType, raw: unknown): Value => READERS[type](raw);
