import type { Query } from './registry-database';

/** What was measured of a version of an index or a model, and whether it passed its gate. */
export interface EvaluationEntry {
  workKey: string;
  kind: 'index' | 'model';
  name: string;
  version: number;
  /** JSON. */
  metrics: unknown;
  passed: boolean;
}

/** The last evaluation of a version; undefined where it was never measured. */
export async function findEvaluation(
  query: Query,
  { kind, name, version }: Pick<EvaluationEntry, 'kind' | 'name' | 'version'>,
): Promise<Pick<EvaluationEntry, 'metrics' | 'passed'> | undefined> {
  const [row] = await query<Pick<EvaluationEntry, 'metrics' | 'passed'>>(
    `select metrics, passed from llm_pack.evaluations where kind = $1 and name = $2 and version = $3
     order by measured_at desc limit 1`,
    [kind, name, version],
  );
  return row;
}

/** Records an evaluation; what the same work has measured of the same version before is replaced. */
export async function addEvaluation(query: Query, entry: EvaluationEntry): Promise<void> {
  const { workKey, kind, name, version, metrics, passed } = entry;
  await query(
    `insert into llm_pack.evaluations (kind, name, version, work_key, metrics, passed) values ($1, $2, $3, $4, $5, $6)
     on conflict (work_key, kind, name, version)
     do update set metrics = excluded.metrics, passed = excluded.passed, measured_at = now()`,
    [kind, name, version, workKey, JSON.stringify(metrics), passed],
  );
}
