import type { AttemptEnd, AttemptUsage, TrainingUsage } from '../../schemas/training-run';

/** What a run has used: sums over all attempts, and the last of these one by one. */
export interface Account {
  /** Device seconds. */
  seconds: number;
  wastedSeconds: number;
  count: number;
  last: AttemptUsage[];
  /** Of the attempt before: when it ended (seconds since 1970), and how long it had run; its waste shows when the next begins. */
  open: { endedAt: number; ranSeconds: number } | null;
}

/** As many as an output may list. */
const KEPT = 20;

export const NEW_ACCOUNT: Account = { seconds: 0, wastedSeconds: 0, count: 0, last: [], open: null };

/** An attempt that has ended: when it began to run and ended, in seconds since 1970, on so many devices. */
export function charge(
  account: Account,
  attempt: {
    attempt: number;
    ended: AttemptEnd;
    fromStep: number;
    toStep: number;
    ranSeconds: number;
    endedAt: number;
  },
  devices: number,
): Account {
  const { attempt: number, ended, fromStep, toStep, ranSeconds, endedAt } = attempt;
  const seconds = tenths(ranSeconds * devices);
  const usage: AttemptUsage = { attempt: number, ended, fromStep, toStep, seconds, wastedSeconds: 0 };
  return {
    seconds: account.seconds + seconds,
    wastedSeconds: account.wastedSeconds,
    count: account.count + 1,
    last: [...account.last, usage].slice(-KEPT),
    open: { endedAt, ranSeconds },
  };
}

/**
 * What the attempt before has lost, now that it is known where the next one goes on: the time after the checkpoint was written,
 * or all of it where that is older, or there is none.
 */
export function writeOff(account: Account, checkpointAt: number | null, devices: number): Account {
  const { open } = account;
  const [last] = account.last.slice(-1);
  if (!open || !last) return account;
  const after = checkpointAt === null ? open.ranSeconds : Math.max(0, open.endedAt - checkpointAt);
  const wasted = tenths(Math.min(open.ranSeconds, after) * devices);
  return {
    ...account,
    wastedSeconds: account.wastedSeconds + wasted,
    last: [...account.last.slice(0, -1), { ...last, wastedSeconds: wasted }],
    open: null,
  };
}

/** What is charged, as an output tells it. */
export function usageOf(
  { seconds, wastedSeconds, count }: Account,
  { device, devices, pricePerHour }: { device: 'gpu' | 'cpu'; devices: number; pricePerHour: number },
): TrainingUsage {
  const hours = seconds / 3_600;
  return {
    device,
    devices,
    hours: round(hours),
    wastedHours: round(wastedSeconds / 3_600),
    // The price is that of all devices together.
    cost: round((hours / devices) * pricePerHour),
    attempts: count,
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

const round = (value: number): number => Number(value.toFixed(6));
