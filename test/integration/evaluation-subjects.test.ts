import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClassifier } from '../../activities/encoder/build-encoder';
import { openEncoder } from '../../activities/encoder/encoder';
import { isFailure } from '../../activities/errors';
import { packConfig } from '../../schemas/config';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureEncoderWeights } from '../../workers/stack/encoder-weights';
import { TINY, tinyWeights, withClassifier, writeTinyModel } from '../unit/encoder/tiny-bert';
import { type Evaluation, openEvaluation } from './evaluation-run';
import { DOCUMENTS } from './indexing-documents';

let evaluation: Evaluation;
beforeAll(async () => {
  evaluation = await openEvaluation();
  await evaluation.write('find.jsonl', CASES);
});
afterAll(() => evaluation.close());

const CASES = [
  { id: 'bread', query: 'how is sourdough bread baked?', expected: ['bread.md'] },
  { id: 'lava', query: 'lava and ash of a mountain', expected: ['volcano.md'] },
  { id: 'bees', query: 'which insect dances to tell where flowers are?', expected: ['no-title.txt'] },
];
const name = `evaluated-${process.pid}-${Date.now()}`;
const input = (index: string, more: object = {}) => ({
  candidate: { index },
  tasks: [{ type: 'retrieval', gate: { atLeast: 0.5, minimumCases: 2 } }],
  cases: [{ path: 'find.jsonl' }],
  ...more,
});

/** The tests follow one another, as the versions of an index do. */
describe('an index as a subject', () => {
  it('is pinned to what answers, and is asked as its users ask it', async () => {
    await evaluation.publishDataset(name, DOCUMENTS.slice(0, 7));
    const build = await evaluation.rebuild(name, name);
    const { planned, candidate, told } = await evaluation.evaluate(input(name));
    expect(planned.candidate).toEqual({ name: `${name}@1`, pool: 'gpu', paid: false });
    expect(candidate.map(({ sample }) => sample.answer?.ranked?.[0])).toEqual([
      'bread.md',
      'volcano.md',
      'no-title.txt',
    ]);
    expect(told).toMatchObject({ verdict: 'promote', tasks: [{ metric: 'ndcg', candidate: { mean: 1 } }] });
    expect(build.index.version).toBe(1);
  });

  it('answers as the version that was named, whichever is live', async () => {
    await evaluation.publishDataset(name, DOCUMENTS.slice(1, 7));
    await evaluation.rebuild(name, name, { keepPrevious: true });
    const { planned, told } = await evaluation.evaluate(input(`${name}@1`, { reference: { index: name } }));
    expect(planned).toMatchObject({ candidate: { name: `${name}@1` }, reference: { name: `${name}@2` } });
    const [task] = told.tasks;
    expect(task?.candidate.mean).toBe(1);
    expect(task?.reference?.mean).toBeCloseTo(2 / 3);
    const promoted = await evaluation.plan(input(`${name}@production`));
    expect(promoted.candidate.name).toBe(`${name}@2`);
  });

  it('is another one once it was written to', async () => {
    const first = await evaluation.evaluate(input(name));
    expect((await evaluation.plan(input(name))).plan).toEqual(first.planned.plan);
    const again = await evaluation.evaluate(input(name));
    expect(again.candidate.every(({ sample }) => sample.kept)).toBe(true);
    await evaluation.publishDataset(name, DOCUMENTS.slice(0, 8));
    await evaluation.update(name, name);
    const later = await evaluation.evaluate(input(name));
    expect(later.planned.plan).not.toEqual(first.planned.plan);
    expect(later.candidate.some(({ sample }) => sample.kept)).toBe(false);
    expect(later.told.tasks[0]?.candidate.mean).toBe(1);
  });

  it('is refused where there is none, or where it was to do something else', async () => {
    const plan = (index: string, more: object = {}) => evaluation.plan(input(index, more));
    const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
    for (const missing of [`${name}-none`, `${name}@9`, `${name}-none@production`]) {
      await expect(plan(missing)).rejects.toSatisfy(is('IndexNotFound'));
    }
    await evaluation.write('ask.jsonl', [{ id: 'a', question: 'how is bread baked?', expected: 'hot' }]);
    const asked = { tasks: [{ type: 'qa' }], cases: [{ path: 'ask.jsonl' }] };
    await expect(plan(name, asked)).rejects.toThrow(`"${name}@2" can not do the task "qa" (complete).`);
    await evaluation.write('blank.jsonl', [{ id: 'a', query: ' ', expected: ['bread.md'] }]);
    await expect(plan(name, { cases: [{ path: 'blank.jsonl' }] })).rejects.toThrow('field "query": is blank.');
  });
});

