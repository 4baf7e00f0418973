import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHOP_FEATURES, shopRows } from '../support/feature-rows';
import { buildFeatures, type BuiltFeatures, type FeatureRun } from './features-run';

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
const CHILD = path.join(__dirname, '../support/features-child.ts');

let base: string;
beforeAll(async () => void (base = await mkdtemp(path.join(tmpdir(), 'features-crash-'))));
afterAll(() => rm(base, { recursive: true, force: true }));

/** Runs in a process of its own, which is killed when the step begins; returns the result where it came to one. */
async function runAndKill(run: FeatureRun, killAt: string | null): Promise<BuiltFeatures | 'killed'> {
  const child = spawn(process.execPath, [JITI, CHILD, JSON.stringify(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line === killAt) child.kill('SIGKILL');
  }
  return last.startsWith('{') ? (JSON.parse(last) as BuiltFeatures) : 'killed';
}

it('gives the same artifacts when its process is killed in every phase', async () => {
  const root = path.join(base, 'source');
  await mkdir(root);
  await writeFile(
    path.join(root, 'a.jsonl'),
    shopRows(1200, 31)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  const sequences = { column: 'note', length: 32, vocabulary: 300 };
  const input = {
    source: '.',
    name: 'shop',
    key: 'id',
    features: SHOP_FEATURES,
    sequences,
    ngrams: { column: 'note' },
    unitBytes: 65_536,
  };
  const reference = await buildFeatures({ root, storeDir: path.join(base, 'undisturbed'), input });
  expect(reference.units).toBeGreaterThan(2);

  const storeDir = path.join(base, 'killed');
  const killed: string[] = [];
  for (const step of ['read 1', 'events 0', 'fit 0', 'tokenizer 0', 'ngrams 0', 'transform 2', 'pack 1', 'publish 0']) {
    if ((await runAndKill({ root, storeDir, input }, step)) === 'killed') killed.push(step);
  }
  expect(killed).toHaveLength(8);
  expect(await runAndKill({ root, storeDir, input }, null)).toEqual(reference);
  const artifacts = async (dir: string) => (await readdir(path.join(dir, 'features'))).sort();
  expect(await artifacts(storeDir)).toEqual(await artifacts(path.join(base, 'undisturbed')));
});
