import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_DELAY_MS = 1_000;
// A part that comes back is noticed soon enough, and a log that waits over night stays short.
const MAX_DELAY_MS = 15_000;

export interface WaitOptions {
  /** Whether waiting can mend this error. Any other is thrown at once. */
  isAway: (error: unknown) => boolean;
  /** Told before each wait. */
  onWait: (error: unknown, delaySeconds: number) => void;
  signal: AbortSignal;
}

/** Tries until it works, waiting 1 to 15 s in between. @throws what `isAway` denies, or the signal's reason. */
export async function waitUntilThere<T>(
  attempt: () => Promise<T>,
  { isAway, onWait, signal }: WaitOptions,
): Promise<T> {
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!isAway(error)) throw error;
      onWait(error, delay / 1000);
    }
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
