import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetDocument } from '../../activities/indexing/chunk-record';
import { buildFeaturesStage } from '../../schemas/build-features';
import { cleanDatasetStage } from '../../schemas/clean-dataset';
import { rebuildIndexStage } from '../../schemas/rebuild-index';
import { RECIPES } from '../../schemas/recipes';
import { writeDocuments } from '../support/documents';
import { SHOP_FEATURES, shopRows } from '../support/feature-rows';
import { clean, rowsOf, type Cleaned } from './cleaning-run';
import { buildFeatures } from './features-run';
import { openIndexing, type Indexing } from './indexing-fixture';

/**
 * What each code version of a stage makes of the same seeded documents. A change that makes anything else must raise
 * the stage's `codeVersion`, or work done before it would be taken for its own; the new version gets an entry here,
 * and the old ones stay for the record.
 */
const GOLDEN = JSON.parse(readFileSync(path.join(__dirname, 'golden.json'), 'utf8')) as Record<
  string,
  Record<string, unknown>
>;

const golden = ({ name, codeVersion }: { name: string; codeVersion: number }) => GOLDEN[name]?.[codeVersion];

describe('the same input and code version', () => {
  let root: string;
  let cleaned: Cleaned;
  let indexing: Indexing;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'llm-pack-golden-'));
    await writeDocuments(path.join(root, 'source'), 120, 7);
    const storeDir = path.join(root, 'store');
    cleaned = await clean({ root: path.join(root, 'source'), storeDir, rules: RECIPES.documentation });
    indexing = await openIndexing();
  }, 120_000);
  afterAll(async () => {
    await indexing.close();
    await rm(root, { recursive: true, force: true });
  });

  it('give the same dataset and the same rejects', () => {
    const { counts, artifact, rejects } = cleaned;
    const made = { kept: counts.kept, dataset: artifact.sha256, rejects: rejects.sha256 };
    expect(made).toEqual(golden(cleanDatasetStage));
  });

  it('give the same transform, features and sequences', async () => {
    const lines = shopRows(400, 7).map((row) => `${JSON.stringify(row)}\n`);
    await writeFile(path.join(root, 'source', 'shop.jsonl'), lines.join(''));
    const sequences = { column: 'note', length: 64, vocabulary: 400 };
    const input = { source: 'shop.jsonl', name: 'shop', key: 'id', features: SHOP_FEATURES, sequences };
    const storeDir = path.join(root, 'store');
    const { counts, transform, artifact } = await buildFeatures({ root: path.join(root, 'source'), storeDir, input });
    const made = { rows: counts.kept, tokens: counts.tokens, transform: transform.sha256, features: artifact.sha256 };
    expect(made).toEqual(golden(buildFeaturesStage));
  });

  it('give the same chunks, by id and content', async () => {
    const rows = await rowsOf(path.join(root, 'store'), cleaned.artifact);
    // A dozen has every kind of cut, and embeds in seconds.
    const documents = rows.slice(0, 12) as unknown as DatasetDocument[];
    await indexing.publishDataset('golden', documents);
    const build = await indexing.begin('golden', 'golden');
    await indexing.fill(build);
    // Without the vectors: their last digits depend on the processor.
    const chunks = Object.entries(await indexing.contents(build.index.physical)).map(([id, chunk]) => [
      id,
      (chunk as { content_hash: string }).content_hash,
    ]);
    const digest = createHash('sha256').update(JSON.stringify(chunks)).digest('hex');
    expect({ chunks: chunks.length, digest }).toEqual(golden(rebuildIndexStage));
  });
});
