import type { Query } from './registry-database';

/** A rollout that has the pointer of its name. */
export interface OpenRollout {
  /** Its workflow id and first run id. */
  rollout: string;
  /** What it tries, and the sha256 of that; null where no version of it is on record. */
  version: number | null;
  sha256: string | null;
  /** Of the users who get it now. */
  share: number;
  /** Of its first move, ISO 8601; null where no user got it yet. */
  since: string | null;
}

/** How a rollout came to its end. */
export interface EndedRollout {
  /** Null where it was stopped before its first move. */
  version: number | null;
  wentLive: boolean;
  reason: string;
  /** ISO 8601. */
  at: string;
}

/** The rollout that has the pointer of a name; undefined where none has. */
export async function openRollout(query: Query, name: string): Promise<OpenRollout | undefined> {
  // Before its first move the pointer does not say yet what is tried: the work that it began does.
  const [row] = await query<OpenRollout>(
    `select p.rollout, v.version, v.sha256, p.share,
       (select to_char(min(m.moved_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from llm_pack.strategy_moves m
        where m.name = p.name and m.rollout = p.rollout and m.candidate is not null) as since
     from llm_pack.strategy_pointers p
     left join lateral (
       select inputs[1] as sha256 from llm_pack.work
       where stage = 'rolloutStrategy' and subject = p.name and workflow_id || '/' || run_id = p.rollout
       order by started_at desc limit 1
     ) w on true
     left join llm_pack.strategy_versions v on v.name = p.name
       and case when p.candidate is null then v.sha256 = w.sha256 else v.version = p.candidate end
     where p.name = $1 and p.rollout is not null`,
    [name],
  );
  return row;
}

/** The rollout of a name that ended last, by a verdict or because it was stopped; undefined where none has. */
export async function lastRollout(query: Query, name: string): Promise<EndedRollout | undefined> {
  const [row] = await query<EndedRollout>(
    `select version, "wentLive", reason, to_char(ended at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at from (
       select version, verdict <> 'reject' as "wentLive", array_to_string(reasons, '; ') as reason, decided_at as ended
       from llm_pack.decisions where kind = 'strategy' and name = $1
       union all
       select (select max(tried.candidate) from llm_pack.strategy_moves tried
               where tried.name = m.name and tried.rollout || '/stopped' = m.move_key),
         false, m.reason, m.moved_at
       from llm_pack.strategy_moves m where m.name = $1 and m.move_key like '%/stopped'
     ) ends order by ended desc limit 1`,
    [name],
  );
  return row;
}
