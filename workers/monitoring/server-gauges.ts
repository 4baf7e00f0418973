import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Registry } from '../../activities/stores/registry';
import { setGauge } from './gauge';
import { HeldRuns } from './held-runs';
import { readQueues } from './queues';

/** Whom to ask, and how often. */
export interface ServerGauges {
  client: Client;
  /** Where feeds have their outbox; without it nothing is said of feeds. */
  registry?: Registry | undefined;
  /** Seconds from one look to the next, more than 0. */
  everySeconds: number;
  /** Told why a look has failed, once for as long as it goes on failing. */
  note: (message: string) => void;
}

/**
 * Shows what only the server and the database know: runs that hold, queues, feeds. It is asked anew each time, so that a restart
 * forgets nothing; several workers that ask show the same. Returns what ends it.
 */
export function watchServer({ client, registry, everySeconds, note }: ServerGauges): () => Promise<void> {
  const ended = new AbortController();
  const held = new HeldRuns(client);
  const stages = new Set<string>();
  const indexes = new Set<string>();
  const looks: Record<string, () => Promise<void>> = {
    async temporal() {
      const found = await held.count();
      for (const stage of found.keys()) stages.add(stage);
      // A stage of which none holds any more goes on to be shown.
      for (const stage of stages) {
        const { runs, since } = found.get(stage) ?? { runs: 0, since: Date.now() };
        setGauge('llm_pack_held_runs', runs, { stage });
        setGauge('llm_pack_held_oldest_seconds', Math.max(0, Date.now() - since) / 1_000, { stage });
      }
      for (const { task_queue, kind, backlog, backlogSeconds, pollers } of await readQueues(client)) {
        setGauge('llm_pack_queue_backlog_tasks', backlog, { task_queue, kind });
        setGauge('llm_pack_queue_backlog_seconds', backlogSeconds, { task_queue, kind });
        setGauge('llm_pack_queue_pollers', pollers, { task_queue, kind });
      }
    },
    ...(registry ? { database: () => showFeeds(registry, indexes) } : {}),
  };
  const failing = new Set<string>();
  const look = async ([part, show]: [string, () => Promise<void>]) => {
    try {
      await show();
      setGauge('llm_pack_looked_timestamp_seconds', Date.now() / 1_000, { part });
      failing.delete(part);
    } catch (error) {
      if (!failing.has(part) && !ended.signal.aborted) note(`Metrics of ${part} stand still: ${wordsOf(error)}`);
      failing.add(part);
    }
  };
  const run = async () => {
    while (!ended.signal.aborted) {
      await Promise.all(Object.entries(looks).map(look));
      await sleep(everySeconds * 1_000, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return async () => {
    ended.abort();
    await running;
  };
}

async function showFeeds(registry: Registry, indexes: Set<string>): Promise<void> {
  const backlogs = await registry.updates.backlogs();
  for (const index of backlogs.keys()) indexes.add(index);
  for (const index of indexes) {
    const { pending, oldestSeconds } = backlogs.get(index) ?? { pending: 0, oldestSeconds: 0 };
    setGauge('llm_pack_feed_pending_changes', pending, { index });
    setGauge('llm_pack_feed_lag_seconds', oldestSeconds, { index });
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
