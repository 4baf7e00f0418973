import type { Client } from '@elastic/elasticsearch';
import { contentHash } from './chunk-record';
import { type ChunkHit, openSnapshot } from './snapshot';

/** How the chunks of an index differ from those it should have. */
export interface Differences {
  /** Chunks that should be there, and are. */
  verified: number;
  missing: Sample;
  extra: Sample;
  /** There, with another content. */
  changed: Sample;
  /** There, and not to be found by meaning; the content may be right. */
  withoutVector: Sample;
}

/** A number of ids and the first few of them. */
export interface Sample {
  count: number;
  ids: string[];
}

/** The chunks that one unit has embedded: content hash by id. */
export type ExpectedUnit = (unit: number) => Promise<Map<string, string>>;

const SAMPLE_IDS = 5;

/**
 * Compares a sealed index with what its units have embedded, both ways: the content hash of every chunk is computed
 * again from what the index gives back. Goes unit by unit over one snapshot, so it needs memory for the ids and hashes
 * of one unit (about 300 bytes a chunk) and a page of hits, however large the index is.
 */
export async function compareIndex(
  client: Client,
  physical: string,
  { units, expected }: { units: number; expected: ExpectedUnit },
  { signal, compared }: { signal: AbortSignal; compared: (units: number) => void },
): Promise<Differences> {
  const sample = (): Sample => ({ count: 0, ids: [] });
  const differences: Differences = {
    verified: 0,
    missing: sample(),
    extra: sample(),
    changed: sample(),
    withoutVector: sample(),
  };
  const snapshot = await openSnapshot(client, physical, signal);
  try {
    for (let unit = 0; unit < units; unit += 1) {
      await compareUnit(snapshot.scan({ term: { unit } }), await expected(unit), differences);
      compared(unit + 1);
    }
    // What no unit has written: no number, or one that is out of range.
    const stray = { bool: { must_not: { range: { unit: { gte: 0, lt: units } } } } };
    await compareUnit(snapshot.scan(stray), new Map(), differences);
    // The hash of a chunk does not speak for its vector, which is not read back: that there is one is asked here.
    for await (const { _id = '' } of snapshot.scan({ bool: { must_not: { exists: { field: 'vector' } } } })) {
      add(differences.withoutVector, _id);
    }
    return differences;
  } finally {
    await snapshot.close();
  }
}

async function compareUnit(
  hits: AsyncIterable<ChunkHit>,
  expected: Map<string, string>,
  found: Differences,
): Promise<void> {
  for await (const { _id = '', _source } of hits) {
    const hash = expected.get(_id);
    expected.delete(_id);
    if (hash === undefined) add(found.extra, _id);
    else if (_source?.content_hash === hash && contentHash(_source) === hash) found.verified += 1;
    else add(found.changed, _id);
  }
  for (const id of expected.keys()) add(found.missing, id);
}

function add(sample: Sample, id: string): void {
  sample.count += 1;
  if (sample.ids.length < SAMPLE_IDS) sample.ids.push(id);
}
