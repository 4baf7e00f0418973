/** A poll waits at the server for up to a minute; a worker that has not asked for longer is gone. */
const POLLER_FRESH_MS = 70_000;

interface Poller {
  lastAccessTime?: { seconds?: unknown } | null;
}

/** Of the pollers that the server lists, for minutes after the last poll of each, those that still ask. */
export const freshPollers = <P extends Poller>(pollers: readonly P[] | null | undefined): P[] =>
  (pollers ?? []).filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - POLLER_FRESH_MS,
  );
