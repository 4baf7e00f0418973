import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanDatasetStage, type CleanDatasetOutput } from '../../schemas/clean-dataset';
import { startPack } from '../support/pack';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { rowsOf } from '../integration/cleaning-run';

const random = seededRandom(11);
const prose = () => Array.from({ length: 150 }, () => `w${random.below(5000).toString(36)}`).join(' ');
const record = (id: string, text: string) => `${JSON.stringify({ id, text })}\n`;

/** Three nights of one dataset: what came before is not kept again, in whatever form it comes. */
describe('a run against earlier versions', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  let storeDir: string;
  const first = Array.from({ length: 30 }, prose);
  const second = Array.from({ length: 20 }, prose);
  beforeAll(async () => {
    pack = await startPack(sharedServers());
    storeDir = path.join(pack.settings.stateDir, 'artifacts');
    const put = async (night: string, records: string[]) => {
      await mkdir(path.join(pack.projectDir, night));
      await writeFile(path.join(pack.projectDir, night, 'documents.jsonl'), records.join(''));
    };
    await put(
      'first',
      first.map((text, n) => record(`a${n}`, text)),
    );
    await put('second', [
      ...second.map((text, n) => record(`b${n}`, text)),
      record('again', first[0] ?? ''),
      // The same id as of an earlier document, which is no clash, and longer than that one, which does not help it.
      record('a1', `${first[1]} and a few more words at the end of it`),
      record('twice', second[0] ?? ''),
    ]);
    await put('third', [record('c0', prose()), record('c1', first[2] ?? ''), record('c2', second[2] ?? '')]);
  });
  afterAll(() => pack.stop());

  const clean = async (source: string, more: object = {}): Promise<CleanDatasetOutput> => {
    // Dropping what is known is the point of such a run, and no drift.
    const input = { source, name: 'nightly', recipe: 'minimal', maxDrift: null, ...more };
    const handle = await pack.start('cleanDataset', input, `signature-index-${source}-${JSON.stringify(more)}`);
    return cleanDatasetStage.output.parse(await handle.result());
  };

  it('keeps all on the first night, when there is no earlier version, and leaves an index of it', async () => {
    const output = await clean('first', { against: 'previous' });
    expect(output).toMatchObject({ counts: { read: 30, kept: 30 }, signatures: { kind: 'signatures', rows: 30 } });
  });

  it('keeps only what is new, and names the document of the earlier version that stays', async () => {
    const output = await clean('second', { against: 'previous' });
    expect(output.counts).toMatchObject({ read: 23, kept: 20 });
    expect(output.counts.reasons).toEqual({ exact_duplicate: 2, near_duplicate: 1 });
    const rejects = await rowsOf(storeDir, output.rejects ?? expect.fail('no rejects'));
    expect(rejects.map((row) => [row['id'], row['duplicate_of']])).toEqual([
      ['documents.jsonl#again', 'nightly@1/documents.jsonl#a0'],
      ['documents.jsonl#a1', 'nightly@1/documents.jsonl#a1'],
      ['documents.jsonl#twice', 'documents.jsonl#b0'],
    ]);
    expect(output.signatures?.rows).toBe(20);
  });

  it('looks through all earlier versions, or through those that are named', async () => {
    expect((await clean('third', { against: 'previous' })).counts).toMatchObject({ read: 3, kept: 1 });
    expect((await clean('third', { against: [2] })).counts).toMatchObject({ read: 3, kept: 2 });
    expect((await clean('third')).counts).toMatchObject({ read: 3, kept: 3 });
  });

  it('fails where a version that is named does not exist', async () => {
    const failed = await clean('third', { against: [1, 99] }).catch((error: unknown) => error as WorkflowFailedError);
    expect((failed as WorkflowFailedError).cause as ApplicationFailure).toMatchObject({ type: 'DatasetNotFound' });
  });

  it('finds the duplicates that it plants, and none of them is in what it publishes', async () => {
    const { planted = [], dataset } = await clean('second', { force: true });
    const found = Object.fromEntries(planted.map(({ kind, ...counts }) => [kind, counts]));
    expect(found).toEqual({
      exact: { planted: 1, found: 1 },
      near: { planted: 1, found: 1 },
      wrapped: { planted: 1, found: 1 },
      truncated: { planted: 1, found: 1 },
      different: { planted: 1, found: 0 },
    });
    const rows = await rowsOf(storeDir, dataset?.artifact ?? expect.fail('no dataset'));
    const known = new Set([...first, ...second]);
    expect(rows.filter((row) => !known.has(String(row['text']))).map((row) => row['id'])).toEqual([
      'documents.jsonl#a1',
    ]);
  });
});
