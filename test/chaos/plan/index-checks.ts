import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { Pool } from 'pg';
import { aliasHolders } from '../../../activities/indexing/alias';
import type { Facts } from './facts';
import { NOTES, noteText } from './inputs';

/** Notes whose newest text is not what a search finds. `rounds`: gone through, the undisturbed one included. */
export async function stale(
  search: Elasticsearch,
  { facts, rounds, ran }: { facts: Facts; rounds: number; ran: ReadonlySet<string> },
): Promise<string[]> {
  const all = [
    ...(ran.has('indexFeed') ? [{ alias: 'fed', roundOf: () => facts.lastRound }] : []),
    ...(ran.has('nightlyRefresh') ? [{ alias: 'notes', roundOf: (note: number) => lastOf(note, rounds) }] : []),
  ];
  const wrong: string[] = [];
  for (const { alias, roundOf } of all) {
    const { hits } = await search.search<{ doc_id: string; text: string }>({ index: alias, size: 1_000 });
    const sources = hits.hits.flatMap(({ _source }) => _source ?? []);
    if (sources.length !== NOTES) wrong.push(`${alias} has ${sources.length} documents instead of ${NOTES}`);
    for (let note = 0; note < NOTES; note += 1) {
      const found = sources.find(({ doc_id }) => doc_id.endsWith(`note-${note}.md`))?.text ?? '';
      const wanted = noteText(note, roundOf(note)).split('\n\n')[1]?.trim() ?? '';
      if (!found.includes(wanted)) wrong.push(`${alias}: note ${note} says "${found}" instead of "${wanted}"`);
    }
  }
  return wrong;
}

/** The last of so many rounds that has written a note. */
function lastOf(note: number, rounds: number): number {
  for (let round = rounds - 1; round > 0; round -= 1) if (note % 3 === round % 3) return round;
  return 0;
}

/** What Elasticsearch says of each alias, against the last promotion. */
export async function aliases(search: Elasticsearch, postgres: Pool): Promise<string[]> {
  const { rows } = await postgres.query<{ alias: string; physical: string }>(
    `select distinct on (i.alias) i.alias, i.physical from llm_pack.promotions p
     join llm_pack.index_versions i on i.alias = p.name and i.version = p.version
     where p.kind = 'index' order by i.alias, p.id desc`,
  );
  const wrong = await Promise.all(
    rows.map(async ({ alias, physical }) => {
      const holders = await aliasHolders(search, alias);
      return holders.length === 1 && holders[0] === physical ? [] : [`${alias}: ${holders.join()} and not ${physical}`];
    }),
  );
  return wrong.flat();
}
