import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import { failure } from '../errors';
import { namingFullDisk } from '../stores/disk';
import type { ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import type { Registry } from '../stores/registry';
import { EARLIER, type EarlierSignatures } from './dedup/earlier';
import { inScratch } from './scratch';

export interface FindEarlierInput {
  name: string;
  versions: 'previous' | readonly number[];
}

/** The activity that settles which earlier documents a run is compared with. */
export function createFindEarlier({ registry, store }: { registry: Registry; store: ArtifactStore }) {
  return {
    /**
     * Lists the signature indexes of earlier versions, as an artifact of its own: a list of hundreds is no payload.
     * `against` is null where no version has an index yet, as on the first night.
     * @throws `DatasetNotFound` where a version that was named is missing or has no index.
     */
    async findEarlier({ name, versions }: FindEarlierInput): Promise<{ against: ArtifactRef | null }> {
      const wanted = versions === 'previous' ? undefined : versions;
      const found = await registry.signatureIndexes(name, wanted);
      const missing = wanted?.filter((version) => !found.some((index) => index.version === version)) ?? [];
      if (missing.length > 0) {
        throw failure('DatasetNotFound', `${name} has no signature index for version ${missing.join(', ')}.`);
      }
      if (found.length === 0) return { against: null };
      const indexes: EarlierSignatures[] = found.map(({ version, artifact }) => ({ name, version, artifact }));
      const documents = indexes.reduce((sum, { artifact }) => sum + artifact.rows, 0);
      const against = await inScratch(store, (dir) =>
        namingFullDisk(dir, async () => {
          await writeFile(path.join(dir, EARLIER), JSON.stringify(indexes));
          return publishArtifact(store, 'signatures', dir, {}, documents);
        }),
      );
      return { against };
    },
  };
}
