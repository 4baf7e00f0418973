import type { ArtifactRef } from '../../schemas/common';
import type { IndexVersion } from '../../schemas/rebuild-index';
import { inScratch } from '../cleaning/scratch';
import { encoderOf } from '../encoder/wanted';
import { failure, isFailure } from '../errors';
import type { ActivityDependencies } from '../index';
import { aliasHolders } from '../indexing/alias';
import { keepProfile, readIndexMeta } from '../indexing/build';
import { withHeartbeat } from '../kit/heartbeat';
import { artifactKey } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { fitProfile, type FittedProfile } from './fit-profile';
import { judgeIndex, type Judgement } from './gate';
import { loadGolden, readGoldenFile, writeGolden } from './golden';

const ARTIFACT = /^artifact:golden\/([0-9a-f]{64})$/;

/** The activities that say how well an index answers. Those that ask it need the encoder, and run on the gpu pool. */
export function createRelevanceActivities(
  dependencies: Pick<ActivityDependencies, 'store' | 'registry' | 'search' | 'encoder' | 'sources'>,
) {
  const { store, registry, search, encoder, sources } = dependencies;
  /** The encoder that the index was built with. @throws `EncoderNotConfigured` */
  const builtWith = async (physical: string) =>
    encoderOf(encoder, (await readIndexMeta(search, physical)).encoder, physical);
  /** The same for the live index; where it is not configured any more, undefined: then the two can not be compared. */
  const liveEncoder = (physical: string) =>
    builtWith(physical).catch((error: unknown) => {
      if (!isFailure(error, 'EncoderNotConfigured')) throw error;
    });
  return {
    /**
     * Makes an artifact of golden queries, or takes one that is there, so that their content is part of what the work is
     * known by. @throws `SourceNotFound`, `SourceNotAllowed`, `ReferenceUnreadable`.
     */
    readGolden: ({ path }: { path: string }): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'golden', unit: 0 }, async () => {
        const [, sha256] = ARTIFACT.exec(path) ?? [];
        if (sha256 !== undefined) {
          const manifest = await store.manifest(artifactKey({ uri: path }));
          if (!manifest) throw failure('SourceNotFound', `${path} is not in the ${store.describe()}.`);
          const { length: rows } = await loadGolden(store, { uri: path });
          const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
          return { uri: path, sha256, bytes, rows, kind: 'golden' };
        }
        return inScratch(store, async (dir) => {
          const queries = await readGoldenFile(sources.roots, path);
          await writeGolden(dir, queries);
          return publishArtifact(store, 'golden', dir, {}, queries.length);
        });
      }),

    /** Fits how a sealed index is searched, and keeps that with it. */
    fitSearch: ({ physical, golden }: { physical: string; golden: ArtifactRef }): Promise<FittedProfile> =>
      withHeartbeat({ phase: 'fit', unit: 0 }, async (report, signal) => {
        const queries = await loadGolden(store, golden);
        const fitted = await fitProfile(search, await builtWith(physical), physical, queries, { report, signal });
        await keepProfile(search, physical, fitted.profile);
        return fitted;
      }),

    /** Scores a new index against the live one on held-out golden queries, and puts that on record. */
    gateIndex: ({
      workKey,
      index,
      golden,
      margin,
    }: {
      workKey: string;
      index: IndexVersion;
      golden: ArtifactRef;
      margin: number;
    }): Promise<Judgement> =>
      withHeartbeat({ phase: 'gate', unit: 0 }, async (report, signal) => {
        const { alias, version, physical } = index;
        const queries = await loadGolden(store, golden);
        const [holder] = await aliasHolders(search, alias);
        const live = holder === undefined || holder === physical ? null : holder;
        const open = await builtWith(physical);
        const before = live === null ? undefined : await liveEncoder(live);
        const encoders = { now: open, before: before ?? open };
        const judged = await judgeIndex(search, encoders, { physical, live, margin }, queries, { report, signal });
        const { objection, evaluation } = judged;
        const metrics = { ...evaluation, golden: golden.uri, margin, objection };
        await registry.recordEvaluation({ workKey, kind: 'index', name: alias, version, metrics, passed: !objection });
        return judged;
      }),
  };
}
