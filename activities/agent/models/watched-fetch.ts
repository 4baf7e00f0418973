import { limitBody } from '../limit-body';

/** An answer with more bytes than this is no answer of a model. */
const MOST_BYTES = 16 * 2 ** 20;

export interface Watch {
  /** Aborted when a time is over; `why` says which. */
  signal: AbortSignal;
  why: () => string | undefined;
  /** Asks as `fetch` does, and sees every byte: servers keep a connection open with comments that no event shows. */
  fetch: typeof fetch;
  stop: () => void;
}

/** Two clocks over one request: for all of it, and for the time in which nothing comes. */
export function watchedFetch(times: { timeoutSeconds: number; idleSeconds: number }): Watch {
  const { timeoutSeconds, idleSeconds } = times;
  const controller = new AbortController();
  let why: string | undefined;
  const end = (reason: string) => () => {
    why ??= reason;
    controller.abort();
  };
  const whole = setTimeout(end(`not done within ${timeoutSeconds} s`), timeoutSeconds * 1_000);
  const idle = setTimeout(end(`nothing came for ${idleSeconds} s`), idleSeconds * 1_000);
  const alive = () => void idle.refresh();
  return {
    signal: controller.signal,
    why: () => why,
    stop() {
      clearTimeout(whole);
      clearTimeout(idle);
    },
    async fetch(input, init) {
      // A redirect would carry the conversation to a host that nobody has configured.
      const answer = await fetch(input, { ...init, redirect: 'manual' });
      alive();
      return limitBody(answer, MOST_BYTES, alive, end(`more than ${MOST_BYTES} bytes came`));
    },
  };
}
