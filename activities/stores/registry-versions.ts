import type { Query } from './registry-database';

/**
 * The next version number of a name, from 1. It is the caller's transaction that takes it: others wait for its end,
 * and a rollback gives the number back, so there are no gaps.
 */
export async function nextVersion(
  query: Query,
  kind: 'dataset' | 'model' | 'index' | 'transform' | 'features' | 'strategy',
  name: string,
): Promise<number> {
  const [row] = await query<{ latest: number }>(
    `insert into llm_pack.version_counters as counter (kind, name, latest) values ($1, $2, 1)
     on conflict (kind, name) do update set latest = counter.latest + 1 returning latest`,
    [kind, name],
  );
  // An insert that returns nothing does not exist; the type can not know.
  return row?.latest ?? Number.NaN;
}
