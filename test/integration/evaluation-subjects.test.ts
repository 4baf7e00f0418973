import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
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
