import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { IndexVersion } from '../../schemas/rebuild-index';
import type { ToldChange } from '../../schemas/told-changes';
import type { UpdateIndexOutput } from '../../schemas/update-index';
import { failure, isFailure } from '../errors';
import type { ActivityDependencies } from '../index';
import { swapAlias } from '../indexing/alias';
import { documentHash } from '../indexing/chunk-record';
import { searchCall } from '../indexing/search-call';
import { withHeartbeat } from '../kit/heartbeat';
import { doUnit, workPrefix } from '../kit/unit';
import { findVersion } from '../stores/find-version';
import type { Backlog, Change } from '../stores/registry-changes';
import type { WriteTarget } from '../stores/registry-documents';
import type { BuildWrites } from '../stores/registry-indexes';
import type { Watermark } from '../stores/registry-updates';
import { type Applied, applyBatch } from './apply-batch';
import { type BatchDocument, type BatchRef, batchUnit, readBatch, writeBatch } from './batch';
import { CLOCK_MARGIN_MS } from './decide';
import { type DeltaMeta, deltaUnit, readDelta, writeDelta } from './delta';
import { type Destination, embedBatch, targetsOf } from './embed-batch';

/** What an update is about to do. */
export interface UpdatePlan {
  dataset: DatasetVersion;
  target: WriteTarget;
  /** What the index was brought up to before; null for none. */
  watermark: Watermark | null;
}

/** A batch that goes to an alias, or to one build of it. */
export type BatchInput = BatchRef & Destination & { round: number };

/** A batch of changes: pending ones, or those that a build lacks. */
export type ChangesInput = BatchInput & {
  limit: number;
  /** Work that is through: its files go. */
  drop?: string;
  missing?: { dataset: DatasetVersion; writes: BuildWrites };
};

/** Changes that a feed was told by one signal. */
export interface ToldBatch {
  alias: string;
  /** Names the signal, over all runs. */
  batch: string;
  changes: ToldChange[];
}

/** Characters of one batch of changes: as many as are embedded in a few seconds on two cores. */
const BATCH_CHARS = 256 * 1024;
/** Beats stop after five minutes without progress; a wait that is over is simply begun anew. */
const WAIT_MS = 4 * 60_000;

/**
 * The activities by which documents of an index change: from a dataset, and from the outbox of changes. Each may run
 * again at any time. `embedDelta` and `embedChanges` need the encoder and run on the gpu pool.
 */
