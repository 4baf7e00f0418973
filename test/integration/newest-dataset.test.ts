import { createHash } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeAll, expect, it } from 'vitest';
import { createWorkActivities, type WorkClaim } from '../../activities/kit/work';
import { FileArtifactStore } from '../../activities/stores/file-store';
import type { Registry } from '../../activities/stores/registry';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import { quietRuntime } from '../support/quiet-runtime';
import { withRegistry } from '../support/registry';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const artifact = (content: string, kind: ArtifactRef['kind'] = 'dataset'): ArtifactRef => ({
  ...{ uri: `artifact:${kind}/${sha(content)}`, sha256: sha(content), bytes: 1, rows: 3, kind },
});
const counts = { files: 1, read: 3, kept: 3, rejected: 0, reasons: {} };

let registry: Registry;
beforeAll(quietRuntime);
withRegistry((opened) => ({ registry } = opened));

const begin = (source: string, newest: boolean): Promise<WorkClaim> => {
  const store = new FileArtifactStore('/nowhere');
  const activities = createWorkActivities({ registry, store });
  const about = { stage: 'cleanDataset', subject: 'docs', codeVersion: 1, inputs: [sha(source)], recipe: {} };
  const work = { ...about, force: false, newest };
  return new MockActivityEnvironment().run(() => activities.beginWork(work));
};
/** Cleans a source, which holds `content`, unless that was done before. */
async function clean(source: string, content = source): Promise<DatasetVersion> {
  const { workKey, done } = await begin(source, true);
  if (done) return (done as { dataset: DatasetVersion }).dataset;
  return registry
    .finishWork(workKey, async (transaction) => {
      const about = {
        name: 'docs',
        artifact: artifact(content),
        report: artifact(`report on ${source}`, 'report'),
        counts,
      };
      const version = await transaction.addDatasetVersion(about);
      return { dataset: { name: 'docs', version, artifact: about.artifact } };
    })
    .then(({ dataset }) => dataset);
}

it('makes a dataset the newest version again where the source is as it was before that, once and whole', async () => {
  const first = await clean('monday');
  await clean('tuesday');
  const again = await clean('monday');
  expect(again).toEqual({ ...first, version: 3 });
  expect(await registry.dataset('docs')).toEqual(again);
  expect(await registry.cleanedVersion('docs')).toMatchObject({ dataset: again, counts });
  // Asked again, by a retry or the next night, it is the one that it is.
  expect(await Promise.all([clean('monday'), clean('monday')])).toEqual([again, again]);
  expect((await clean('tuesday')).version).toBe(4);
  expect((await clean('monday')).version).toBe(5);
});

it('takes the newest version for it that holds the same, whatever it was made of', async () => {
  await clean('monday');
  await clean('tuesday');
  await clean('a copy of monday', 'monday');
  expect((await clean('monday')).version).toBe(3);
});

it('leaves the version as it was to those that ask for no more than that it was done', async () => {
  await clean('monday');
  await clean('tuesday');
  expect((await begin('monday', false)).done).toMatchObject({ dataset: { version: 1 } });
});
