import { appendFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CleanDatasetOutput } from '../../schemas/clean-dataset';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { cleanedBytes } from '../support/cleaned-bytes';
import { writeDocuments } from '../support/documents';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const INPUT = { source: 'documents', name: 'delta', recipe: 'documentation', unitBytes: 65_536, maxDrift: null };

describe('cleaning a source of which one file has changed', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  let first: CleanDatasetOutput;
  let told: CleanDatasetOutput;
  let second: CleanDatasetOutput;

  const run = async (workflowId: string, more: object = {}): Promise<CleanDatasetOutput> => {
    const handle = await pack.start('cleanDataset', { ...INPUT, ...more }, workflowId);
    return (await handle.result()) as CleanDatasetOutput;
  };

  beforeAll(async () => {
    pack = await startPack(sharedServers());
    const documents = path.join(pack.projectDir, 'documents');
    await writeDocuments(documents, 200, 20_261_126);
    first = await run('delta-first');
    await appendFile(path.join(documents, 'document-00099.md'), '\nOne more line, which nobody has read before.\n');
    told = await run('delta-told', { dryRun: true });
    second = await run('delta-second');
  });
  afterAll(() => pack.stop());

  it('filters all of it where there is no version before', () => {
    const { of = 0, ...taken } = first.takenOver ?? {};
    expect(taken).toEqual({ units: 0, documents: 0 });
    expect(of).toBeGreaterThan(5);
  });

  it('filters what is near the file, and takes over the rest', () => {
    const { units = 0, of = 0, documents = 0 } = second.takenOver ?? {};
    expect(of).toBe(first.takenOver?.of);
    expect(units).toBeGreaterThanOrEqual(of - 3);
    expect(units).toBeLessThan(of);
    expect(documents).toBeLessThan(second.counts.read);
    // The units that begin elsewhere now are filtered as a whole.
    expect(documents).toBeGreaterThan(second.counts.read / 2);
  });

  it('says so before in a dry run, and meanwhile in what the run shows', async () => {
    expect(told.takenOver).toEqual(second.takenOver);
    const progress: StageProgress = await pack.client.workflow.getHandle('delta-second').query(MESSAGES.progress);
    expect(progress.counts['takenOver']).toBe(second.takenOver?.documents);
  });

  it('keeps the units of the newest version alone', async () => {
    const { workKey } = second;
    const kept = path.join(pack.projectDir, '.llm-pack', 'artifacts', 'units');
    expect(await readdir(kept)).toEqual([workKey]);
    expect(await readdir(path.join(kept, workKey))).toHaveLength(second.takenOver?.of ?? NaN);
    expect(await pack.dependencies.registry.supersededWork(INPUT.name)).toEqual([]);
  });

  it('makes what doing all of it again makes, byte for byte', async () => {
    const again = await run('delta-again', { force: true });
    expect(again.takenOver?.units).toBe(0);
    expect(cleanedBytes(again)).toEqual(cleanedBytes(second));
  });

  it('takes nothing over under other rules, or where it may not', async () => {
    const other = await run('delta-other', { overrides: { minWords: 60 } });
    expect(other.takenOver?.units).toBe(0);
    const alone = await run('delta-alone', { overrides: { minWords: 61 }, takeOver: false });
    expect(alone.takenOver).toBeUndefined();
  });
});
