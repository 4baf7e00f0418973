import type { Client } from '@elastic/elasticsearch';
import { failure, isFailure } from '../errors';
import { type BulkOperation, bulkIndex } from '../indexing/bulk';
import { chunkId } from '../indexing/chunk-record';
import type { EmbeddedChunks, EmbeddedMeta } from '../indexing/embedded-unit';
import { UPDATE_UNIT, updateAlias } from '../indexing/index-definition';
import { chunkOperations, countByDocument, readEmbedded } from '../indexing/index-unit';
import { CALL_TIMEOUT_MS, searchCall } from '../indexing/search-call';
import { unitKey } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import { markApplied } from '../stores/registry-changes';
import type { Query } from '../stores/registry-database';
import {
  endWrites,
  enterRows,
  ledgerRows,
  type NewLedgerRow,
  nextDocumentVersion,
  type WriteTarget,
  writeTargets,
} from '../stores/registry-documents';
import type { UpdateRegistry } from '../stores/registry-updates';
import { type BatchDocument, type BatchRef, embeddedBatch, readBatch, readCovered } from './batch';
import { chunkRecipeOf } from './chunk-recipe';
import { decide, type Verdict } from './decide';
import { type Destination, targetsOf } from './embed-batch';

export interface ApplyDependencies {
  store: ArtifactStore;
  search: Client;
  updates: UpdateRegistry;
}

/** What became of a batch, by the index that it was for. */
export interface Applied {
  /** Nothing was done: an index lacks what was embedded. Embed the next round of the batch, and apply that. */
  again: boolean;
  written: number;
  deleted: number;
  /** Documents that the index had already. */
  same: number;
  /** Documents of which the index has a newer state. */
  older: number;
  chunks: number;
}

const NOTHING: Applied = { again: false, written: 0, deleted: 0, same: 0, older: 0, chunks: 0 };

/** An index that the batch goes to, with what was embedded for it. */
interface Prepared {
  target: WriteTarget;
  embedded: EmbeddedChunks & { meta: EmbeddedMeta };
  covered: Set<string>;
  chunksOf: Map<string, number>;
}

/**
 * A writer whose transaction is lost must not write on. PostgreSQL ends one that idles for a minute; another writer may
 * go on from there.
 */
const WRITE_SECONDS = 50;

/**
 * Writes a batch to every index of its destination: in one transaction that holds the lock of the alias, so that swaps
 * and other batches come before or after. The chunks are written first and the ledgers last; an attempt that dies in
 * between leaves chunks of a version that nobody has on record, which the next attempt, whose version is higher, writes
 * over or takes away. What is searched changes at the end and at once, by the refresh.
 */
export async function applyBatch(
  { store, search, updates }: ApplyDependencies,
  batch: BatchRef & { round: number },
  destination: Destination,
  stop: AbortSignal,
): Promise<Applied> {
  const documents = await readBatch(store, batch);
  const prepared = new Map<number, Prepared>();
  for (const target of await targetsOf(updates, destination)) {
    const ready = await prepare({ store, search }, batch, target);
    if (!ready) continue;
    prepared.set(target.id, ready);
    const claims = documents.map(({ key, id }) => ({ key, document: id, chunks: ready.chunksOf.get(id) ?? 0 }));
    await updates.claim(
      target.id,
      claims.filter(({ chunks }) => chunks > 0),
    );
  }
  return updates.locked(destination.alias, async (query) => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(WRITE_SECONDS * 1_000)]);
    const all = await writeTargets(query, destination.alias);
    const targets = all.filter(
      ({ physical, baseVersion }) => baseVersion !== null && (destination.only ?? physical) === physical,
    );
    const plans: { plan: Plan; ready: Prepared }[] = [];
    for (const target of targets) {
      const ready = prepared.get(target.id);
      const plan = ready && (await planWrites(query, ready, documents));
      if (plan && ready) plans.push({ plan, ready });
      else if (ready || target.live || (await sameEncoder(search, targets, target))) return { ...NOTHING, again: true };
      // Nobody here can embed for it: it can not be gone back to, or swapped in, any more.
      else await endWrites(query, target.physical);
    }
    for (const { plan, ready } of plans) await write({ search, query }, ready, plan, signal);
    const changes = documents.flatMap(({ key, changeId }) => (changeId === null ? [] : [{ key, changeId }]));
    if (destination.only === undefined) await markApplied(query, destination.alias, changes);
    // The live index comes first: what it says is what people see.
    return plans[0]?.plan.counts ?? NOTHING;
  });
}

