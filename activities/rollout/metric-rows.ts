import * as z from 'zod';
import { failure } from '../errors';
import type { Arm, Stratum } from './effect';
import type { Baseline } from './estimate';
import { rowNumber as number, rowTime as time, rowUser as user } from './row-values';
import type { Assigned } from './sample-ratio';

const where = {
  /** First exposure: the time, and the sequence number of the pointer that the user was served by. */
  at: time,
  sequence: number,
  arm: z.enum(['control', 'canary']),
};
/** Of a user whose window is not over yet it may be left open. */
const value = number.nullish().transform((known) => known ?? null);
const userRow = z.object({ ...where, user, value });
const sumRow = z
  .object({
    ...where,
    users: number.pipe(z.int().nonnegative()),
    sum: number,
    squares: number.pipe(z.number().nonnegative()),
  })
  .refine(
    ({ users, sum, squares }) => squares * users >= sum ** 2 * (1 - 1e-9),
    'has a sum of squares that is too small',
  );

/** Hours of a stratum: a decision need not look at hundreds, and within so long the metric hardly moves by itself. */
const STRATUM_MS = 4 * 3_600_000;

/** What rows of a metric say. */
export interface MetricRows {
  assigned: Assigned[];
  strata: Stratum[];
}

interface Sums {
  users: number;
  sum: number;
  squares: number;
}

/**
 * Checks rows of a metric, one a user or sums of users, and joins them to strata of four hours and one share.
 * Users who came outside of the rollout's moves, or while nobody was in the canary, belong to nothing.
 *
 * Users who came after `until` count for the split alone, which is so seen at once: their values are not complete.
 *
 * @param shares share of the canary after each move of the rollout, by sequence number
 * @throws `MetricUnusable` that names the row and what is wrong with it
 */
export function readMetric(
  label: string,
  rows: readonly unknown[],
  shares: ReadonlyMap<number, number>,
  until: Date,
): MetricRows {
  const strata = new Map<string, { control: Sums; canary: Sums }>();
  const split = new Map<number, Assigned>();
  for (const { at, sequence, arm, users, sum, squares } of sumsOf(label, rows, until)) {
    const share = shares.get(sequence);
    if (share === undefined || share <= 0 || share >= 1) continue;
    const assigned = split.get(share) ?? { share, control: 0, canary: 0 };
    split.set(share, assigned);
    assigned[arm] += users;
    if (at > until) continue;
    const key = `${Math.floor(at.getTime() / STRATUM_MS)} ${share}`;
    const stratum = strata.get(key) ?? { control: nobody(), canary: nobody() };
    strata.set(key, stratum);
    stratum[arm].users += users;
    stratum[arm].sum += sum;
    stratum[arm].squares += squares;
  }
  return {
    assigned: [...split.values()],
    strata: [...strata.values()].map(({ control, canary }) => ({ control: armOf(control), canary: armOf(canary) })),
  };
}

/**
 * What users of the live strategy are like whose values are complete; undefined where there are too few to tell.
 * @throws `MetricUnusable` as `readMetric`
 */
export function readBaseline(label: string, rows: readonly unknown[], until: Date): Baseline | undefined {
  const control = sumsOf(label, rows, until).filter(({ arm, at }) => arm === 'control' && at <= until);
  const all = nobody();
  for (const { users, sum, squares } of control) {
    all.users += users;
    all.sum += sum;
    all.squares += squares;
  }
  if (all.users < ENOUGH) return undefined;
  const first = control.reduce((found, { at }) => Math.min(found, at.getTime()), Infinity);
  const hours = Math.max(1, (until.getTime() - first) / 3_600_000);
  const { mean, variance } = armOf(all);
  return { usersAnHour: all.users / hours, mean, deviation: Math.sqrt(variance) };
}

/** Users below which a baseline says nothing. */
const ENOUGH = 100;

const nobody = (): Sums => ({ users: 0, sum: 0, squares: 0 });

function armOf({ users, sum, squares }: Sums): Arm {
  if (users === 0) return { users, mean: 0, variance: 0 };
  const variance = users < 2 ? 0 : Math.max(0, squares - sum ** 2 / users) / (users - 1);
  return { users, mean: sum / users, variance };
}

function sumsOf(label: string, rows: readonly unknown[], until: Date): z.output<typeof sumRow>[] {
  const isOfUsers = typeof rows[0] === 'object' && rows[0] !== null && 'user' in rows[0];
  if (!isOfUsers) return rows.map((row, at) => checked(label, sumRow, row, at));
  // A user who is listed twice counts once, by the first exposure.
  const first = new Map<string, z.output<typeof userRow>>();
  for (const [at, row] of rows.entries()) {
    const read = checked(label, userRow, row, at);
    if (read.value === null && read.at <= until) {
      throw failure(
        'MetricUnusable',
        `Row ${at + 1} of ${label}: \`value\` is missing, and the user's window is over.`,
      );
    }
    const before = first.get(read.user);
    if (!before || read.at < before.at) first.set(read.user, read);
  }
  return [...first.values()].map(({ value: counted, ...rest }) => ({
    ...{ ...rest, users: 1 },
    ...{ sum: counted ?? 0, squares: (counted ?? 0) ** 2 },
  }));
}

function checked<S extends z.ZodType>(label: string, schema: S, row: unknown, at: number): z.output<S> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what = `\`${issue?.path.join('.') ?? ''}\` ${issue?.message ?? 'is wrong'}`;
  throw failure('MetricUnusable', `Row ${at + 1} of ${label}: ${what}.`);
}
