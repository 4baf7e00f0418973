import type { Client } from '@elastic/elasticsearch';
import type { SourceCounts } from '../../schemas/rebuild-index';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import type { ArtifactStore } from '../stores/artifact-store';
import { type LedgerRow, rowsAbove } from '../stores/registry-documents';
import type { BuildWrites } from '../stores/registry-indexes';
import type { UpdateRegistry } from '../stores/registry-updates';
import { isOpen, readIndexMeta } from './build';
import { compareIndex, type Differences, type ExpectedChunk, type Sample } from './compare';
import { embeddedMetaOf, embeddedUnit, readChunks } from './embedded-unit';
import { CALL_TIMEOUT_MS, searchCall } from './search-call';
import { openSnapshot, type Snapshot } from './snapshot';
import { describeSources } from './source-counts';

export interface VerifyInput {
  workKey: string;
  physical: string;
  units: number;
  /** Of a build that receives updates: what they know of it. */
  updates?: { registry: UpdateRegistry; alias: string; writes: BuildWrites };
}

/** What was compared, and found equal. */
export interface Verified {
  expected: number;
  verified: number;
  sources: SourceCounts;
}

/**
 * Verifies a sealed index: every chunk of every unit is there with its content and a vector, or was updated since as the
 * ledger says, nothing else is, and its vectors are of one encoder. Updates go on meanwhile: what is verified is the
 * index at one moment between two of them.
 * @returns how many chunks were expected and found, which is the same number, and the documents of each source.
 * @throws `VerificationFailed` with counts and the first ids; `InvariantBroken` where writers are still let in.
 */
export async function verifyIndex(
  { store, search }: { store: ArtifactStore; search: Client },
  { workKey, physical, units, updates }: VerifyInput,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<Verified> {
  if (await isOpen(search, physical)) throw failure('InvariantBroken', `${physical} is not sealed.`);
  const { workKey: builtBy, encoder } = await readIndexMeta(search, physical);
  if (builtBy !== workKey) throw failure('VerificationFailed', `${physical} was built by other work.`);

  const { snapshot, updated } = updates
    ? await momentOf(search, physical, updates, signal)
    : { snapshot: await openSnapshot(search, physical, signal), updated: [] };
  const isUpdated = new Set(updated.map(({ document }) => document));
  let expected = updated.reduce((sum, { chunks }) => sum + chunks, 0);
  const expectedUnit = async (unit: number): Promise<Map<string, ExpectedChunk>> => {
    const meta = await embeddedMetaOf(store, embeddedUnit(workKey, unit));
    if (meta.encoder !== encoder.fingerprint) {
      throw failure('VerificationFailed', `Unit ${unit} was embedded with another encoder than ${physical} is for.`);
    }
    const chunks = await readChunks(store, embeddedUnit(workKey, unit));
    if (new Set(chunks.map(({ id }) => id)).size !== meta.chunks)
      throw failure('VerificationFailed', `Unit ${unit} has chunks of the same id.`);
    const loaded = chunks.filter(({ doc_id }) => !isUpdated.has(doc_id));
    expected += loaded.length;
    return new Map(
      loaded.map(({ id, content_hash: hash, ordinal, source }) => [id, ordinal === 0 ? { hash, source } : { hash }]),
    );
  };
  const found = await compareIndex(snapshot, { units, expected: expectedUnit, updated }, (done) => report(done, units));
  const wrong = describeDifferences(found);
  if (wrong)
    throw failure('VerificationFailed', `${physical} differs from the ${expected} chunks it should have: ${wrong}.`);
  return { expected, verified: found.verified, sources: found.sources };
}

/** The index and its ledger as they stand between two updates. */
async function momentOf(
  search: Client,
  physical: string,
  { registry, alias, writes }: NonNullable<VerifyInput['updates']>,
  signal: AbortSignal,
): Promise<{ snapshot: Snapshot; updated: LedgerRow[] }> {
  return registry.locked(alias, async (query) => {
    const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
    await searchCall(`refresh ${physical}`, () => search.indices.refresh({ index: physical }, options), signal);
    const updated = await rowsAbove(query, writes.indexId, writes.baseVersion);
    return { snapshot: await openSnapshot(search, physical, signal), updated };
  });
}

/** The differences in words, such as `2 missing (a-0, b-3)`; empty where there are none. */
export function describeDifferences({
  missing,
  extra,
  changed,
  withoutVector,
  sources,
}: Pick<Differences, 'missing' | 'extra' | 'changed' | 'withoutVector'> & { sources?: SourceCounts }): string {
  const words = (name: string, { count, ids }: Sample) =>
    count === 0 ? [] : [`${count} ${name} (${ids.join(', ')}${count > ids.length ? ', …' : ''})`];
  return [
    ...words('missing', missing),
    ...words('extra', extra),
    ...words('changed', changed),
    ...words('without a vector', withoutVector),
    ...(sources && sources.differing > 0 ? [describeSources(sources)] : []),
  ].join('; ');
}
