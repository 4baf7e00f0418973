import { DAYS_OF_WEEK, MONTHS } from '@temporalio/client/lib/schedule-types';
import type { CalendarSpecDescription } from '@temporalio/client';

/** A range of a calendar field by number, both ends included. */
interface Span {
  start: number;
  end: number;
  step: number;
}

interface Field {
  name: 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek';
  min: number;
  max: number;
  /** Names a person may write instead of numbers, the first standing for `min`. */
  words?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'dayOfMonth', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS.map((name) => name.slice(0, 3).toLowerCase()) },
  { name: 'dayOfWeek', min: 0, max: 6, words: DAYS_OF_WEEK.map((name) => name.slice(0, 3).toLowerCase()) },
];

type Calendar = Omit<CalendarSpecDescription, 'comment'>;

/**
 * Reads a five-field cron expression as the calendar that Temporal's server makes of it, so that what is configured can
 * be compared with what is there: the server keeps no cron text. Where both a day of the month and a day of the week
 * are given, both must match, as in Temporal.
 * @throws with the field that is wrong.
 */
export function parseCron(cron: string): Calendar {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== FIELDS.length)
    throw new Error(`"${cron}" has ${parts.length} fields; minute, hour, day, month and weekday are 5.`);
  const [minute = [], hour = [], dayOfMonth = [], month = [], dayOfWeek = []] = FIELDS.map((field, at) =>
    parseField(parts[at] ?? '', field, cron),
  );
  return {
    second: [{ start: 0, end: 0, step: 1 }],
    minute,
    hour,
    dayOfMonth,
    month: month.map(named(MONTHS, 1)),
    year: [],
    dayOfWeek: dayOfWeek.map(named(DAYS_OF_WEEK, 0)),
  };
}

function parseField(text: string, field: Field, cron: string): Span[] {
  return text.split(',').map((item) => {
    const [, from, to, step] = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(item) ?? [];
    const wrong = new Error(`"${item}" is not a ${field.name} from ${field.min} to ${field.max}, in "${cron}".`);
    if (from === undefined) throw wrong;
    const every = step === undefined ? 1 : Number(step);
    const start = from === '*' ? field.min : value(from, field);
    // "5/10" goes on to the end, "5" is only itself.
    const end = to !== undefined ? value(to, field) : from === '*' || step !== undefined ? field.max : start;
    if (
      ![start, end, every].every(Number.isInteger) ||
      start < field.min ||
      end > field.max ||
      start > end ||
      every < 1
    )
      throw wrong;
    // A step that is never taken is none.
    return { start, end, step: start === end ? 1 : every };
  });
}

function value(text: string, { name, min, words }: Field): number {
  const word = words?.indexOf(text.toLowerCase()) ?? -1;
  if (word >= 0) return word + min;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  // Both 0 and 7 are Sunday.
  return name === 'dayOfWeek' && number === 7 ? 0 : number;
}

const named =
  <Name>(names: readonly Name[], first: number) =>
  ({ start, end, step }: Span): { start: Name; end: Name; step: number } => ({
    // The field's bounds were checked, so there is a name.
    start: names[start - first] as Name,
    end: names[end - first] as Name,
    step,
  });

/** The cron expression of a calendar, in one spelling; undefined where it has seconds or years, which cron has not. */
export function formatCron(calendar: Calendar): string | undefined {
  const { second, minute, hour, dayOfMonth, month, year, dayOfWeek } = calendar;
  if (year.length > 0 || second.length !== 1 || second[0]?.start !== 0 || second[0].end !== 0) return undefined;
  const months = month.map(({ start, end, step }) => ({
    start: MONTHS.indexOf(start) + 1,
    end: MONTHS.indexOf(end) + 1,
    step,
  }));
  const days = dayOfWeek.map(({ start, end, step }) => ({
    start: DAYS_OF_WEEK.indexOf(start),
    end: DAYS_OF_WEEK.indexOf(end),
    step,
  }));
  const fields = [minute, hour, dayOfMonth, months, days];
  return FIELDS.map((field, at) => (fields[at] ?? []).map((span) => formatSpan(span, field)).join(',')).join(' ');
}

function formatSpan({ start, end, step }: Span, { min, max }: Field): string {
  const range = start === min && end === max ? '*' : start === end ? `${start}` : `${start}-${end}`;
  return step === 1 || start === end ? range : `${range}/${step}`;
}
