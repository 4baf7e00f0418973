import type { Client } from '@elastic/elasticsearch';
import { DEFAULT_PROFILE, SCRIPTS, type SearchProfile } from '../../schemas/relevance';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import { searchCall } from '../indexing/search-call';
import type { QueryEncoder } from '../search/hybrid-search';
import { scriptOf } from '../search/script';
import { describeDefault, describeFit } from './describe';
import { engineSource } from './engine';
import { fitFusion } from './fit';
import { type GoldenQuery, isHeldOut } from './golden';

/** Fewer queries than this say more about themselves than about the collection. */
export const MIN_FITTED = 30;

/** A profile, what was found for each script in words, and what a person should know of the golden queries. */
export interface FittedProfile {
  profile: SearchProfile;
  findings: string[];
  warnings: string[];
}

/**
 * Fits how an index is searched, for each script by itself, on the golden queries that are not held out. A script with
 * fewer than 30 of them keeps the default, and one without any is not spoken of.
 */
export async function fitProfile(
  client: Client,
  encoder: QueryEncoder,
  physical: string,
  queries: readonly GoldenQuery[],
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<FittedProfile> {
  const profile: SearchProfile = { ...DEFAULT_PROFILE };
  const findings: string[] = [];
  const warnings = await missingDocuments(client, physical, queries);
  let before = 0;
  for (const script of SCRIPTS) {
    const of = queries.filter(({ query }) => scriptOf(query) === script);
    const train = of.filter((query) => !isHeldOut(query));
    if (of.length === 0) continue;
    if (train.length < MIN_FITTED) {
      warnings.push(describeDefault(script, train.length, MIN_FITTED));
      continue;
    }
    const source = engineSource(client, encoder, physical, signal);
    const fit = await fitFusion(train, source, (done) => report(before + done, 2 * queries.length));
    before += 2 * train.length;
    profile[script] = fit.ways[fit.way].fusion;
    findings.push(describeFit(script, fit));
  }
  return { profile, findings, warnings };
}

/** Ids asked for at once; the server takes 65,536. */
const BATCH = 1_000;
const SHOWN = 3;

/**
 * A warning where golden queries name documents that the index does not have: they can not be found in it.
 * @throws `ReferenceUnreadable` where it has none of them: then they are named by other ids than the dataset's.
 */
async function missingDocuments(client: Client, index: string, queries: readonly GoldenQuery[]): Promise<string[]> {
  const wanted = [...new Set(queries.flatMap(({ gains }) => [...gains.keys()]))].sort();
  const missing: string[] = [];
  for (let from = 0; from < wanted.length; from += BATCH) {
    const ids = wanted.slice(from, from + BATCH);
    const answer = await searchCall(`look for golden documents in ${index}`, () =>
      client.search<unknown, { known: { buckets: { key: string }[] } }>({
        index,
        size: 0,
        query: { terms: { doc_id: ids } },
        aggs: { known: { terms: { field: 'doc_id', size: BATCH } } },
      }),
    );
    const known = new Set(answer.aggregations?.known.buckets.map(({ key }) => key));
    missing.push(...ids.filter((id) => !known.has(id)));
  }
  if (missing.length === 0) return [];
  const some = `${missing.slice(0, SHOWN).join(', ')}${missing.length > SHOWN ? ', …' : ''}`;
  // An index that can answer nothing is as good as any other: a gate that can not fail would let all pass.
  if (missing.length === wanted.length) {
    throw failure('ReferenceUnreadable', `None of the documents that golden queries name is in ${index} (${some}).`);
  }
  return [`${missing.length} of ${wanted.length} documents that golden queries name are not in the index (${some})`];
}
