import type { ArtifactRef } from '../../schemas/common';
import { inScratch } from '../cleaning/scratch';
import type { ActivityDependencies } from '../index';
import type { ThreadPool } from '../kit/thread';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import type * as GuardThread from './guard-thread';
import { type GuardPlan, TEXTS_FILE, writePlanTexts } from './training/plan';
import type { SetReader } from './training/sets';

/** What the activities of both stages work with. */
export interface GuardDependencies extends Pick<ActivityDependencies, 'store' | 'registry' | 'sources'> {
  pool: ThreadPool<typeof GuardThread>;
}

export const readerOf = ({ store, registry, sources }: GuardDependencies): SetReader => ({
  store,
  roots: sources.roots,
  dataset: (name, version) => registry.dataset(name, version),
});

/** The texts of a plan, as a file on this host. */
export const textsOf = (store: ArtifactStore, plan: ArtifactRef): Promise<string> =>
  store.localFile(artifactKey(plan), TEXTS_FILE);

export const publishPlan = (store: ArtifactStore, { texts, counts, families }: GuardPlan): Promise<ArtifactRef> =>
  inScratch(store, async (dir) => {
    await namingFullDisk(dir, () => writePlanTexts(dir, texts));
    return publishArtifact(store, 'plan', dir, { counts, families }, texts.length);
  });
