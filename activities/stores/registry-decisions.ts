import type { Query } from './registry-database';

/** What is promoted: a guard is a model whose name begins with `guard/`. */
export type PromotedKind = 'index' | 'model' | 'strategy';

/** A verdict on a candidate, with what it rests on. */
export interface NewDecision {
  kind: PromotedKind;
  name: string;
  version: number;
  /** The version of the same name that it was measured against; null where it was another, or none. */
  reference: number | null;
  verdict: 'promote' | 'reject' | 'hold';
  /** In sentences, for people. */
  reasons: readonly string[];
  /** What it had to show, in words. */
  gate: string;
  /** What was measured, intervals included: JSON. */
  intervals: unknown;
  /** sha256 of the data that it was measured on. */
  inputs: readonly string[];
  /** What a person said who was asked. */
  approval?: { approved: boolean; by: string; note: string } | undefined;
}

/** A decision as it stands in the ledger. */
export interface DecisionRecord extends Omit<NewDecision, 'approval'> {
  id: number;
  approval: { approved: boolean; by: string; note: string } | null;
  /** ISO 8601. */
  at: string;
  workflowId: string;
}

/** Enters a verdict, in the caller's transaction; of the same work on the same version there is one. Returns its id. */
export async function addDecision(query: Query, workKey: string, decision: NewDecision): Promise<number> {
  const { kind, name, version, reference, verdict, reasons, gate, intervals, inputs, approval } = decision;
  const [row] = await query<{ id: number }>(
    `insert into llm_pack.decisions (kind, name, version, reference_version, work_key, verdict, reasons, gate, intervals,
       inputs, approved, approved_by, note)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id::integer`,
    [
      ...[kind, name, version, reference, workKey, verdict, reasons, gate, JSON.stringify(intervals), inputs],
      ...[approval?.approved, approval?.by, approval?.note],
    ],
  );
  // An insert that returns nothing does not exist; the type can not know.
  return row?.id ?? Number.NaN;
}

/** Which decisions are asked for. */
export interface DecisionFilter {
  kind?: PromotedKind;
  name?: string;
  version?: number;
  /** The newest so many. */
  limit: number;
}

/** Verdicts, the newest first. */
export function decisionHistory(
  query: Query,
  { kind, name, version, limit }: DecisionFilter,
): Promise<DecisionRecord[]> {
  return query<DecisionRecord>(
    `select d.id::integer, d.kind, d.name, d.version, d.reference_version as reference, d.verdict, d.reasons, d.gate,
       d.intervals, d.inputs, w.workflow_id as "workflowId",
       case when d.approved is null then null
         else json_build_object('approved', d.approved, 'by', d.approved_by, 'note', coalesce(d.note, '')) end as approval,
       to_char(d.decided_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from llm_pack.decisions d join llm_pack.work w on w.work_key = d.work_key
     where ($1::text is null or d.kind = $1) and ($2::text is null or d.name = $2)
       and ($3::integer is null or d.version = $3)
     order by d.id desc limit $4`,
    [kind, name, version, limit],
  );
}
