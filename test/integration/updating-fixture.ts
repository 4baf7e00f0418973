import { randomUUID } from 'node:crypto';
import { Client as Postgres } from 'pg';
import type { OpenEncoder } from '../../activities/encoder/wanted';
import type { DatasetDocument } from '../../activities/indexing/chunk-record';
import type { Applied } from '../../activities/updating/apply-batch';
import type { DeltaCounts } from '../../activities/updating/compare';
import { type Build, openIndexing, UNIT_DOCUMENTS } from './indexing-fixture';
import { sharedServers } from '../support/shared-servers';

export type Updating = Awaited<ReturnType<typeof openUpdating>>;

const LIMIT = 64;

/** The activities of updates on the shared servers: what runs of updateIndex and indexFeed do, step by step. */
export async function openUpdating(options: { elasticsearchUrl?: string; encoders?: OpenEncoder } = {}) {
  const indexing = await openIndexing(options);
  const { activities, run, registry, search } = indexing;
  const outbox = new Postgres({ connectionString: sharedServers().databaseUrl });
  await outbox.connect();

  /** Embeds a batch and applies it, as the workflows do. */
  async function through(
    embed: (round: number) => Promise<{ documents: number }>,
    batch: { workKey: string; unit: number; alias: string; only?: string },
  ): Promise<Applied | null> {
    for (let round = 0; ; round += 1) {
      const { documents } = await embed(round);
      if (documents === 0) return null;
      const applied = await run(() => activities.applyBatch({ ...batch, round }));
      if (!applied.again) return applied;
    }
  }

  /** A whole update of the live index to the latest version of a dataset. */
  async function update(name: string, alias: string): Promise<DeltaCounts & { chunks: number; reconciled: number }> {
    const { dataset, target } = await run(() => activities.planUpdate({ dataset: name, alias }));
    const workKey = await indexing.beginWork('updateIndex', alias, [dataset.artifact.sha256], { once: randomUUID() });
    const { counts, reconciled, units } = await run(() =>
      activities.compareDocuments({ workKey, dataset, target, unitDocuments: UNIT_DOCUMENTS }),
    );
    let chunks = 0;
    for (let unit = 0; unit < units; unit += 1) {
      const batch = { workKey, unit, alias };
      const embed = (round: number) => run(() => activities.embedDelta({ ...batch, round, dataset }));
      chunks += (await through(embed, batch))?.chunks ?? 0;
    }
    const { version, physical } = target;
    const output = {
      outcome: 'published' as const,
      workKey,
      dataset,
      index: { alias, version, physical },
      before: null,
    };
    await run(() =>
      activities.finishUpdate({ workKey, dataset, target, output: { ...output, chunks, counts, reconciled } }),
    );
    return { ...counts, chunks, reconciled };
  }

  /** Embeds the pending changes of an alias; the batch is applied with `apply`, as often as one likes. */
  async function embedPending(alias: string) {
    const batch = { workKey: `feed-${randomUUID()}`, unit: 0, round: 0, alias };
    const { documents } = await run(() => activities.embedChanges({ ...batch, limit: LIMIT }));
    return { documents, apply: () => run(() => activities.applyBatch(batch)) };
  }

  /** Takes all pending changes of an alias to its indexes. */
  async function feed(alias: string): Promise<Applied[]> {
    const workKey = `feed-${randomUUID()}`;
    const all: Applied[] = [];
    for (let unit = 0; ; unit += 1) {
      const batch = { workKey, unit, alias };
      const embed = (round: number) => run(() => activities.embedChanges({ ...batch, round, limit: LIMIT }));
      const applied = await through(embed, batch);
      if (!applied) return all;
      all.push(applied);
    }
  }

  return {
    ...indexing,
    outbox,
    through,
    update,
    embedPending,
    feed,
    /** Puts changes into the outbox, each in a transaction of its own. */
    async change(alias: string, ...documents: readonly DatasetDocument[]): Promise<void> {
      for (const { id, title, text, source } of documents) {
        await outbox.query('select llm_pack.record_change($1, $2, $3, $4, $5)', [alias, id, title, text, source]);
      }
    },
    async remove(alias: string, id: string): Promise<void> {
      await outbox.query('select llm_pack.record_deletion($1, $2)', [alias, id]);
    },
    /** Lets a build have the changes that a feed has made since its dataset was read. */
    catchUp: ({ index, dataset, writes }: Build) => {
      const batch = { workKey: `catch-up-${randomUUID()}`, unit: 0, alias: index.alias, only: index.physical };
      const embed = (round: number) =>
        run(() => activities.embedChanges({ ...batch, round, limit: LIMIT, missing: { dataset, writes } }));
      return through(embed, batch);
    },
    /** The texts of a document's chunks as a search of the alias finds them now, in order. */
    async found(alias: string, document: string): Promise<string[]> {
      const { hits } = await search.search<{ text: string }>({
        index: alias,
        query: { term: { doc_id: document } },
        sort: 'ordinal',
        size: 1_000,
        _source: ['text'],
      });
      return hits.hits.map(({ _source }) => _source?.text ?? '');
    },
    async close(): Promise<void> {
      await outbox.end();
      await indexing.close();
    },
    registry,
  };
}
