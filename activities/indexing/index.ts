import type { DatasetVersion } from '../../schemas/clean-dataset';
import { AUTO_ENCODER, DEFAULT_ENCODER } from '../../schemas/config';
import type { ArtifactRef } from '../../schemas/common';
import type { Evaluation, SearchProfile } from '../../schemas/relevance';
import type {
  BytesPerDocument,
  Chunking,
  EmbeddingCounts,
  EncoderIdentity,
  IndexCounts,
  IndexVersion,
  RebuildIndexOutput,
  SourceCounts,
} from '../../schemas/rebuild-index';
import { encoderOf } from '../encoder/wanted';
import type { ActivityDependencies } from '../index';
import { withHeartbeat } from '../kit/heartbeat';
import { doUnit } from '../kit/unit';
import { findVersion } from '../stores/find-version';
import type { BuildWrites } from '../stores/registry-indexes';
import { sweepBuild } from '../updating/sweep';
import { deleteUnlessLive, swapAlias } from './alias';
import { diskBytes, openBuild, sealBuild } from './build';
import { datasetLanguage } from './dataset-language';
import { datasetFiles, readDocuments, rowRanges } from './dataset-rows';
import { embedDocuments } from './embed';
import { embeddedUnit, type EmbeddedMeta, writeEmbedded } from './embedded-unit';
import { metaOf } from './index-definition';
import { indexEmbeddedUnit } from './index-unit';
import { loadUnit } from './load-unit';
import { searchCall } from './search-call';
import { describeSources } from './source-counts';
import { type Verified, verifyIndex } from './verify';

/** What a run is about to build. */
export interface IndexPlan {
  dataset: DatasetVersion;
  documents: number;
  units: number;
  encoder: EncoderIdentity;
}

/** What a run is to build. */
export interface PlanInput {
  dataset: string;
  unitDocuments: number;
  /** Name of a configured encoder, or `auto`; left out by runs from before there was a choice. */
  encoder?: string;
}

export interface BuildInput {
  workKey: string;
  alias: string;
  dataset: DatasetVersion;
  encoder: EncoderIdentity;
  chunking: Chunking;
  /** Updates go to the build as well; left out by runs from before they did. */
  updates?: boolean;
}

export interface IndexUnitInput {
  workKey: string;
  physical: string;
  unit: number;
  /** Of a build that receives updates: what it loads, and what updates know of it. */
  load?: { dataset: DatasetVersion; unitDocuments: number; writes: BuildWrites };
}

export interface EmbedUnitInput {
  workKey: string;
  dataset: DatasetVersion;
  encoder: EncoderIdentity;
  unit: number;
  unitDocuments: number;
  chunking: Chunking;
}

/** How an index answers golden queries, how it is searched, and who let it go live where a person had to. */
export interface Judged extends Pick<RebuildIndexOutput, 'approval'> {
  golden: ArtifactRef;
  evaluation: Evaluation;
  profile: SearchProfile;
}

export interface PromoteInput {
  workKey: string;
  index: IndexVersion;
  dataset: DatasetVersion;
  encoder: EncoderIdentity;
  counts: IndexCounts;
  embedding?: EmbeddingCounts;
  bytesPerDocument?: BytesPerDocument;
  sources?: SourceCounts;
  /** What golden queries said of it. */
  judged?: Judged;
  /** Whether the index that was live goes on to receive updates, to be gone back to. */
  keepPrevious?: boolean;
}

export interface VerifyBuildInput {
  workKey: string;
  physical: string;
  units: number;
  alias?: string;
  writes?: BuildWrites;
}

/**
 * The activities of rebuildIndex. Each may run again at any time, also beside an attempt of its own that is late:
 * what is done is found done. `planIndex` and `embedUnit` need the encoder and run on the gpu pool.
 */
