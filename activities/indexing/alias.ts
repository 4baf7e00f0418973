import type { Client } from '@elastic/elasticsearch';
import { failure } from '../errors';
import { responseError, searchCall } from './search-call';

/**
 * Points an alias at one physical index and nowhere else, in one step of the cluster: a search goes to the old index or
 * to the new one, never to both or none. Doing so again changes nothing.
 */
export async function swapAlias(client: Client, alias: string, physical: string): Promise<void> {
  await searchCall(`point ${alias} at ${physical}`, async () => {
    try {
      await client.indices.updateAliases({
        actions: [
          // Every index that has it, whichever these are when the cluster gets here: no time between looking and doing.
          { remove: { index: '*', alias, must_exist: false } },
          { add: { index: physical, alias, is_write_index: true } },
        ],
      });
    } catch (error) {
      if (responseError(error)?.type !== 'invalid_alias_name_exception') throw error;
      throw failure(
        'InvalidInput',
        `index: "${alias}" is the name of an index on that cluster, so it can not be an alias.`,
      );
    }
  });
}

/** Physical indexes that an alias points at now; none where there is no such alias. */
export async function aliasHolders(client: Client, alias: string): Promise<string[]> {
  const holders = await searchCall(`look up the alias ${alias}`, () =>
    client.indices.getAlias({ name: alias }, { ignore: [404] }),
  );
  // With 404 let through, the body is an error object with a status beside it.
  return 'error' in holders ? [] : Object.keys(holders).sort();
}

/**
 * Deletes a physical index, unless the alias points at it. One that is gone already is fine.
 * @returns whether it is gone.
 */
export async function deleteUnlessLive(client: Client, alias: string, physical: string): Promise<boolean> {
  if ((await aliasHolders(client, alias)).includes(physical)) return false;
  await searchCall(`delete the index ${physical}`, () =>
    client.indices.delete({ index: physical, ignore_unavailable: true }),
  );
  return true;
}
