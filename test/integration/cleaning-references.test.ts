import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReferenceActivities } from '../../activities/cleaning/references';
import { FileArtifactStore } from '../../activities/stores/file-store';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { EvaluationSet, Lists } from '../../schemas/cleaning-references';
import { RECIPES, type RuleOverrides } from '../../schemas/recipes';
import { clean, rowsOf, runActivity } from './cleaning-run';

const QUESTION = 'Which of the nine planets that circle the sun has the largest known mountain of all?';
const record = (fields: object) => `${JSON.stringify(fields)}\n`;

describe('cleaning against lists and evaluation sets', () => {
  let base: string;
  let root: string;
  let storeDir: string;
  beforeAll(async () => void (base = await mkdtemp(path.join(tmpdir(), 'references-'))));
  afterAll(() => rm(base, { recursive: true }));
  beforeEach(async () => {
    root = await mkdtemp(path.join(base, 'root-'));
    storeDir = await mkdtemp(path.join(base, 'store-'));
  });
  const put = (name: string, content: string | Buffer) => writeFile(path.join(root, name), content);

  const gather = (input: { lists?: Lists; sets?: EvaluationSet[] }, datasets: Record<string, DatasetVersion> = {}) => {
    const registry = { dataset: (name: string) => Promise.resolve(datasets[name]) };
    const dependencies = { store: new FileArtifactStore(storeDir), registry, sources: { roots: [root] } };
    const activities = createReferenceActivities(dependencies);
    return runActivity(() => activities.gatherReferences({ lists: {}, sets: [], ...input }));
  };
  const run = (rules: RuleOverrides, references?: Awaited<ReturnType<typeof gather>>, source = 'corpus.jsonl') =>
    clean({ root, storeDir, source, rules: { ...RECIPES.minimal, ...rules }, ...(references ? { references } : {}) });

  it('rejects what an evaluation set holds, and names set and words', async () => {
    await put('quiz.jsonl.gz', gzipSync(record({ question: QUESTION, answers: ['Olympus Mons', 'on Mars'] })));
    await put(
      'corpus.jsonl',
      record({ id: 'a', text: `He asked me: ${QUESTION.toUpperCase()}` }) +
        record({ id: 'b', text: 'Something else.' }),
    );
    const sets = [{ name: 'quiz', file: 'quiz.jsonl.gz', fields: ['question', 'answers'] }];
    const { counts, rejects } = await run({}, await gather({ sets }));
    expect(counts).toMatchObject({ read: 2, kept: 1, reasons: { contaminated: 1 } });
    expect(await rowsOf(storeDir, rejects)).toMatchObject([
      {
        id: 'corpus.jsonl#a',
        reason: 'contaminated',
        detail: 'quiz: which of the nine planets that circle the sun has the largest known',
      },
    ]);
  });

  it('takes a registered dataset for an evaluation set', async () => {
    await put('quiz.jsonl', record({ text: QUESTION }));
    await put('corpus.jsonl', record({ text: `So: ${QUESTION}` }) + record({ text: 'Something else.' }));
    const { artifact } = await run({}, undefined, 'quiz.jsonl');
    await rm(path.join(storeDir, 'work'), { recursive: true });
    const sets = [{ name: 'quiz', dataset: 'quizzes', fields: ['text'] }];
    const references = await gather({ sets }, { quizzes: { name: 'quizzes', version: 1, artifact } });
    expect((await run({}, references)).counts.reasons).toEqual({ contaminated: 1 });
  });

  it('looks at addresses, languages and bad words', async () => {
    const texts: [string, string | null, string][] = [
      ['ok', 'http://fine.example.com/a', 'The committee will meet again on Thursday to talk about next year.'],
      ['domain', 'http://www.bad.co.uk/', 'The committee met on Monday to talk about the year that was.'],
      ['missing_url', null, 'The committee met on Tuesday to talk about the week that was.'],
      ['language', 'http://a.com/', 'Der Ausschuss trifft sich am Donnerstag wieder, um über alles zu sprechen.'],
      ['document_removed_with_badwords', 'http://a.com/', 'The committee will meet again on that darned Thursday.'],
    ];
    await put('corpus.jsonl', texts.map(([id, url, text]) => record({ id, url, text })).join(''));
    await put('domains.txt', '# comment\nbad.co.uk\n\n');
    const lists: Lists = { urlDomains: { items: [], file: 'domains.txt' }, badWords: { items: ['DARNED'] } };
    const rules: RuleOverrides = {
      filters: ['url', 'language', 'badWords'],
      languages: ['en'],
      minLanguageScore: 0.3,
      dropBadWords: 'words',
      minWords: null,
    };
    const { counts, artifact, rejects } = await run(rules, await gather({ lists }));
    expect((await rowsOf(storeDir, rejects)).map(({ id, reason }) => [id, reason])).toEqual(
      texts.slice(1).map(([reason]) => [`corpus.jsonl#${reason}`, reason]),
    );
    expect(await rowsOf(storeDir, artifact)).toMatchObject([{ url: 'http://fine.example.com/a', language: 'en' }]);
    expect(counts.kept).toBe(1);
  });

  it('replaces personal data and counts it by kind, or drops the documents that have any', async () => {
    await put(
      'corpus.jsonl',
      record({ text: 'Write to a@b.io or call 13812345678.' }) + record({ text: 'Nothing here.' }),
    );
    const { counts, artifact } = await run({ pii: 'replace' });
    expect(counts).toMatchObject({ kept: 2, pii: { email: 1, chineseMobile: 1 } });
    const [first, second] = await rowsOf(storeDir, artifact);
    expect(first?.['text']).toBe('Write to |||EMAIL_ADDRESS||| or call |||PHONE_NUMBER|||.');
    expect(first?.['found_hash']).not.toBe(first?.['content_hash']);
    expect(second?.['found_hash']).toBe(second?.['content_hash']);
    await rm(path.join(storeDir, 'work'), { recursive: true });
    expect((await run({ pii: 'drop' })).counts.reasons).toEqual({ pii_email: 1 });
  });

  it('is known by the content of its lists, not by their form', async () => {
    await put('words.txt', 'two\r\none\n');
    const inFile = await gather({ lists: { badWords: { items: [], file: 'words.txt' } } });
    expect(await gather({ lists: { badWords: { items: ['one', 'two', 'one'] } } })).toEqual(inFile);
    expect(await gather({ lists: { badWords: { items: ['one'] } } })).not.toEqual(inFile);
  });

  it('refuses what it can not read or may not', async () => {
    await put('bad.jsonl', '{"text": "a"}\nbroken\n');
    await put('short.jsonl', record({ text: 'a few words only' }));
    const set = (file: string) => gather({ sets: [{ name: 's', file, fields: ['text'] }] });
    await expect(set('bad.jsonl')).rejects.toMatchObject({ type: 'ReferenceUnreadable', nonRetryable: true });
    await expect(set('short.jsonl')).rejects.toMatchObject({ type: 'ReferenceUnreadable' });
    await expect(set('none.jsonl')).rejects.toMatchObject({ type: 'SourceNotFound' });
    await expect(set('/etc/hostname')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    const missing = gather({ sets: [{ name: 's', dataset: 'none@3', fields: ['text'] }] });
    await expect(missing).rejects.toMatchObject({ type: 'DatasetNotFound' });
  });
});
