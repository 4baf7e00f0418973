import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceOf, readReference, REFERENCE_FILE } from '../../activities/distillation/check';
import { judgeQuality, objectionsTo } from '../../activities/distillation/gate';
import { macroF1 } from '../../activities/distillation/macro-f1';
import { layersOf } from '../../activities/distillation/plan';
import { costOfMillion, distillationPage } from '../../activities/distillation/report-page';
import { compare, nearest } from '../../activities/distillation/score-thread';
import { timeByLength } from '../../activities/distillation/speed';
import { exportedPrecision } from '../../activities/encoder/exported';
import { classify } from '../../activities/evaluation/metrics/classification';
import { distillModelStage } from '../../schemas/distill-model';
import { studentGate } from '../../schemas/distillation-gate';
import { parseInput } from '../../schemas/stage';
import { seededRandom } from '../support/random';

const gate = studentGate.parse({});

describe('the layers that a student keeps', () => {
  it.each([
    [undefined, 6, [1, 3, 5]],
    [2, 6, [2, 5]],
    [3, 12, [3, 7, 11]],
    [6, 6, [0, 1, 2, 3, 4, 5]],
    [1, 1, [0]],
    [[0, 4], 6, [0, 4]],
  ])('are, of %j out of %i, %j', (wanted, depth, layers) => expect(layersOf(wanted, depth)).toEqual(layers));

  it('are refused where there are not so many', () => {
    expect(() => layersOf(7, 6)).toThrow('A student of 7 layers can not be cut from 6.');
    expect(() => layersOf([6], 6)).toThrow('There is no layer 6 of 6');
  });

  it('are as many as were asked for, each once, the last one among them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 48 }), fc.integer({ min: 1, max: 48 }), (one, other) => {
        const [count, depth] = [Math.min(one, other), Math.max(one, other)];
        const layers = layersOf(count, depth);
        expect(new Set(layers).size).toBe(count);
        expect(layers.at(-1)).toBe(depth - 1);
        expect([...layers].sort((a, b) => a - b)).toEqual(layers);
      }),
    );
  });
});

describe('quality', () => {
  it('is macro F1 as classify has it', () => {
    const label = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(label, label), { minLength: 1, maxLength: 60 }), (cases) => {
        const [truth, told] = [cases.map(([right]) => right), cases.map(([, said]) => said)];
        const found = macroF1(truth, told, Uint32Array.from(truth.keys()));
        expect(found).toBeCloseTo(classify(truth.map(String), told.map(String)).macro.f1, 12);
      }),
    );
  });

  it('ranks documents by their cosine, of equal ones the first', () => {
    const documents = Float32Array.of(1, 0, 0, 1, 1, 0, 0.6, 0.8);
    const [first, second] = nearest(
      { queries: Float32Array.of(1, 0, 0, 1), documents, width: 2, k: 3 },
      () => undefined,
    );
    expect([...(first ?? [])]).toEqual([0, 2, 3]);
    expect([...(second ?? [])]).toEqual([1, 3, 0]);
  });

  const random = seededRandom(3);
  const teacher = Array.from({ length: 200 }, () => 0.3 + random.below(400) / 1_000);
  it.each([
    ['all of it', (value: number) => value, 'promote'],
    ['99 of 100', (value: number) => 0.99 * value, 'promote'],
    ['half of it', (value: number) => value / 2, 'reject'],
    [
      '97 of 100 on average, and who knows',
      (value: number, at: number) => 0.965 * value + (at % 2 ? 0.2 : -0.2),
      'hold',
    ],
  ] as const)('that is %s', (_, student, verdict) => {
    const compared = compare({ kind: 'values', teacher, student: teacher.map(student) });
    const quality = judgeQuality('nDCG@10', compared, teacher.length, gate);
    expect(quality.verdict).toBe(verdict);
    expect(quality.kept?.mean).toBeCloseTo(quality.student / quality.teacher, 10);
    expect(quality.kept?.low).toBeLessThanOrEqual(quality.kept?.mean ?? 0);
  });

  it('of classifiers is judged by cases of both on the same texts', () => {
    const truth = teacher.map((_, at) => at % 3);
    const student = truth.map((label, at) => (at % 10 === 0 ? (label + 1) % 3 : label));
    const compared = compare({ kind: 'labels', truth, teacher: truth, student });
    expect(compared).toMatchObject({ teacher: 1, kept: { mean: compared.student } });
    expect(judgeQuality('macro F1', compared, truth.length, gate).verdict).toBe('reject');
  });

  it('of too few cases is not judged', () => {
    const compared = compare({ kind: 'values', teacher: teacher.slice(0, 20), student: teacher.slice(0, 20) });
    expect(judgeQuality('nDCG@10', compared, 20, gate)).toMatchObject({
      verdict: 'hold',
      says: expect.stringContaining('20 cases, of 50') as string,
    });
  });
});

