import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eachText } from '../../../activities/evaluation/contamination/each-text';
import { trainingTexts } from '../../../activities/evaluation/contamination/training-texts';
import { jsonToParquet } from '../../../activities/features/parquet';
import { publishArtifact } from '../../../activities/stores/content-address';
import { FileArtifactStore } from '../../../activities/stores/file-store';

let dir: string;
let store: FileArtifactStore;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-texts-'));
  store = new FileArtifactStore(path.join(dir, 'store'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const publish = async (
  kind: 'plan' | 'dataset' | 'teaching',
  files: Record<string, string>,
  meta = {},
): Promise<string> => {
  const scratch = await store.scratch();
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(scratch, name), text);
  return (await publishArtifact(store, kind, scratch, meta, 1)).uri;
};
const table = async (kind: 'dataset' | 'teaching', rows: readonly object[], types: Record<string, string>) => {
  const scratch = await store.scratch();
  const file = path.join(dir, 'rows.jsonl');
  await writeFile(file, lines(rows));
  await jsonToParquet(file, types, path.join(scratch, 'data.parquet'));
  return (await publishArtifact(store, kind, scratch, { rows: { 'data.parquet': rows.length } }, rows.length)).uri;
};
const trainedOn = async (uri: string, made: Record<string, string[]>) => {
  const nodes = Object.entries(made).map(
    ([node, inputs]) => [node, { uri: node, label: `label-${node.slice(-1)}`, inputs }] as const,
  );
  const { files, unknown } = await trainingTexts(store, uri, new Map(nodes));
  const texts: string[] = [];
  for (const file of files) {
    const local = { ...file, path: await store.localFile(file.key, file.name) };
    await eachText(local, dir, (text) => texts.push(text));
  }
  return { texts, unknown, sources: files.map(({ source }) => source) };
};

describe('what a model was trained on', () => {
  it('are the rows that its plan has copied, and not those that it was measured on', async () => {
    const plan = await publish('plan', {
      'plan.json': JSON.stringify({ train: { label: 'source faq.jsonl', artifact: null }, eval: { artifact: null } }),
      'train-00000.jsonl': lines([{ messages: [{ role: 'user', content: 'How\nlong?' }], label: 3 }]),
      'eval-00000.jsonl': lines([{ messages: [{ role: 'user', content: 'measured only' }] }]),
    });
    const found = await trainedOn('artifact:model/a', { 'artifact:model/a': [plan] });
    expect(found).toEqual({ texts: ['user', 'How\nlong?'], unknown: [], sources: ['source faq.jsonl'] });
  });

  it('is a dataset, without what that was made of, but not one that it was only measured on', async () => {
    const learnt = await table('dataset', [{ text: 'learnt', n: 1 }], { text: 'VARCHAR', n: 'INTEGER' });
    const measured = await table('dataset', [{ text: 'measured', n: 2 }], { text: 'VARCHAR', n: 'INTEGER' });
    const plan = await publish('plan', {
      'plan.json': JSON.stringify({
        train: { label: 'x', artifact: { uri: learnt } },
        eval: { artifact: { uri: measured } },
      }),
    });
    const found = await trainedOn('artifact:model/a', {
      'artifact:model/a': [plan, learnt, measured],
      [learnt]: [measured],
    });
    expect(found.texts).toEqual(['learnt']);
  });

  it('is what its teacher and its base were trained on, too, and of a model that was fetched nobody knows', async () => {
    const lesson = await table('dataset', [{ text: 'of the teacher' }], { text: 'VARCHAR' });
    const types = { text: 'VARCHAR', answer: 'FLOAT[]' };
    const teaching = await table('teaching', [{ text: 'taught', answer: [0.5] }], types);
    const found = await trainedOn('artifact:model/a', {
      'artifact:model/a': [teaching, 'artifact:model/b', 'artifact:model/c'],
      [teaching]: ['artifact:model/b', lesson],
      'artifact:model/b': [lesson],
      'artifact:model/c': ['artifact:plan/none'],
    });
    expect(found.texts.toSorted()).toEqual(['of the teacher', 'taught']);
    expect(found.unknown).toEqual(['what label-c was trained on is not on record']);
  });

  it('are the texts that a guard has learnt from, without those that it has held out', async () => {
    const plan = await publish('plan', {
      'texts.jsonl': lines([
        { text: 'learnt', fold: 0 },
        { text: 'held out', fold: null },
      ]),
    });
    const found = await trainedOn('artifact:guard/a', { 'artifact:guard/a': [plan] });
    expect(found).toEqual({ texts: ['learnt'], unknown: [], sources: ['texts of label-a'] });
  });
});
