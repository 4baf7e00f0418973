import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RECIPES, type CleaningRules } from '../../schemas/recipes';
import { writeDocuments } from '../support/documents';
import { clean, rowsOf, type Cleaned } from './cleaning-run';

/** Poor texts beside the good ones, each of its own kind. */
const POOR = [
  'Too short.',
  'The same line again and again.\n'.repeat(12),
  `${'lorem ipsum is here and that is to be seen. '.repeat(9)}`,
  'A function { of the text } that is to be kept with the rest of it. '.repeat(8),
  Array.from({ length: 60 }, (_, n) => `- item ${n} of the list`).join('\n'),
  `${'Write to someone@example.io about it, and to nobody else that you know of. '.repeat(6)}`,
];

describe('other thresholds for a dataset that was cleaned before', () => {
  let base: string;
  let root: string;
  let first: { storeDir: string; cleaned: Cleaned };
  const rules: CleaningRules = { ...RECIPES.fineweb, pii: 'replace' };
  const newStore = () => mkdtemp(path.join(base, 'store-'));
  const anew = async (changed: CleaningRules, scores = true) => {
    const storeDir = await newStore();
    return { storeDir, cleaned: await clean({ root, storeDir, rules: changed, scores }) };
  };

  beforeAll(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'rethreshold-'));
    root = await mkdtemp(path.join(base, 'root-'));
    await writeDocuments(root, 200, 3);
    await writeFile(
      path.join(root, 'poor.jsonl'),
      POOR.map((text) => `${JSON.stringify({ text })}\n`).join('') + 'bad\n',
    );
    first = await anew(rules);
  }, 120_000);
  afterAll(() => rm(base, { recursive: true }));

  const CHANGES: [string, Partial<CleaningRules>][] = [
    [
      'looser',
      { minWords: 2, maxDuplicateLines: null, maxDuplicateNgramChars: null, dropLoremIpsum: false, minSentences: 1 },
    ],
    ['tighter', { minWords: 120, minStopWords: 4 }],
    ['the same', {}],
  ];

  it.each(CHANGES)('%s: the dataset is that of cleaning anew, byte for byte', async (_what, changes) => {
    const changed = { ...rules, ...changes };
    const expected = await anew(changed);
    await rm(path.join(first.storeDir, 'work'), { recursive: true, force: true });
    const again = await clean({ root, storeDir: first.storeDir, rules: changed, again: first.cleaned });
    expect(again.counts).toMatchObject({
      read: expected.cleaned.counts.read,
      reasons: expected.cleaned.counts.reasons,
    });
    expect(again.artifact).toEqual(expected.cleaned.artifact);
    const why = async (storeDir: string, { rejects }: Cleaned) =>
      (await rowsOf(storeDir, rejects)).map(({ id, reason }) => [id, reason]);
    expect(await why(first.storeDir, again)).toEqual(await why(expected.storeDir, expected.cleaned));
  });

  it('may leave a filter out; its scores stay where they are', async () => {
    const changed: CleaningRules = { ...rules, filters: ['quality', 'c4'] };
    const expected = await anew(changed);
    await rm(path.join(first.storeDir, 'work'), { recursive: true, force: true });
    const again = await clean({ root, storeDir: first.storeDir, rules: changed, again: first.cleaned });
    const texts = async (storeDir: string, { artifact }: Cleaned) =>
      (await rowsOf(storeDir, artifact)).map(({ scores: _scores, ...row }) => row);
    expect(await texts(first.storeDir, again)).toEqual(await texts(expected.storeDir, expected.cleaned));
  });

  it('refuses what the scores can not answer, and says what', async () => {
    const refused = (changes: Partial<CleaningRules>, message: string) =>
      expect(
        clean({ root, storeDir: first.storeDir, rules: { ...rules, ...changes }, again: first.cleaned }),
      ).rejects.toMatchObject({ type: 'ScoresMissing', message: expect.stringContaining(message) as string });
    await refused({ minLineWords: 5 }, 'minLineWords');
    await refused({ filters: ['language', ...rules.filters], languages: ['en'] }, 'language');
    await refused({ filters: ['repetition', 'quality'] }, 'c4');
    const unscored = await anew(rules, false);
    await expect(clean({ root, storeDir: unscored.storeDir, rules, again: unscored.cleaned })).rejects.toMatchObject({
      type: 'ScoresMissing',
    });
  });
});