describe('what stands against a student', () => {
  const bucket = (median: number) => ({
    tokens: 32,
    meanTokens: 30,
    teacher: 100,
    student: 100 * median,
    times: { median, lowest: median, highest: median },
  });
  const compared = compare({
    kind: 'values',
    teacher: Array<number>(60).fill(0.5),
    student: Array<number>(60).fill(0.5),
  });
  const quality = judgeQuality('nDCG@10', compared, 60, gate);
  const good = {
    precision: 'int8' as const,
    bytes: 1,
    difference: { texts: 1, mean: 0.01, worst: 0.1 },
    quality,
    speed: [bucket(3)],
  };

  it('is nothing where all is well', () => expect(objectionsTo(good, gate)).toEqual([]));
  it.each([
    [
      'its numbers',
      { difference: { texts: 1, mean: 0.2, worst: 0.3 } },
      'it is off from 32 bits by 0.2 on average, of 0.05 that are allowed',
    ],
    [
      'its pace at one length',
      { speed: [bucket(3), bucket(1.2)] },
      '1.2 times as fast as the teacher at 32 tokens, of 1.5 asked for',
    ],
    [
      'that nobody knows how good it is',
      { quality: null },
      'its quality was not measured: there are no golden queries or labelled cases',
    ],
  ])('is %s', (_, change, said) => expect(objectionsTo({ ...good, ...change }, gate)).toEqual([said]));
});

describe('how far numbers are off', () => {
  it('is 1 - cosine of vectors, of the first numbers where fewer are kept', () => {
    const { mean, worst } = differenceOf(
      'embedding',
      [
        [1, 0, 9],
        [1, 0, 9],
      ],
      [
        [2, 0],
        [0, 1],
      ],
    );
    expect([mean, worst]).toEqual([0.5, 1]);
  });
  it('is the change of a probability of logits: what is added to all of them changes nothing', () => {
    expect(differenceOf('classifier', [[0, 0]], [[5, 5]])).toEqual({ texts: 1, mean: 0, worst: 0 });
    expect(differenceOf('classifier', [[0, 0]], [[100, 0]]).worst).toBeCloseTo(0.5, 6);
  });
});

