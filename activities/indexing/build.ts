import type { Client } from '@elastic/elasticsearch';
import type { SearchProfile } from '../../schemas/relevance';
import { failure } from '../errors';
import { canonicalJson } from '../kit/canonical-json';
import {
  buildAlias,
  buildSettings,
  type IndexMeta,
  indexMeta,
  mappings,
  servingSettings,
  updateAlias,
} from './index-definition';
import { CALL_TIMEOUT_MS, responseError, searchCall, unavailable } from './search-call';

/**
 * Makes an empty physical index that is written through its build alias, or takes up the one that an earlier attempt
 * has made. One that was sealed already is opened again: all writes of the same work are the same, so writing what is
 * there changes nothing, and what is not there is what the earlier attempt has missed.
 * @throws `InvariantBroken` where an index of that name was built from something else.
 */
export async function openBuild(client: Client, physical: string, meta: IndexMeta, shards: number): Promise<void> {
  const created = await searchCall(`create the index ${physical}`, async () => {
    try {
      await client.indices.create(
        {
          index: physical,
          settings: buildSettings(shards),
          mappings: mappings(meta),
          aliases: { [buildAlias(physical)]: {}, [updateAlias(physical)]: {} },
        },
        { requestTimeout: CALL_TIMEOUT_MS },
      );
      return true;
    } catch (error) {
      if (responseError(error)?.type === 'resource_already_exists_exception') return false;
      throw error;
    }
  });
  if (created) return;
  // A profile was fitted to what the index holds, and is fitted again.
  const { profile: _fitted, ...standing } = await readIndexMeta(client, physical);
  if (canonicalJson(standing) !== canonicalJson(meta)) {
    throw failure(
      'InvariantBroken',
      `The index ${physical} exists, and was built from another dataset, model or chunking.`,
    );
  }
  await searchCall(`open the build of ${physical} again`, async () => {
    await client.indices.putAlias({ index: physical, name: buildAlias(physical) });
    // One that an earlier version of the pack has made lacks these.
    await client.indices.putAlias({ index: physical, name: updateAlias(physical) });
    await client.indices.putSettings({ index: physical, settings: { refresh_interval: '-1', gc_deletes: '1h' } });
  });
}

/** What the index says of itself. @throws `InvariantBroken` where it is gone or no index of the pack. */
export async function readIndexMeta(client: Client, physical: string): Promise<IndexMeta> {
  const answer = await searchCall(`read the mapping of ${physical}`, () =>
    client.indices.getMapping({ index: physical }),
  );
  const parsed = indexMeta.safeParse(answer[physical]?.mappings._meta);
  if (!parsed.success) throw failure('InvariantBroken', `${physical} is not an index that rebuildIndex has made.`);
  return parsed.data;
}

/** Keeps with a build how it is to be searched. Doing so again changes nothing. */
export async function keepProfile(client: Client, physical: string, profile: SearchProfile): Promise<void> {
  const meta: IndexMeta = { ...(await readIndexMeta(client, physical)), profile };
  await searchCall(`keep the search profile of ${physical}`, () =>
    client.indices.putMapping({ index: physical, _meta: meta }),
  );
}

/** The status that a health which was not reached in time comes with. */
const HEALTH_TIMED_OUT = 408;

/**
 * Ends the writing: writers that are late find no build alias any more. Then makes everything searchable and waits
 * until the index can serve.
 */
export async function sealBuild(
  client: Client,
  physical: string,
  replicas: number,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
  await closeBuild(client, physical);
  const serve = async () => {
    await client.indices.putSettings({ index: physical, settings: servingSettings(replicas) }, options);
    await client.indices.refresh({ index: physical }, options);
    // Yellow: all data can be searched. Copies may take hours to come, or never on a cluster with one node.
    const wanted = { index: physical, wait_for_status: 'yellow', timeout: '30s' } as const;
    return client.cluster.health(wanted, { ...options, ignore: [HEALTH_TIMED_OUT] });
  };
  const health = await searchCall(`seal ${physical}`, serve, signal);
  if (health.timed_out) throw unavailable(`The index ${physical} is ${health.status} and can not be searched yet.`);
}

/** Bytes that the index takes on disk, without copies of its shards. */
export async function diskBytes(client: Client, physical: string, signal: AbortSignal): Promise<number> {
  const stats = () =>
    client.indices.stats({ index: physical, metric: 'store' }, { signal, requestTimeout: CALL_TIMEOUT_MS });
  const { _all } = await searchCall(`measure ${physical}`, stats, signal);
  return _all.primaries?.store?.size_in_bytes ?? 0;
}

/** True while writers are let in. */
export const isOpen = (client: Client, physical: string): Promise<boolean> =>
  searchCall(`look for the build alias of ${physical}`, () =>
    client.indices.existsAlias({ name: buildAlias(physical) }),
  );

async function closeBuild(client: Client, physical: string): Promise<void> {
  if (!(await isOpen(client, physical))) return;
  await searchCall(`close the build of ${physical}`, () =>
    client.indices.updateAliases({
      actions: [{ remove: { index: physical, alias: buildAlias(physical), must_exist: false } }],
    }),
  );
}
