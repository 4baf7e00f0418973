import { contentHash } from './chunk-record';
import type { SourceCounts } from '../../schemas/rebuild-index';
import { SourceTally } from './source-counts';
import type { ChunkHit, Snapshot } from './snapshot';

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
  /** Documents by source, without those that were updated since. */
  sources: SourceCounts;
}

/** A number of ids and the first few of them. */
export interface Sample {
  count: number;
  ids: string[];
}

/** A chunk that a unit has embedded. */
export interface ExpectedChunk {
  hash: string;
  /** Where its document is from; only of the first chunk of each, by which documents are counted. */
  source?: string;
}

/** The chunks that one unit has embedded, less those of documents that were updated since, by id. */
export type ExpectedUnit = (unit: number) => Promise<Map<string, ExpectedChunk>>;

/** What the ledger says of a document that was updated while the index was built. */
export interface UpdatedDocument {
  document: string;
  version: number;
  chunks: number;
}

const SAMPLE_IDS = 5;

/**
 * Compares a sealed index with what its units have embedded, both ways: the content hash of every chunk is computed
 * again from what the index gives back. A document that was updated meanwhile must have as many chunks as the ledger
 * says, all of that version, with the content that each says it has. Goes unit by unit over one snapshot, so it needs
 * memory for the ids and hashes of one unit (about 300 bytes a chunk), a page of hits, and the updated documents, however
 * large the index is.
 */
export async function compareIndex(
  snapshot: Snapshot,
  { units, expected, updated }: { units: number; expected: ExpectedUnit; updated: readonly UpdatedDocument[] },
  compared: (units: number) => void,
): Promise<Differences> {
  const sample = (): Sample => ({ count: 0, ids: [] });
  const tally = new SourceTally();
  const differences: Omit<Differences, 'sources'> = {
    verified: 0,
    missing: sample(),
    extra: sample(),
    changed: sample(),
    withoutVector: sample(),
  };
  const updates = new Map(updated.map((row) => [row.document, { ...row, found: 0, wrong: 0 }]));
  const others = async function* (hits: AsyncIterable<ChunkHit>) {
    for await (const hit of hits) {
      const update = updates.get(hit._source?.doc_id ?? '');
      if (!update) {
        yield hit;
        continue;
      }
      update.found += 1;
      const { _source, _version } = hit;
      if (_version !== update.version || !_source || contentHash(_source) !== _source.content_hash) update.wrong += 1;
    }
  };
  try {
    for (let unit = 0; unit < units; unit += 1) {
      await compareUnit(others(snapshot.scan({ term: { unit } })), await expected(unit), differences, tally);
      compared(unit + 1);
    }
    // What no unit has written: updates, or what has no number or one that is out of range.
    const stray = { bool: { must_not: { range: { unit: { gte: 0, lt: units } } } } };
    await compareUnit(others(snapshot.scan(stray)), new Map(), differences, tally);
    for (const { document, chunks, found, wrong } of updates.values()) {
      if (found === chunks && wrong === 0) differences.verified += chunks;
      else add(differences.changed, document);
    }
    // The hash of a chunk does not speak for its vector, which is not read back: that there is one is asked here.
    for await (const { _id = '' } of snapshot.scan({ bool: { must_not: { exists: { field: 'vector' } } } })) {
      add(differences.withoutVector, _id);
    }
    return { ...differences, sources: tally.result() };
  } finally {
    await snapshot.close();
  }
}

async function compareUnit(
  hits: AsyncIterable<ChunkHit>,
  expected: Map<string, ExpectedChunk>,
  found: Omit<Differences, 'sources'>,
  tally: SourceTally,
): Promise<void> {
  for (const { source } of expected.values()) if (source !== undefined) tally.expect(source);
  for await (const { _id = '', _source } of hits) {
    // What nobody of ours has written may lack any field.
    if (_source?.ordinal === 0 && typeof _source.source === 'string') tally.find(_source.source);
    const hash = expected.get(_id)?.hash;
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