describe('speed by length', () => {
  /** A clock that each text moves by its characters, as fast as the model is slow. */
  function simulated(slowness: Record<'teacher' | 'student', number>) {
    let time = 0;
    const asked: string[] = [];
    const model = (name: 'teacher' | 'student') => ({
      limit: 128,
      countTokens: (texts: readonly string[]) =>
        Promise.resolve(Int32Array.from(texts, (text) => Math.ceil(text.length / 4))),
      encode: (texts: readonly string[]) => {
        asked.push(name);
        time += texts.reduce((sum, text) => sum + text.length, 0) * slowness[name];
        return Promise.resolve(new Float32Array());
      },
    });
    return { now: () => time, asked, teacher: model('teacher'), student: model('student') };
  }
  const texts = ['a wing in a slipstream was tested at several angles of attack', 'heat flows through slabs'];
  const told = { report: () => undefined, signal: new AbortController().signal };

  it('is told of each length that both take, by turns, with texts that are no longer than it says', async () => {
    const { now, asked, teacher, student } = simulated({ teacher: 6, student: 2 });
    const speed = { ...gate.speed, buckets: [64, 16, 512], texts: 4, rounds: 3 };
    const measured = await timeByLength(teacher, student, texts, speed, { ...told, now });
    expect(measured.map(({ tokens }) => tokens)).toEqual([16, 64]);
    for (const { tokens, meanTokens, times } of measured) {
      expect(times.median).toBeCloseTo(3, 9);
      expect(meanTokens).toBeLessThanOrEqual(tokens);
      expect(meanTokens).toBeGreaterThan(tokens / 2);
    }
    // Who begins changes, so that a machine that warms up or slows down favours neither.
    expect(asked.slice(0, 4)).toEqual(['teacher', 'student', 'student', 'teacher']);
  });
});

describe('a report', () => {
  it('says what was taken, what it saves, and lets no name do more than be read', () => {
    const tried = [
      {
        precision: 'int8' as const,
        bytes: 5e6,
        difference: null,
        quality: null,
        speed: [
          {
            tokens: 16,
            meanTokens: 14,
            teacher: 1_000,
            student: 4_000,
            times: { median: 4, lowest: 3.9, highest: 4.2 },
          },
        ],
        objections: [],
      },
    ];
    const report = {
      name: '<b>',
      teacher: 't@1',
      task: 'embedding' as const,
      texts: 10,
      parameters: { teacher: 100, student: 25 },
      teacherBytes: 1e7,
      tried,
      passed: 'int8' as const,
      hostHour: 3.6,
    };
    const page = distillationPage(report);
    expect(page).toContain('4× (3.9× to 4.2×)');
    expect(page).toContain('<td class="n">0.2500</td><td class="n">0.7500</td>');
    expect(page).not.toContain('Student <b>');
    expect(distillationPage({ ...report, hostHour: 0 })).not.toContain('a million texts');
  });
  it('prices a million texts by their pace', () => expect(costOfMillion(1_000, 3.6)).toBeCloseTo(1, 12));
});

describe('an input', () => {
  const wrong = (more: object): string[] => {
    const parsed = parseInput(distillModelStage.input, { teacher: 'a@1', data: { dataset: 'x' }, ...more });
    return parsed.ok ? [] : parsed.issues.map(({ path: at }) => at);
  };
  it.each([
    [{ precisions: ['int8', 'int8'] }, ['precisions']],
    [{ gate: { golden: 'g.jsonl' } }, ['gate.documents']],
    [{ gate: { golden: 'g', documents: { dataset: 'x' }, cases: { source: 'c' } } }, ['gate.cases']],
    [{ student: { parameters: { layers: [1] } } }, ['student.parameters.layers']],
    [{ gate: { golden: 'g', documents: { dataset: 'x' } } }, []],
  ])('%j is wrong at %j', (more, paths) => expect(wrong(more)).toEqual(paths));
});

describe('files of a folder', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-distillation-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('say what PyTorch gave and what a graph computes in, where they are there', async () => {
    expect(await readReference(dir)).toBeUndefined();
    expect(exportedPrecision(dir)).toBeUndefined();
    await writeFile(path.join(dir, REFERENCE_FILE), JSON.stringify({ texts: ['a'], outputs: [[1, 0]] }));
    await writeFile(path.join(dir, 'export.json'), JSON.stringify({ precision: 'int8', dimensions: null }));
    expect(await readReference(dir)).toEqual({ texts: ['a'], outputs: [[1, 0]] });
    expect(exportedPrecision(dir)).toBe('int8');
  });
});
