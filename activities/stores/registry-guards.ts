import { createHash } from 'node:crypto';
import type { GuardSurface } from '../../schemas/guard';
import type { GuardQuality } from '../../schemas/train-guard';
import type { ArtifactRef } from '../../schemas/common';
import type { Database, Query } from './registry-database';
import { nextVersion } from './registry-versions';

/** A guard that was trained. */
export interface RegisteredGuard {
  name: string;
  version: number;
  artifact: ArtifactRef;
}

/** An attack that has got past a guard, kept for later runs. */
export interface GuardCase {
  text: string;
  family: string;
  mutation: string;
  surface: Exclude<GuardSurface, 'output'>;
}

/** Guards are models, and share the table of those: this sets their names apart. */
export const guardModelName = (guard: string): string => `guard/${guard}`;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A version of a guard, the latest where none is given; undefined where there is none. */
export async function findGuard(
  query: Query,
  name: string,
  version: number | undefined,
): Promise<RegisteredGuard | undefined> {
  const [row] = await query<{ version: number; artifact: ArtifactRef }>(
    `select m.version, json_build_object('uri', a.uri, 'sha256', a.sha256, 'bytes', a.bytes, 'rows', a.rows,
       'kind', a.kind) as artifact
     from llm_pack.model_versions m join llm_pack.artifacts a on a.uri = m.artifact
     where m.name = $1 and ($2::integer is null or m.version = $2) order by m.version desc limit 1`,
    [guardModelName(name), version],
  );
  return row && { name, ...row };
}

/** Enters a guard as the next version of its name, in the caller's transaction. Returns that. */
export async function addGuard(
  query: Query,
  workKey: string,
  { name, artifact, quality }: { name: string; artifact: ArtifactRef; quality: GuardQuality },
): Promise<number> {
  const version = await nextVersion(query, 'model', guardModelName(name));
  await query(
    'insert into llm_pack.model_versions (name, version, work_key, artifact, metrics) values ($1, $2, $3, $4, $5)',
    [guardModelName(name), version, workKey, artifact.uri, JSON.stringify(quality)],
  );
  return version;
}

/** Cases of a guard, in an order that only their texts decide. */
export function guardCases(query: Query, guard: string): Promise<GuardCase[]> {
  return query<GuardCase>(
    'select text, family, mutation, surface from llm_pack.guard_cases where guard = $1 order by text_hash',
    [guard],
  );
}

/** Keeps cases; those that are there stay as they are. Returns how many are new. */
export async function addGuardCases(
  query: Query,
  workKey: string,
  guard: string,
  cases: readonly GuardCase[],
  approvedBy: string,
): Promise<number> {
  const added = await query(
    `insert into llm_pack.guard_cases (guard, text_hash, text, family, mutation, surface, work_key, approved_by)
     select $1, sha256(convert_to(text, 'UTF8')), text, family, mutation, surface, $2, $3
     from json_to_recordset($4) as given(text text, family text, mutation text, surface text)
     on conflict (guard, text_hash) do nothing returning 1`,
    [guard, workKey, approvedBy, JSON.stringify(cases)],
  );
  return added.length;
}

/** A turn of a user that was judged. */
export interface RiskEvent {
  /** Any id; only its hash is kept. */
  user: string;
  /** Id of the turn: told again, it counts once. */
  event: string;
  /** What it adds, the score of the verdict as a rule. */
  points: number;
  at: Date;
  /** Seconds after which half of a risk is forgotten. */
  halfLifeSeconds: number;
}

/** Risks of users, kept for as long as they matter. */
export class RiskRegistry {
  constructor(private readonly database: Database) {}

  /**
   * Counts a turn and returns the risk of the user with it: points p at time s count p * 2^(-(t - s) / halfLife) at t, the later
   * of this turn and the last one. Turns may come late, in any order and more than once.
   */
  add({ user, event, points, at, halfLifeSeconds }: RiskEvent): Promise<number> {
    const key = sha256(user);
    return this.database.transaction(async (query) => {
      await query(
        'insert into llm_pack.guard_risk (user_hash, risk, as_of) values ($1, 0, $2) on conflict do nothing',
        [key, at],
      );
      // The row of the user is the lock: of two turns at once the second sees the first.
      await query('select 1 from llm_pack.guard_risk where user_hash = $1 for update', [key]);
      const fresh = await query(
        'insert into llm_pack.guard_risk_events (user_hash, event, at) values ($1, $2, $3) on conflict do nothing returning 1',
        [key, event, at],
      );
      const [row] = await query<{ risk: number }>(
        `update llm_pack.guard_risk set
           risk = risk * ${decay('greatest(as_of, $2) - as_of', '$3')} + $4 * ${decay('greatest(as_of, $2) - $2', '$3')},
           as_of = greatest(as_of, $2)
         where user_hash = $1 returning risk`,
        [key, at, halfLifeSeconds, fresh.length === 0 ? 0 : points],
      );
      return row?.risk ?? 0;
    });
  }

  /** The risk of a user at a time; 0 of one who is not known. */
  async at(user: string, at: Date, halfLifeSeconds: number): Promise<number> {
    const [row] = await this.database.query<{ risk: number }>(
      `select risk * ${decay('greatest(as_of, $2) - as_of', '$3')} as risk from llm_pack.guard_risk where user_hash = $1`,
      [sha256(user), at, halfLifeSeconds],
    );
    return row?.risk ?? 0;
  }

  /** Forgets a user, as after an appeal. */
  async forget(user: string): Promise<void> {
    await this.database.query('delete from llm_pack.guard_risk where user_hash = $1', [sha256(user)]);
  }

  /** Deletes what is known of turns before a time, and users without a turn since. Returns how many users. */
  async prune(before: Date): Promise<number> {
    await this.database.query('delete from llm_pack.guard_risk_events where at < $1', [before]);
    const gone = await this.database.query('delete from llm_pack.guard_risk where as_of < $1 returning 1', [before]);
    return gone.length;
  }
}

/** What is left of 1 after an interval. Below 2^-1000 a double is 0, and PostgreSQL would call that an error. */
const decay = (interval: string, halfLife: string): string =>
  `power(2, -least(1000, extract(epoch from ${interval})::double precision / ${halfLife}::double precision))`;