/** What was embedded for an index; undefined where nothing was. */
async function prepare(
  { store, search }: Pick<ApplyDependencies, 'store' | 'search'>,
  batch: BatchRef & { round: number },
  target: WriteTarget,
): Promise<Prepared | undefined> {
  const recipe = await chunkRecipeOf(search, target.physical).catch((error: unknown) => {
    if (target.live || !isFailure(error, 'BuildClosed')) throw error;
    return undefined;
  });
  if (!recipe) return undefined;
  const unit = embeddedBatch(batch, recipe.name, batch.round);
  if (!(await store.manifest(unitKey(unit)))) return undefined;
  const embedded = await readEmbedded(store, unit);
  return {
    target,
    embedded,
    covered: await readCovered(store, unit),
    chunksOf: countByDocument(embedded.chunks),
  };
}

/** Whether an index takes the vectors of the live one, so that it only came too late for this round. */
async function sameEncoder(search: Client, targets: readonly WriteTarget[], target: WriteTarget): Promise<boolean> {
  const gone = !(await search.indices.exists({ index: target.physical }));
  return !gone && targets.some(({ live, encoder }) => live && encoder === target.encoder);
}

interface Plan {
  version: number;
  /** Documents to be written, with the chunks that go because the new state has fewer. */
  write: Set<string>;
  leftOver: BulkOperation[];
  rows: NewLedgerRow[];
  counts: Applied;
}

/** What a batch changes of an index; undefined where a document would have to be written that was not embedded. */
async function planWrites(
  query: Query,
  { target, covered, chunksOf }: Prepared,
  documents: readonly BatchDocument[],
): Promise<Plan | undefined> {
  const ledger = await ledgerRows(
    query,
    target.id,
    documents.map(({ key }) => key),
  );
  const version = await nextDocumentVersion(query);
  const plan: Plan = { version, write: new Set(), leftOver: [], rows: [], counts: { ...NOTHING } };
  for (const document of documents) {
    const { key, id, hash, changeId, asOf } = document;
    const row = ledger.get(key);
    const verdict: Verdict = decide(row, document);
    if (verdict === 'older') {
      plan.counts.older += 1;
      continue;
    }
    if (verdict === 'same') {
      plan.counts.same += 1;
      if (row) plan.rows.push({ ...row, changeId, asOf: new Date(asOf) });
      continue;
    }
    if (hash !== null && !covered.has(key)) return undefined;
    const chunks = hash === null ? 0 : (chunksOf.get(id) ?? 0);
    if (hash === null) plan.counts.deleted += 1;
    else plan.counts.written += 1;
    plan.counts.chunks += chunks;
    plan.write.add(id);
    for (let ordinal = chunks; ordinal < (row?.claimed ?? 0); ordinal += 1)
      plan.leftOver.push({ id: chunkId(key, ordinal), version, source: null });
    plan.rows.push({
      ...{ key, document: id, version, contentHash: hash, chunks, claimed: chunks, changeId, asOf: new Date(asOf) },
    });
  }
  return plan;
}

async function write(
  { search, query }: { search: Client; query: Query },
  { target, embedded }: Prepared,
  { version, write: wanted, leftOver, rows }: Plan,
  signal: AbortSignal,
): Promise<void> {
  const versionOf = (id: string) => (wanted.has(id) ? version : null);
  const operations = function* () {
    yield* chunkOperations(embedded, UPDATE_UNIT, versionOf);
    yield* leftOver;
  };
  const { physical, live } = target;
  try {
    await bulkIndex(search, updateAlias(physical), operations(), { signal, written: () => undefined });
    // Others are refreshed when they are verified or gone back to: nobody searches them.
    if (live && wanted.size > 0) {
      const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
      await searchCall(`refresh ${physical}`, () => search.indices.refresh({ index: physical }, options), signal);
    }
  } catch (error) {
    if (!isFailure(error, 'BuildClosed')) throw error;
    if (live) throw failure('IndexNotFound', `${physical} is on record as live, and gone.`);
    await endWrites(query, physical);
    return;
  }
  await enterRows(query, target.id, rows);
}
