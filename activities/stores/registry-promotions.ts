import { failure } from '../errors';
import type { Query } from './registry-database';
import type { PromotedKind } from './registry-decisions';

/** Which promotions are asked for. */
export interface PromotionFilter {
  kind?: PromotedKind;
  name?: string;
  /** The newest so many. */
  limit: number;
}

/** One move of a production pointer, with what it rested on. */
export interface PromotionRecord {
  /** Number of the move. */
  id: number;
  kind: PromotedKind;
  name: string;
  version: number;
  /** What was live before, and what to point at to take it back; null for the first of a name. */
  previous: number | null;
  undo: unknown;
  reason: string;
  /** Who approved it, where somebody was asked. */
  approvedBy: string | null;
  /** ISO 8601. */
  at: string;
  /** What was last measured of the version before it went live, intervals included, and whether it passed; null where nothing was. */
  gate: { passed: boolean; metrics: unknown } | null;
  /** The verdict that it follows, of `llm_pack.decisions`; null where somebody promoted without one. */
  decision: number | null;
  /** sha256 of the inputs of the work that promoted it. */
  inputs: string[];
  workflowId: string;
}

/** Moves of production pointers, the newest first. */
export function promotionHistory(query: Query, { kind, name, limit }: PromotionFilter): Promise<PromotionRecord[]> {
  return query<PromotionRecord>(
    `select p.id::integer, p.kind, p.name, p.version, p.previous_version as previous, p.undo, p.reason, p.approved_by as "approvedBy",
       p.decision_id::integer as decision,
       to_char(p.promoted_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
       case when e.passed is null then null
         else json_build_object('passed', e.passed, 'metrics', e.metrics) end as gate,
       w.inputs, w.workflow_id as "workflowId"
     from llm_pack.promotions p
     join llm_pack.work w on w.work_key = p.work_key
     left join lateral (
       select passed, metrics from llm_pack.evaluations e
       where e.kind = p.kind and e.name = p.name and e.version = p.version and e.measured_at <= p.promoted_at
       order by e.measured_at desc limit 1
     ) e on true
     where ($1::text is null or p.kind = $1) and ($2::text is null or p.name = $2)
     order by p.id desc limit $3`,
    [kind, name, limit],
  );
}

/** Which version of a model goes live, and why. */
export interface ModelPromotion {
  name: string;
  version: number;
  reason: string;
  /** Who let it go live; left out where nobody had to. */
  approvedBy?: string | undefined;
  /** The verdict that it follows. */
  decision?: number | undefined;
  /**
   * Number of the move that this one was decided after, 0 for none: a person has looked at what was live and may go back.
   * Left out, a newer version stays.
   */
  after?: number | undefined;
}

/** What is live under a name. */
export interface LiveVersion {
  /** Number of the move that made it live. */
  id: number;
  version: number;
  previous: number | null;
}

/** The version that is live under a name, and the one that it replaced; undefined before the first promotion. */
export async function liveVersion(query: Query, kind: PromotedKind, name: string): Promise<LiveVersion | undefined> {
  const [row] = await query<LiveVersion>(
    `select id::integer, version, previous_version as previous from llm_pack.promotions where kind = $1 and name = $2
     order by id desc limit 1`,
    [kind, name],
  );
  return row;
}

/**
 * Makes a version of a model the live one of its name, in the caller's transaction. One that is live already stays so.
 * @returns the version that was live before; null for the first.
 * @throws `ModelVersionNotFound`; `Superseded` where another version went live meanwhile.
 */
export async function promoteModel(query: Query, workKey: string, promotion: ModelPromotion): Promise<number | null> {
  const { name, version, reason, approvedBy, decision, after } = promotion;
  // Of two promotions at once, the second sees what the first has made live.
  await query(`select from llm_pack.version_counters where kind = 'model' and name = $1 for update`, [name]);
  const found = await query('select from llm_pack.model_versions where name = $1 and version = $2', [name, version]);
  if (found.length === 0) throw failure('ModelVersionNotFound', `There is no model "${name}@${version}".`);
  const live = await liveVersion(query, 'model', name);
  if (live?.version === version) return live.previous;
  const isOvertaken = after === undefined ? live && live.version > version : (live?.id ?? 0) !== after;
  if (isOvertaken) throw failure('Superseded', `${name} version ${live?.version ?? 'none'} went live meanwhile.`);
  const undo = live ? JSON.stringify({ name, version: live.version }) : null;
  await query(
    `insert into llm_pack.promotions
       (kind, name, version, previous_version, work_key, reason, undo, approved_by, decision_id)
     values ('model', $1, $2, $3, $4, $5, $6, $7, $8)`,
    [name, version, live?.version, workKey, reason, undo, approvedBy, decision],
  );
  return live?.version ?? null;
}
