import type { Client } from '@elastic/elasticsearch';
import type { IndexMeta } from '../indexing/index-definition';
import { indexMeta } from '../indexing/index-definition';
import { searchCall } from '../indexing/search-call';

/** The physical index behind a name, and what it says of itself. */
export interface ServedIndex {
  physical: string;
  meta: IndexMeta;
}

const known = new WeakMap<Client, Map<string, ServedIndex>>();

/**
 * The index that answers to an alias or a name, as it was when it was last looked up: an index changes nothing of what
 * it says while it serves, and whoever searches sees by the hits when another one answers. Undefined where none does.
 */
export async function servedIndex(
  client: Client,
  name: string,
  { anew }: { anew: boolean },
): Promise<ServedIndex | undefined> {
  const names = known.get(client) ?? new Map<string, ServedIndex>();
  known.set(client, names);
  const before = names.get(name);
  if (before && !anew) return before;
  names.delete(name);
  const mappings = await searchCall(`look up ${name}`, () =>
    client.indices.getMapping({ index: name }, { ignore: [404] }),
  );
  // With 404 let through, the body is an error object with a status beside it.
  const [physical] = 'error' in mappings ? [] : Object.keys(mappings).sort();
  const parsed = indexMeta.safeParse(physical === undefined ? undefined : mappings[physical]?.mappings._meta);
  if (physical === undefined || !parsed.success) return undefined;
  const served = { physical, meta: parsed.data };
  names.set(name, served);
  return served;
}
