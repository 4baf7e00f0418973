import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { embeddingText } from '../../activities/indexing/chunk-record';
import { writeGolden } from '../../activities/relevance/golden';
import { hybridSearch } from '../../activities/search/hybrid-search';
import { artifactKey } from '../../activities/stores/artifact-store';
import { publishArtifact } from '../../activities/stores/content-address';
import { createMiningActivities, PAIRS_FILE } from '../../activities/training/mining';
import type { MinedRow } from '../../activities/training/mining/mine-pairs';
import { publishModel } from '../../activities/training/models/publish-model';
import { packConfig } from '../../schemas/config';
import { Encoders } from '../../workers/encoders';
import { modelFolders } from '../../workers/registered-models';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureEncoderWeights } from '../../workers/stack/encoder-weights';
import { DOCUMENTS } from './indexing-documents';
import { type Indexing, openIndexing } from './indexing-fixture';

const { model } = packConfig.parse({}).encoder;
const name = `models-${process.pid}-${Date.now()}`;

let dir: string;
let encoders: Encoders;
let indexing: Indexing;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llm-pack-models-in-search-'));
  // Opened first: what it registers is what the encoders are of.
  indexing = await openIndexing({ encoders: (wanted) => encoders.open(wanted) });
  // In 8 bits its vectors are others than the default's, though the weights are the same.
  const config = packConfig.parse({ encoders: { tuned: { model: `model:${name}@1`, precision: 'int8' } } });
  const { store, registry } = indexing;
  encoders = new Encoders({ config, cacheDir: defaultCacheDir() }, () => undefined, modelFolders(store, registry, dir));
});
afterAll(async () => {
  await indexing.close();
  await encoders.close();
  await rm(dir, { recursive: true, force: true });
});

async function register(): Promise<void> {
  const weights = await ensureEncoderWeights({ model, cacheDir: defaultCacheDir(), log: () => undefined });
  const { artifact, kind, architecture, parameters } = await publishModel(indexing.store, weights.dir);
  const workKey = await indexing.beginWork('importModel', name, [artifact.sha256], { name });
  const facts = { kind, architecture, parameters, licence: 'apache-2.0', source: 'encoder:default', base: null };
  await indexing.registry.finishWork(workKey, (tx) => tx.addModelVersion({ name, artifact, ...facts, metrics: {} }));
}

describe('a registered model', () => {
  it('builds and answers an index as an encoder, from the version that is named on', async () => {
    await indexing.publishDataset(name, DOCUMENTS.slice(0, 6));
    const early = indexing.rebuild(name, name, { encoder: 'tuned' });
    await expect(early).rejects.toSatisfy((error) => isFailure(error, 'ModelVersionNotFound'));
    await register();
    const { encoder } = await indexing.rebuild(name, name, { encoder: 'tuned' });
    const tuned = await encoders.open({ named: 'tuned' });
    expect(encoder).toEqual({ ...tuned.identity, name: `model:${name}@1` });
    expect(encoder.fingerprint).not.toBe((await encoders.open()).identity.fingerprint);
    const [best] = await hybridSearch(indexing.search, tuned, { alias: name, query: 'lava and ash of a mountain' });
    expect(best?.document.id).toBe('volcano.md');
  });
});

describe('hard negatives', () => {
  const mined = async (more: object = {}) => {
    const golden = await publishQueries();
    const activities = createMiningActivities({ ...indexing, encoder: (wanted) => encoders.open(wanted) });
    const mining = { index: name, from: 1, to: 5, perPositive: 2, seed: 1, golden, ...more };
    const artifact = await indexing.run(() => activities.mineNegatives(mining));
    const file = await indexing.store.localFile(artifactKey(artifact), PAIRS_FILE);
    const rows = (await readFile(file, 'utf8')).trim().split('\n');
    return { artifact, rows: rows.map((line) => JSON.parse(line) as MinedRow) };
  };
  const publishQueries = async () => {
    const scratch = await indexing.store.scratch();
    const gains = (...ids: string[]) => new Map(ids.map((id) => [id, 1]));
    await writeGolden(scratch, [
      { query: 'how is sourdough bread baked?', gains: gains('bread.md') },
      { query: 'lava and bread crust', gains: gains('volcano.md', 'bread.md', 'not-in-the-index.md') },
    ]);
    return publishArtifact(indexing.store, 'golden', scratch, {}, 2);
  };

  it('are found by the index, answer nothing, and come with what answers, as it is embedded', async () => {
    const { artifact, rows } = await mined();
    const chunks = Object.values(await indexing.contents(name)) as Parameters<typeof embeddingText>[0][];
    const idOf = (text: string) => chunks.find((chunk) => embeddingText(chunk) === text)?.doc_id;
    const told = rows.map(({ anchor, positive, negative }) => [anchor, idOf(positive), idOf(negative)]);
    expect(artifact).toMatchObject({ kind: 'pairs', rows: rows.length });
    expect(new Set(told.map(([anchor, positive]) => `${anchor} ${positive}`))).toEqual(
      new Set([
        'how is sourdough bread baked? bread.md',
        'lava and bread crust bread.md',
        'lava and bread crust volcano.md',
      ]),
    );
    for (const [anchor, , negative] of told) {
      expect(DOCUMENTS.map(({ id }) => id)).toContain(negative);
      expect(['bread.md', ...(anchor === 'lava and bread crust' ? ['volcano.md'] : [])]).not.toContain(negative);
    }
    expect((await mined()).artifact).toEqual(artifact);
  });

  it('are none where the ranks leave nothing', async () => {
    await expect(mined({ from: 90, to: 95 })).rejects.toSatisfy((error) => isFailure(error, 'SourceEmpty'));
  });
});
