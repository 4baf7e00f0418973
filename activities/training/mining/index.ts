import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { inScratch } from '../../cleaning/scratch';
import { encoderOf } from '../../encoder/wanted';
import { failure } from '../../errors';
import type { ActivityDependencies } from '../../index';
import { withHeartbeat } from '../../kit/heartbeat';
import { loadGolden } from '../../relevance/golden';
import { answeringIndex } from '../../search/hybrid-search';
import { publishArtifact } from '../../stores/content-address';
import { namingFullDisk } from '../../stores/disk';
import { type Mining, minePairs } from './mine-pairs';

/** The one file of the artifact: `MinedRow`, a line each. */
export const PAIRS_FILE = 'pairs.jsonl';

/** The activity that mines hard negatives; it needs the encoder, and runs on the gpu pool. */
export function createMiningActivities({
  store,
  search,
  encoder,
}: Pick<ActivityDependencies, 'store' | 'search' | 'encoder'>) {
  return {
    /**
     * Rows for the recipe `embedding`: a query, a document that answers it, and one that the live index finds and that does
     * not. The same index, queries and seed give the same artifact.
     * @throws `IndexNotFound`, `EncoderNotConfigured`, `SourceEmpty` where no row comes of it.
     */
    mineNegatives: ({ golden, ...mining }: Mining & { golden: ArtifactRef }): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'mine', unit: 0 }, async (report, signal) => {
        const queries = await loadGolden(store, golden);
        const { physical, meta } = await answeringIndex(search, mining.index);
        const open = await encoderOf(encoder, meta.encoder, physical);
        const rows = await minePairs(search, open, mining, queries, { report, signal });
        if (rows.length === 0)
          throw failure('SourceEmpty', `No query of ${golden.uri} has a document in ${mining.index}.`);
        return inScratch(store, (dir) =>
          namingFullDisk(dir, async () => {
            await writeFile(path.join(dir, PAIRS_FILE), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
            return publishArtifact(store, 'pairs', dir, {}, rows.length);
          }),
        );
      }),
  };
}
