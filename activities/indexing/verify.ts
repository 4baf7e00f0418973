import type { Client } from '@elastic/elasticsearch';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import type { ArtifactStore } from '../stores/artifact-store';
import { isOpen, readIndexMeta } from './build';
import { compareIndex, type Differences, type Sample } from './compare';
import { embeddedMetaOf, readChunks } from './embedded-unit';

/**
 * Verifies a sealed index: every chunk of every unit is there with its content and a vector, nothing else is, and its
 * vectors are of one encoder.
 * @returns how many chunks were expected and found, which is the same number.
 * @throws `VerificationFailed` with counts and the first ids; `InvariantBroken` where writers are still let in.
 */
export async function verifyIndex(
  { store, search }: { store: ArtifactStore; search: Client },
  { workKey, physical, units }: { workKey: string; physical: string; units: number },
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<{ expected: number; verified: number }> {
  if (await isOpen(search, physical)) throw failure('InvariantBroken', `${physical} is not sealed.`);
  const { workKey: builtBy, encoder } = await readIndexMeta(search, physical);
  if (builtBy !== workKey) throw failure('VerificationFailed', `${physical} was built by other work.`);

  let expected = 0;
  const expectedUnit = async (unit: number): Promise<Map<string, string>> => {
    const meta = await embeddedMetaOf(store, workKey, unit);
    if (meta.encoder !== encoder.fingerprint) {
      throw failure('VerificationFailed', `Unit ${unit} was embedded with another encoder than ${physical} is for.`);
    }
    expected += meta.chunks;
    const chunks = await readChunks(store, workKey, unit);
    const hashes = new Map(chunks.map(({ id, content_hash }) => [id, content_hash]));
    if (hashes.size !== meta.chunks) throw failure('VerificationFailed', `Unit ${unit} has chunks of the same id.`);
    return hashes;
  };
  const found = await compareIndex(
    search,
    physical,
    { units, expected: expectedUnit },
    { signal, compared: (done) => report(done, units) },
  );
  const wrong = describeDifferences(found);
  if (wrong)
    throw failure('VerificationFailed', `${physical} differs from the ${expected} chunks it should have: ${wrong}.`);
  return { expected, verified: found.verified };
}

/** The differences in words, such as `2 missing (a-0, b-3)`; empty where there are none. */
export function describeDifferences({ missing, extra, changed, withoutVector }: Differences): string {
  const words = (name: string, { count, ids }: Sample) =>
    count === 0 ? [] : [`${count} ${name} (${ids.join(', ')}${count > ids.length ? ', …' : ''})`];
  return [
    ...words('missing', missing),
    ...words('extra', extra),
    ...words('changed', changed),
    ...words('without a vector', withoutVector),
  ].join('; ');
}