export function createIndexingActivities(
  dependencies: Pick<ActivityDependencies, 'store' | 'registry' | 'search' | 'encoder' | 'index'>,
) {
  const { store, registry, search, encoder, index: settings } = dependencies;
  const cache = settings.embeddingCache.maxVectors > 0 ? registry : undefined;
  return {
    /**
     * Finds the dataset (`name` or `name@version`), cuts it into units and chooses the encoder.
     * @throws `DatasetNotFound`, `EncoderNotConfigured`
     */
    planIndex: ({ dataset: wanted, unitDocuments, encoder: named = DEFAULT_ENCODER }: PlanInput): Promise<IndexPlan> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, async () => {
        const dataset = await findVersion('dataset', wanted, (...named) => registry.dataset(...named));
        const files = await datasetFiles(store, dataset);
        const documents = files.reduce((sum, { rows }) => sum + rows, 0);
        const chosen = named === AUTO_ENCODER ? { language: () => datasetLanguage(store, dataset) } : { named };
        const { identity } = await encoder(chosen);
        return { dataset, documents, units: Math.ceil(documents / unitDocuments), encoder: identity };
      }),

    /** Makes the physical index of this work, or takes up the one that an earlier attempt or run has made. */
    createBuild: ({
      workKey,
      alias,
      dataset,
      encoder: identity,
      chunking,
      updates = false,
    }: BuildInput): Promise<{ index: IndexVersion; writes?: BuildWrites }> =>
      withHeartbeat({ phase: 'create', unit: 0 }, async () => {
        const index = await registry.reserveIndexVersion({ alias, workKey, encoder: identity });
        const meta = metaOf({ workKey, dataset, encoder: identity, chunking });
        await openBuild(search, index.physical, meta, settings.shards);
        return updates ? { index, writes: await registry.updates.beginWrites(index) } : { index };
      }),

    /** Cuts and embeds one unit of documents. @throws `EncoderNotConfigured` where this host lacks the run's encoder. */
    embedUnit: ({
      workKey,
      dataset,
      encoder: wanted,
      unit,
      unitDocuments,
      chunking,
    }: EmbedUnitInput): Promise<EmbeddedMeta> =>
      doUnit(store, embeddedUnit(workKey, unit), async ({ dir, signal, report }): Promise<EmbeddedMeta> => {
        const open = await encoderOf(encoder, wanted, 'The run');
        const { dimensions, fingerprint } = open.identity;
        const files = await datasetFiles(store, dataset);
        const documents = await readDocuments(
          store,
          dataset,
          rowRanges(files, unit * unitDocuments, (unit + 1) * unitDocuments),
        );
        const { chunks, vectors, ...counted } = await embedDocuments(documents, open, chunking, {
          cache,
          signal,
          report,
        });
        await writeEmbedded(dir, { chunks, vectors });
        return {
          documents: documents.length,
          chunks: chunks.length,
          ...counted,
          dimensions,
          encoder: fingerprint,
        };
      }),

    /** Writes one embedded unit into the build. @throws `BuildClosed` where the build is not open any more. */
    indexUnit: ({ load, ...work }: IndexUnitInput): Promise<{ chunks: number }> =>
      withHeartbeat({ phase: 'index', unit: work.unit }, async (report, signal) => {
        const context = { report, signal };
        if (load) return loadUnit({ store, search, updates: registry.updates }, { ...work, ...load }, context);
        const { chunks } = await indexEmbeddedUnit({ store, search }, work, context);
        return { chunks };
      }),

    /** Ends the loading and makes the index searchable. Returns the bytes that it takes on disk, without its copies. */
    sealBuild: ({ physical, writes }: { physical: string; writes?: BuildWrites }): Promise<{ diskBytes: number }> =>
      withHeartbeat({ phase: 'seal', unit: 0 }, async (_report, signal) => {
        await sealBuild(search, physical, settings.replicas, signal);
        if (writes) await sweepBuild({ search, updates: registry.updates }, { physical, writes }, signal);
        return { diskBytes: await diskBytes(search, physical, signal) };
      }),

    /** Compares every chunk of the index with what was embedded. @throws `VerificationFailed` on any difference. */
    verifyBuild: ({ alias, writes, ...build }: VerifyBuildInput): Promise<Verified & { finding: string }> =>
      withHeartbeat({ phase: 'verify', unit: 0 }, async (report, signal) => {
        const updates = alias && writes ? { updates: { registry: registry.updates, alias, writes } } : {};
        const verified = await verifyIndex({ store, search }, { ...build, ...updates }, { report, signal });
        return { ...verified, finding: `Verified: ${describeSources(verified.sources)}.` };
      }),

    /**
     * Makes the index live: version, lineage, ledger and alias. The alias is swapped inside the transaction, whose lock
     * keeps two promotions apart, so that work on record as done is live. Should the commit fail after the swap, a
     * verified index serves that is not on record yet, and the next attempt puts it there.
     * @throws `Superseded` where a newer version is live.
     */
    promoteBuild: ({
      workKey,
      index,
      dataset,
      encoder: identity,
      counts,
      embedding,
      bytesPerDocument,
      sources,
      judged,
      keepPrevious = false,
    }: PromoteInput): Promise<RebuildIndexOutput> =>
      withHeartbeat({ phase: 'swap', unit: 0 }, () =>
        registry.finishWork<RebuildIndexOutput>(workKey, async (transaction) => {
          const { alias, version, physical } = index;
          const reason = `rebuilt from ${dataset.name}@${dataset.version}: ${counts.verified} chunks verified`;
          const approvedBy = judged?.approval?.by;
          const { previous } = await transaction.promoteIndex({
            ...{ alias, version, reason, approvedBy, dataset, keepPrevious },
          });
          if (judged) await transaction.addArtifact(judged.golden);
          const inputs = [dataset.artifact.uri, ...(judged ? [judged.golden.uri] : [])];
          await transaction.addLineage(`index:${physical}`, inputs);
          // Updates since the verification were written without a refresh: nobody searched the index.
          await searchCall(`refresh ${physical}`, () => search.indices.refresh({ index: physical }));
          await swapAlias(search, alias, physical);
          const { golden: _golden, ...found } = judged ?? {};
          return {
            ...{ outcome: 'published', workKey, dataset, encoder: identity, counts, index, previous },
            ...(embedding ? { embedding } : {}),
            ...(bytesPerDocument ? { bytesPerDocument } : {}),
            ...(sources ? { sources } : {}),
            ...found,
          };
        }),
      ),

    /** Deletes indexes behind the live one that the policy does not keep, and vectors that the cache's bounds do not. */
    dropOldIndexes: ({ alias }: { alias: string }): Promise<{ dropped: string[] }> =>
      withHeartbeat({ phase: 'tidy', unit: 0 }, async () => {
        const dropped: string[] = [];
        for (const physical of await registry.indexesBehind(alias, settings.keepOld)) {
          if (!(await deleteUnlessLive(search, alias, physical))) continue;
          await registry.markIndexDeleted(physical);
          dropped.push(physical);
        }
        await registry.pruneEmbeddings(settings.embeddingCache);
        return { dropped };
      }),

    /**
     * Deletes a build that is not to be: late writers are refused from then on. One that is live already stays. The
     * version stays reserved for its work, which may be taken up again.
     */
    abandonBuild: ({ alias, physical }: { workKey: string; alias: string; physical: string }): Promise<void> =>
      withHeartbeat({ phase: 'abandon', unit: 0 }, async () => {
        if (await deleteUnlessLive(search, alias, physical)) await registry.updates.endWrites(physical);
      }),
  };
}