export function createUpdateActivities(
  dependencies: Pick<ActivityDependencies, 'store' | 'registry' | 'search' | 'encoder'>,
) {
  const { store, registry, search, encoder } = dependencies;
  const { updates } = registry;

  /** Keeps a batch under its number, or takes up what an earlier attempt has kept; and embeds it. */
  const embed = async (input: BatchInput, read: () => Promise<BatchDocument[]>) => {
    const { documents } = await doUnit(store, batchUnit(input), async ({ dir }) => {
      const batch = await read();
      await writeBatch(dir, batch);
      return { documents: batch.length };
    });
    if (documents === 0) return { documents, chunks: 0 };
    const batch = await readBatch(store, input);
    return { documents, ...(await embedBatch({ store, search, updates, encoder }, input, input, batch)) };
  };

  return {
    /**
     * Finds the dataset (`name` or `name@version`) and the live index.
     * @throws `DatasetNotFound`, `IndexNotFound`; `Superseded` where the index holds a dataset that was read later.
     */
    planUpdate: ({ dataset: wanted, alias }: { dataset: string; alias: string }): Promise<UpdatePlan> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, async () => {
        const dataset = await findVersion('dataset', wanted, (...named) => registry.dataset(...named));
        const [target] = await targetsOf(updates, { alias });
        if (!target) throw failure('IndexNotFound', `No index is live under "${alias}".`);
        const watermark = (await updates.watermark(target.id)) ?? null;
        if (watermark && (await updates.readSince(watermark)) > (await updates.readSince(dataset))) {
          const held = `${watermark.name}@${watermark.version}`;
          throw failure('Superseded', `${target.physical} holds ${held}, which was read after ${wanted}.`);
        }
        return { dataset, target, watermark };
      }),

    /** Finds what differs between dataset, ledger and index, and keeps it for the units of the update. */
    compareDocuments: ({
      workKey,
      ...input
    }: {
      workKey: string;
      dataset: DatasetVersion;
      target: WriteTarget;
      unitDocuments: number;
    }): Promise<DeltaMeta> =>
      doUnit(store, deltaUnit(workKey), (context) => writeDelta({ store, search, updates }, input, context)),

    /** Cuts and embeds one unit of what differs. @throws `EncoderNotConfigured` where this host lacks the index's. */
    embedDelta: ({ dataset, ...input }: BatchInput & { dataset: DatasetVersion }) =>
      embed(input, () => readDelta({ store, updates }, { ...input, dataset })),

    /** Takes up to `limit` changes, cuts and embeds them. None are left where it returns no documents. */
    embedChanges: async ({
      limit,
      drop,
      missing,
      ...input
    }: ChangesInput): Promise<{ documents: number; chunks: number }> => {
      if (drop !== undefined) await store.remove(workPrefix(drop));
      const read = async (): Promise<BatchDocument[]> => {
        const changes = missing
          ? await updates.missing({
              alias: input.alias,
              indexId: missing.writes.indexId,
              since: new Date((await updates.readSince(missing.dataset)).getTime() - CLOCK_MARGIN_MS),
              limit,
            })
          : await updates.pending(input.alias, limit, BATCH_CHARS);
        return changes.map(batchDocument);
      };
      try {
        return await embed(input, read);
      } catch (error) {
        if (missing || !isFailure(error, 'EncoderNotConfigured')) throw error;
        // A feed goes on once the rebuild with the new encoder is through, or the old encoder is back.
        const { message } = error as Error;
        throw failure('Unavailable', `Changes wait, for ${message.split('\n')[0] ?? ''} A rebuild makes one for it.`);
      }
    },

    /** Writes one batch to all indexes that receive updates. */
    applyBatch: (input: BatchInput): Promise<Applied> =>
      withHeartbeat({ phase: 'apply', unit: input.unit }, (_report, signal) =>
        applyBatch({ store, search, updates }, input, input, signal),
      ),

    /** Records that the index holds the dataset, and lets go of the texts of changes that are in it. */
    finishUpdate: ({
      workKey,
      dataset,
      target,
      output,
    }: {
      workKey: string;
      dataset: DatasetVersion;
      target: WriteTarget;
      output: UpdateIndexOutput;
    }): Promise<UpdateIndexOutput> =>
      withHeartbeat({ phase: 'record', unit: 0 }, async () => {
        const before = new Date((await updates.readSince(dataset)).getTime() - CLOCK_MARGIN_MS);
        return registry.finishWork<UpdateIndexOutput>(workKey, async (transaction) => {
          const { alias, version, physical } = target;
          await transaction.setWatermark(alias, version, dataset);
          await transaction.addLineage(`index:${physical}`, [dataset.artifact.uri]);
          await transaction.forgetTexts(alias, before);
          return output;
        });
      }),

    /**
     * Puts changes that a feed was told into the outbox, in their order and all at once. A batch that is there already is
     * left alone, for what came later may have gone over it.
     */
    recordChanges: ({ alias, batch, changes }: ToldBatch): Promise<{ recorded: number }> =>
      withHeartbeat({ phase: 'told', unit: 0 }, () => updates.recordTold(alias, batch, changes)),

    /** How many changes wait. */
    changesWaiting: ({ alias }: { alias: string }): Promise<Backlog> => updates.backlog(alias),

    /** Waits until a change is there, for four minutes at most. Runs on the queue of waits, which has many slots. */
    awaitChanges: ({ alias }: { alias: string }): Promise<Backlog> =>
      withHeartbeat({ phase: 'wait', unit: 0 }, async (_report, signal) => {
        await updates.awaitChange(alias, AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]));
        signal.throwIfAborted();
        return updates.backlog(alias);
      }),

    /** Makes the index before live again. @throws `Superseded`, `RollbackClosed` */
    rollbackIndex: ({
      index,
      previous,
      by,
      note,
    }: {
      index: IndexVersion;
      previous: IndexVersion;
      by: string;
      note: string;
    }): Promise<void> =>
      withHeartbeat({ phase: 'rollback', unit: 0 }, async () => {
        const reason = `rolled back from ${index.physical}${note ? `: ${note}` : ''}`;
        await updates.rollback(index, previous, reason, by, async () => {
          // Updates were written to it without a refresh: nobody searched it.
          const { physical } = previous;
          await searchCall(`refresh ${physical}`, () => search.indices.refresh({ index: physical }));
          await swapAlias(search, index.alias, physical);
        });
      }),

    /** Ends the updates of an index that can not be gone back to any more. */
    endWrites: ({ physical }: { physical: string }): Promise<void> => updates.endWrites(physical),
  };
}

function batchDocument({
  key,
  document: id,
  changeId,
  recordedAt,
  deleted,
  source,
  title,
  text,
}: Change): BatchDocument {
  const asOf = recordedAt.toISOString();
  if (deleted) return { key, id, hash: null, changeId, asOf, document: null };
  return {
    key,
    id,
    hash: documentHash({ source, title, text }),
    changeId,
    asOf,
    document: { id, source, title, text },
  };
}
