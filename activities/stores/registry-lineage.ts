import type { Query } from './registry-database';

/** An artifact that something was made of. */
export interface LineageNode {
  uri: string;
  /** The version that it is, as `faq@3`; the hash of its content where it is none. */
  label: string;
  /** URIs of what it was made of. */
  inputs: string[];
}

/** All that an artifact was made of, itself included, step by step; in no order. */
export function lineageOf(query: Query, uri: string): Promise<LineageNode[]> {
  return query<LineageNode>(
    `with recursive made_of (uri) as (
       select $1::text union select l.input from llm_pack.lineage l join made_of m on l.output = m.uri)
     select m.uri, coalesce(v.label, left(split_part(m.uri, '/', 2), 12)) as label,
       array(select l.input from llm_pack.lineage l where l.output = m.uri order by l.input) as inputs
     from made_of m left join lateral (
       select name || '@' || version as label from (
         select name, version, published_at from llm_pack.dataset_versions where artifact = m.uri
         union all select name, version, published_at from llm_pack.model_versions where artifact = m.uri
         union all select name, version, published_at from llm_pack.feature_versions where artifact = m.uri) known
       order by published_at, name, version limit 1) v on true`,
    [uri],
  );
}