describe('a registered model as a subject', () => {
  const encoder = `encoder-${name}`;
  const classifier = `classifier-${name}`;
  const ranking = { type: 'retrieval', documents: 'documents.jsonl', gate: { atLeast: 0.5, minimumCases: 2 } };

  it('that is an encoder ranks the documents of the task, in 32 bits or in 8', async () => {
    const { model } = packConfig.parse({}).encoder;
    const weights = await ensureEncoderWeights({ model, cacheDir: defaultCacheDir(), log: () => undefined });
    const version = await evaluation.register(encoder, weights.dir);
    await evaluation.write(
      'documents.jsonl',
      DOCUMENTS.slice(0, 8).map(({ id, text }) => ({ id, text })),
    );
    const found = await evaluation.evaluate({
      ...{ candidate: { model: encoder, precision: 'int8' }, reference: { model: version } },
      ...{ tasks: [ranking], cases: [{ path: 'find.jsonl' }] },
    });
    expect(found.planned.candidate).toEqual({ name: version, pool: 'gpu', paid: false });
    for (const side of [found.candidate, found.reference ?? []]) {
      const best = side.map(({ sample }) => sample.answer?.ranked?.[0]);
      expect(best).toEqual(['bread.md', 'volcano.md', 'no-title.txt']);
      expect(side[0]?.sample.answer?.ranked).toHaveLength(8);
    }
    expect(found.told.tasks[0]?.overall?.gain.mean).toBe(0);
  });

  it('that is a classifier says its likeliest class', async () => {
    const folder = join(evaluation.dir, 'classifier');
    await writeTinyModel(folder, withClassifier(tinyWeights(5), 3));
    const named = { architectures: ['BertForSequenceClassification'], id2label: { 0: 'red', 1: 'green', 2: 'blue' } };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...TINY, ...named }));
    const version = await evaluation.register(classifier, folder);
    const texts = ['a b c', 'z', 'q w e r t y', 'a a a a'];
    await evaluation.write(
      'colours.jsonl',
      texts.map((text, n) => ({ id: `case-${n}`, text, expected: n === 0 ? 'red' : 'blue' })),
    );
    const input = {
      candidate: { model: version },
      tasks: [{ type: 'classification' }],
      cases: [{ path: 'colours.jsonl' }],
    };
    const { candidate } = await evaluation.evaluate(input);
    const open = await openEncoder({
      dir: await builtClassifier(folder),
      name: 'tiny',
      threads: 1,
      provider: 'cpu',
      gives: 'logits',
    });
    const logits = await open.encode(texts);
    await open.close();
    const likeliest = texts.map((_, at) => {
      const own = [...logits.subarray(3 * at, 3 * at + 3)];
      return ['red', 'green', 'blue'][own.indexOf(Math.max(...own))];
    });
    expect(candidate.map(({ sample }) => sample.answer?.text)).toEqual(likeliest);
    const labels = { tasks: [{ type: 'classification', labels: ['red', 'blue', 'pink'] }] };
    await expect(evaluation.plan({ ...input, ...labels })).rejects.toThrow('it knows red, green, blue, and not pink');
  });

  it('is not asked what it was trained on, nor is its reference', async () => {
    // Texts that no other test publishes: the same content is one artifact, which goes by its oldest name.
    const lessons = DOCUMENTS.slice(0, 4).map((document) => ({ ...document, text: `${document.text} ${name}` }));
    const learnt = await evaluation.publishDataset(`learnt-${name}`, lessons);
    const folder = join(evaluation.dir, 'learnt');
    await writeTinyModel(folder, withClassifier(tinyWeights(6), 2));
    const named = { architectures: ['BertForSequenceClassification'], id2label: { 0: 'red', 1: 'blue' } };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...TINY, ...named }));
    const version = await evaluation.register(`learnt-${name}`, folder, [learnt.artifact.uri]);
    const text = DOCUMENTS[1]?.text ?? '';
    const words = text.split(/\s+/).slice(0, 20).join(' ');
    await evaluation.write('learnt.jsonl', [
      { id: 'known', text: `${words} ...`, expected: 'red', slices: { topic: 'known' } },
      { id: 'new', text: 'What nobody has ever written down about lamps and their shades in winter', expected: 'blue' },
      { id: 'short', text: 'Hm', expected: 'blue' },
    ]);
    const asked = (action: string) =>
      evaluation.evaluate({
        ...{ candidate: { model: version }, reference: { model: classifier } },
        ...{ tasks: [{ type: 'classification', labels: ['red', 'blue'] }], cases: [{ path: 'learnt.jsonl' }] },
        contamination: { action },
      });
    const left = await asked('exclude');
    expect(left.candidate.map(({ sample }) => sample.case)).toEqual(['new', 'short']);
    expect(left.reference?.map(({ sample }) => sample.case)).toEqual(['new', 'short']);
    expect(left.settled.contamination).toMatchObject({
      cases: { given: 3, found: 1, excluded: 1, evaluated: 2 },
      tooShort: 1,
      subjects: [
        { name: version, found: 1, sources: [`dataset learnt-${name}@1`], unknown: [] },
        { name: `${classifier}@1`, found: 0, unknown: [`what ${classifier}@1 was trained on is not on record`] },
      ],
      examples: [{ case: 'known', source: `dataset learnt-${name}@1` }],
    });
    expect(left.told.reasons.at(-1)).toContain('1 of 3 cases stand in training texts');
    const warned = await asked('warn');
    expect(warned.candidate).toHaveLength(3);
    expect(warned.settled.contamination.cases).toEqual({ given: 3, found: 1, excluded: 0, evaluated: 3 });
    await expect(asked('fail')).rejects.toSatisfy((error) => isFailure(error, 'CasesContaminated'));
  });

  it('is refused for what it can not do, or is not known', async () => {
    const plan = (model: string, task: object) =>
      evaluation.plan({ candidate: { model }, tasks: [task], cases: [{ path: 'find.jsonl' }] });
    await expect(plan(encoder, { type: 'retrieval' })).rejects.toThrow('the task has to name its `documents`');
    await expect(plan(classifier, ranking)).rejects.toThrow(`"${classifier}@1" can not do the task "retrieval" (rank)`);
    await expect(plan(`none-${name}`, ranking)).rejects.toSatisfy((error) => isFailure(error, 'ModelVersionNotFound'));
  });
});

async function builtClassifier(folder: string): Promise<string> {
  const to = `${folder}-built`;
  await mkdir(to);
  await buildClassifier(folder, to);
  return to;
}
