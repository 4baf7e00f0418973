import type { Query } from './registry-database';

/** Which promotions are asked for. */
export interface PromotionFilter {
  kind?: 'index' | 'model' | 'strategy';
  name?: string;
  /** The newest so many. */
  limit: number;
}

/** One move of a production pointer, with what it rested on. */
export interface PromotionRecord {
  kind: 'index' | 'model' | 'strategy';
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
  /** sha256 of the inputs of the work that promoted it. */
  inputs: string[];
  workflowId: string;
}

/** Moves of production pointers, the newest first. */
export function promotionHistory(query: Query, { kind, name, limit }: PromotionFilter): Promise<PromotionRecord[]> {
  return query<PromotionRecord>(
    `select p.kind, p.name, p.version, p.previous_version as previous, p.undo, p.reason, p.approved_by as "approvedBy",
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
