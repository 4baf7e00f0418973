import type { Client } from '@elastic/elasticsearch';
import { encoderOf, type OpenEncoder } from '../encoder/wanted';
import { failure, isFailure } from '../errors';
import type { DatasetDocument } from '../indexing/chunk-record';
import { embedDocuments } from '../indexing/embed';
import { type EmbeddedMeta, writeEmbedded } from '../indexing/embedded-unit';
import { doUnit } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import type { WriteTarget } from '../stores/registry-documents';
import type { UpdateRegistry } from '../stores/registry-updates';
import { type BatchDocument, type BatchRef, embeddedBatch, writeCovered } from './batch';
import { type ChunkRecipe, chunkRecipeOf } from './chunk-recipe';
import { decide } from './decide';

export interface EmbedDependencies {
  store: ArtifactStore;
  search: Client;
  updates: UpdateRegistry;
  encoder: OpenEncoder;
}

/** Where a batch goes: to all indexes of the alias that receive updates, or to one build that has to catch up. */
export interface Destination {
  alias: string;
  /** Only this physical index. */
  only?: string;
}

/**
 * The indexes that a batch goes to now, the live one first.
 * @throws `IndexNotFound`, `IndexWithoutLedger` where none can take it; `Superseded` for a build that was given up.
 */
export async function targetsOf(updates: UpdateRegistry, { alias, only }: Destination): Promise<WriteTarget[]> {
  const targets = await updates.targets(alias);
  if (only !== undefined) {
    const build = targets.filter(({ physical }) => physical === only);
    if (build.length === 0) throw failure('Superseded', `${only} was given up: updates do not go to it any more.`);
    return build;
  }
  const live = targets.find((target) => target.live);
  if (!live) throw failure('IndexNotFound', `No index is live under "${alias}".`);
  if (live.baseVersion === null)
    throw failure('IndexWithoutLedger', `${live.physical} has no ledger of its documents.`);
  // An index from before there was a ledger is no target, whatever it may be behind.
  return targets.filter(({ baseVersion }) => baseVersion !== null);
}

/**
 * Cuts and embeds what the destination lacks of a batch, once for each recipe of its indexes, with the encoder that made
 * them. An index whose encoder is not configured any more is left out, unless it is the live one.
 * @throws `EncoderNotConfigured` where the live index is for an encoder that this host lacks.
 */
export async function embedBatch(
  { store, search, updates, ...models }: EmbedDependencies,
  batch: BatchRef & { round: number },
  destination: Destination,
  documents: readonly BatchDocument[],
): Promise<{ chunks: number }> {
  const targets = await targetsOf(updates, destination);
  const byRecipe = new Map<string, { recipe: ChunkRecipe; targets: WriteTarget[] }>();
  for (const target of targets) {
    const recipe = await chunkRecipeOf(search, target.physical);
    const group = byRecipe.get(recipe.name) ?? { recipe, targets: [] };
    group.targets.push(target);
    byRecipe.set(recipe.name, group);
  }
  let chunks = 0;
  for (const { recipe, targets: group } of byRecipe.values()) {
    const isNeeded = group.some(({ live, physical }) => live || physical === destination.only);
    const open = await encoderOf(models.encoder, recipe.encoder, group[0]?.physical ?? '').catch((error: unknown) => {
      if (isNeeded || !isFailure(error, 'EncoderNotConfigured')) throw error;
    });
    if (!open) continue;
    const wanted = await lacking(updates, group, documents);
    const unit = embeddedBatch(batch, recipe.name, batch.round);
    const meta = await doUnit(store, unit, async ({ dir, signal, report }): Promise<EmbeddedMeta> => {
      const texts = wanted.map(({ document }) => document);
      const made = await embedDocuments(texts, open, recipe.chunking, { signal, report });
      await writeEmbedded(dir, made);
      await writeCovered(
        dir,
        wanted.map(({ key }) => key),
      );
      const { dimensions, fingerprint } = open.identity;
      const counts = { documents: texts.length, chunks: made.chunks.length, tokens: made.tokens };
      return { ...counts, dimensions, encoder: fingerprint };
    });
    chunks += meta.chunks;
  }
  return { chunks };
}

type WithText = BatchDocument & { document: DatasetDocument };

/** Documents with a text that at least one of the indexes does not have as it is. */
async function lacking(
  updates: UpdateRegistry,
  targets: readonly WriteTarget[],
  documents: readonly BatchDocument[],
): Promise<WithText[]> {
  const withText = documents.filter((entry): entry is WithText => entry.document !== null);
  const keys = withText.map(({ key }) => key);
  const ledgers = await Promise.all(targets.map(({ id }) => updates.rows(id, keys)));
  return withText.filter((entry) => ledgers.some((rows) => decide(rows.get(entry.key), entry) === 'write'));
}
