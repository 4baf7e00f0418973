import { createHash } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import { nameOf } from '../../../schemas/common';
import { encoderOf, type OpenEncoder } from '../../encoder/wanted';
import { failure } from '../../errors';
import { canonicalJson } from '../../kit/canonical-json';
import { hybridSearch, SearchRefused } from '../../search/hybrid-search';
import { servedIndex, type ServedIndex } from '../../search/served-index';
import type { Registry } from '../../stores/registry';
import type { Subject } from '../interfaces';

/** Raise it when the same index would answer the same query in another way. */
const SEARCH_BUILD = 1;

export interface IndexParts {
  search: Client;
  encoder: OpenEncoder;
  registry: Pick<Registry, 'index' | 'liveIndex' | 'lastWrite'>;
}

/** A physical index, and the version that it is, where the registry knows it. */
export interface PinnedIndex {
  name: string;
  physical: string;
  version: number | null;
}

/**
 * The physical index that a name stands for now: `alias` for what answers to it, `alias@production` for what was promoted last, or
 * `alias@version`, which need not be live.
 * @throws `IndexNotFound`
 */
export async function pinIndex({ search, registry }: IndexParts, reference: string): Promise<PinnedIndex> {
  const alias = nameOf(reference);
  const [, version] = reference.split('@');
  const live = await registry.liveIndex(alias);
  if (version === undefined) {
    const { physical } = await standing(search, alias);
    const known = live?.physical === physical ? live.version : null;
    return { name: known === null ? physical : `${alias}@${known}`, physical, version: known };
  }
  const found = version === 'production' ? live : await registry.index(alias, Number(version));
  if (!found) throw failure('IndexNotFound', `There is no index "${reference}".`);
  if ('isDeleted' in found && found.isDeleted) throw failure('IndexNotFound', `${found.physical} was deleted.`);
  return { name: `${alias}@${found.version}`, physical: found.physical, version: found.version };
}

/** A hash of all that can change what an index answers: what it says of itself, how it is searched, and what was last written to it. */
export async function indexIdentity({ search, registry }: IndexParts, physical: string): Promise<string> {
  const { meta } = await standing(search, physical);
  const described = { build: SEARCH_BUILD, physical, meta, written: await registry.lastWrite(physical) };
  return createHash('sha256').update(canonicalJson(described)).digest('hex');
}

/**
 * An index: asked for documents by the pack's own search, with its profile and the encoder that built it. One that is written to
 * while it is evaluated is asked as it stands, and its answers are kept under that.
 * @throws `IndexNotFound`
 */
export async function indexSubject(parts: IndexParts, physical: string): Promise<Subject> {
  const { search, encoder } = parts;
  return {
    identity: await indexIdentity(parts, physical),
    asks: ['rank'],
    most: () => ({ tokens: 0, usd: 0 }),
    async answer(ask, { signal }) {
      if (ask.kind !== 'rank') throw failure('SubjectUnsuitable', 'An index finds documents, and does nothing else.');
      const { meta } = await standing(search, physical, { anew: false });
      const open = await encoderOf(encoder, meta.encoder, physical);
      signal.throwIfAborted();
      const began = performance.now();
      const hits = await hybridSearch(search, open, { alias: physical, query: ask.query, k: ask.k }).catch(refused);
      const ranked = hits.map(({ document }) => document.id);
      const milliseconds = Math.round(performance.now() - began);
      return { text: '', ranked, inputTokens: 0, outputTokens: 0, usd: 0, milliseconds };
    },
  };
}

async function standing(client: Client, name: string, { anew } = { anew: true }): Promise<ServedIndex> {
  const index = await servedIndex(client, name, { anew });
  if (!index) throw failure('IndexNotFound', `No index answers to "${name}".`);
  return index;
}

function refused(error: unknown): never {
  if (!(error instanceof SearchRefused)) throw error;
  throw failure(error.code === 'EncoderMismatch' ? 'EncoderNotConfigured' : error.code, error.message);
}
