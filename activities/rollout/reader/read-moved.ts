import type { Client } from 'pg';

/** A version with what the service understands of it. */
export interface ServedVersion {
  version: number;
  strategy: unknown;
}

/** Who gets what, as a service reads it. */
export interface ServedStrategy {
  name: string;
  /** For all who are not in the canary; null before anything is live. */
  live: ServedVersion | null;
  /** For `share` of the users; null where nothing is tried. */
  candidate: ServedVersion | null;
  /** From 0 to 1. */
  share: number;
  /** Bounded numbers that set-point control turns, by name. */
  knobs: Record<string, number>;
  /** One more with each move. */
  sequence: number;
}

interface Row {
  name: string;
  sequence: number;
  share: number;
  knobs: Record<string, number>;
  live: number | null;
  live_body: unknown;
  candidate: number | null;
  candidate_body: unknown;
}

/** What one reading has found. */
export interface Reading {
  /** Strategies that are not known as they stand. */
  moved: ServedStrategy[];
  /** Names whose sequence there is below the known one: a copy of the database that is behind, or one that was restored. */
  behind: string[];
}

/**
 * Reads the strategies whose sequence is above the known one, whole: versions may be large, and mostly nothing has moved.
 * @param names those to look at; null for all
 */
export async function readMoved(
  client: Pick<Client, 'query'>,
  names: readonly string[] | null,
  known: (name: string) => number | undefined,
): Promise<Reading> {
  const { rows: pointers } = await client.query<Pick<Row, 'name' | 'sequence'>>(
    `select name, sequence::float8 as sequence from llm_pack.strategy_pointers
     where $1::text[] is null or name = any($1)`,
    [names],
  );
  const where = (is: (sequence: number, known: number) => boolean) =>
    pointers.filter(({ name, sequence }) => is(sequence, known(name) ?? 0)).map(({ name }) => name);
  const behind = where((there, here) => there < here);
  const ahead = where((there, here) => there > here);
  if (ahead.length === 0) return { moved: [], behind };
  // One statement sees one state: the bodies are those of the versions that the pointer names.
  const { rows } = await client.query<Row>(
    `select pointer.name, pointer.sequence::float8 as sequence, share, knobs, live, live_version.body as live_body,
       candidate, candidate_version.body as candidate_body
     from llm_pack.strategy_pointers pointer
     left join llm_pack.strategy_versions live_version
       on live_version.name = pointer.name and live_version.version = pointer.live
     left join llm_pack.strategy_versions candidate_version
       on candidate_version.name = pointer.name and candidate_version.version = pointer.candidate
     where pointer.name = any($1)`,
    [ahead],
  );
  const moved = rows.map(({ name, sequence, share, knobs, live, live_body, candidate, candidate_body }) => ({
    ...{ name, share, knobs, sequence },
    live: live === null ? null : { version: live, strategy: live_body },
    candidate: candidate === null ? null : { version: candidate, strategy: candidate_body },
  }));
  return { moved, behind };
}
