import { describe, expect, it } from 'vitest';
import type { Sample } from '../../../activities/evaluation/interfaces';
import { measure, type Measurable, type ScoredLine } from '../../../activities/evaluation/measure';
import { makeReport } from '../../../activities/evaluation/report/make-report';
import { openTasks } from '../../../activities/evaluation/tasks';
import { tell } from '../../../activities/evaluation/tell';
import { evaluateModelStage, NO_SAMPLES } from '../../../schemas/evaluate-model';
import { seededRandom } from '../../support/random';

const CASES = 200;

interface Given {
  task: string;
  /** Scores of both sides by the place of a case. */
  candidate: (at: number) => number | 'failed' | 'unasked';
  reference?: (at: number) => number | 'failed' | 'unasked';
  slices?: (at: number) => Record<string, string>;
}

const line = (id: string, task: string, says: number | 'failed' | 'unasked'): ScoredLine => {
  const state = typeof says === 'number' ? 'answered' : says;
  const answer = { text: 'text', inputTokens: 1, outputTokens: 1, usd: 0, milliseconds: 1 };
  const sample: Sample = {
    ...{ case: id, task, key: id, state, error: null, kept: false, askedAgain: 0 },
    answer: state === 'answered' ? answer : null,
  };
  return { sample, scores: typeof says === 'number' ? { f1: says, exactMatch: says } : {} };
};

/** A run over tasks of questions; gates ask for F1. */
function runOf(given: readonly Given[], gate: object = {}, failures = 0.02): Measurable {
  const { tasks } = evaluateModelStage.input.parse({
    candidate: { endpoint: 'any' },
    tasks: given.map(({ task }) => ({ type: 'qa', name: task, gate: { margin: 0.05, ...gate } })),
  });
  const places = given.flatMap((one) =>
    Array.from({ length: CASES }, (_, at) => ({ one, at, id: `${one.task}-${at}` })),
  );
  const hasReference = given.every(({ reference }) => reference);
  return {
    ...{ plan: { tasks }, seed: 1, failures },
    tasks: openTasks(tasks, { ground: () => Promise.resolve({ sentences: 0, unsupported: 0 }) }),
    cases: places.map(({ one, at, id }) => ({
      case: {
        ...{ id, task: one.task, input: id, messages: null, passages: [], choices: [], answers: ['a'], gains: {} },
        slices: one.slices?.(at) ?? {},
      },
      repeats: false,
    })),
    candidate: places.map(({ one, at, id }) => line(id, one.task, one.candidate(at))),
    reference: hasReference ? places.map(({ one, at, id }) => line(id, one.task, one.reference?.(at) ?? 0)) : null,
  };
}

/** Scores of 0 and 1, of which a share is 1. */
const draws = (seed: number, share: number) => {
  const random = seededRandom(seed);
  const scores = Array.from({ length: CASES }, () => Number(random.below(1000) < share * 1000));
  return (at: number) => scores[at] ?? 0;
};
const equal = (task: string): Given => ({ task, candidate: () => 0.8, reference: () => 0.8 });
const worse = (task: string): Given => ({ task, candidate: draws(1, 0.4), reference: () => 0.8 });

describe('what is measured of a run', () => {
  it('promotes where every task does, and rejects for one that is worse beyond doubt', () => {
    expect(measure(runOf([equal('one'), equal('two')])).verdict).toBe('promote');
    const found = measure(runOf([equal('one'), worse('two')]));
    expect(found.verdict).toBe('reject');
    expect(found.reasons).toHaveLength(1);
    expect(found.reasons[0]).toMatch(/^two, all cases: worse by more than 0\.05/);
    expect(found.tasks.map(({ verdict }) => verdict)).toEqual(['promote', 'reject']);
  });

  it('holds what looks worse in one of many tasks only as far as chance would have it', () => {
    // 0.68 against 0.75, with a standard error of 0.033: p is 0.02 or so, which one of ten tasks has by chance.
    const slightly: Given = { task: 'ten', candidate: (at) => Number(at < 0.68 * CASES), reference: () => 0.8 };
    const alone = measure(runOf([slightly]));
    const others = Array.from({ length: 9 }, (_, at) => equal(`task-${at}`));
    const among = measure(runOf([...others, slightly]));
    expect(alone.verdict).toBe('reject');
    expect(among.verdict).toBe('hold');
    expect(among.reasons[0]).toMatch(/^ten, all cases: worse .*not sure for one of 10 tasks$/);
    // With another that is worse beyond doubt fewer are left to correct for, and still too many.
    const two = measure(runOf([...others.slice(1), worse('bad'), slightly]));
    expect(two.tasks.slice(-2).map(({ verdict }) => verdict)).toEqual(['reject', 'hold']);
  });

  it('scores a question that failed 0, and holds where more have failed than may', () => {
    const failing = (share: number): Given => ({
      ...equal('one'),
      candidate: (at) => (at < share * CASES ? 'failed' : 0.8),
    });
    expect(measure(runOf([failing(0.02)])).tasks[0]?.candidate.mean).toBeCloseTo(0.8 * 0.98);
    expect(measure(runOf([failing(0.02)])).verdict).toBe('promote');
    const more = measure(runOf([failing(0.03)]));
    expect(more).toMatchObject({ verdict: 'hold', reasons: ['the candidate has failed to answer 6 of 200 questions'] });
  });

  it('leaves out of both sides what one was not asked, and promotes nothing then', () => {
    const limited: Given = { ...equal('one'), reference: (at) => (at < 50 ? 'unasked' : 0.8) };
    const found = measure(runOf([limited]));
    expect(found).toMatchObject({ verdict: 'hold' });
    expect(found.reasons).toEqual(['50 questions were not put to the reference, for a limit was reached']);
    expect(found.tasks[0]?.overall?.cases).toBe(150);
  });

  it('holds a candidate against a value where it has no reference, and says nothing where it has neither', () => {
    const { task, candidate } = equal('one');
    expect(measure(runOf([{ task, candidate }], { atLeast: 0.82 })).verdict).toBe('promote');
    expect(measure(runOf([{ task, candidate }], { atLeast: 0.9 })).verdict).toBe('reject');
    expect(measure(runOf([{ task, candidate }]))).toMatchObject({ verdict: null, tasks: [{ verdict: null }] });
  });

  it('looks at the slices that cases name, at computed ones where they are asked for, and at none for []', () => {
    const sliced: Given = {
      ...equal('one'),
      slices: (at) => ({ topic: at % 2 ? 'sums' : 'names', language: at < 60 ? 'de' : 'en' }),
      candidate: (at) => (at < 60 ? 0.5 : 0.95),
    };
    const names = (gate: object) => measure(runOf([sliced], gate)).tasks[0]?.slices.map(({ name }) => name);
    expect(names({})).toEqual(['topic names', 'topic sums']);
    expect(names({ slices: ['language'] })).toEqual(['language de', 'language en']);
    expect(names({ slices: [] })).toEqual([]);
    expect(measure(runOf([sliced])).verdict).toBe('promote');
    expect(measure(runOf([sliced], { slices: ['language'] })).verdict).toBe('reject');
  });

  it('is the same for the same samples', () => {
    const run = runOf([worse('one'), equal('two')]);
    expect(JSON.stringify(measure(run))).toBe(JSON.stringify(measure(run)));
  });
});

describe('what a history is told', () => {
  it('is below its limit for as many tasks, slices and reasons as there may be, in any script, the worst of all', () => {
    const given = Array.from({ length: 20 }, (_, at): Given => ({
      ...worse(`${'n'.repeat(60)}-${at}`),
      slices: (place) => ({ ['s'.repeat(60)]: `${'字'.repeat(60)}-${place % 4}` }),
    }));
    const measured = measure(runOf(given));
    const told = tell(measured);
    expect(Buffer.byteLength(JSON.stringify(measured))).toBeGreaterThan(64 * 1024);
    expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThanOrEqual(40_000);
    expect(told.verdict).toBe('reject');
    expect(told.tasks).toHaveLength(20);
    for (const [at, task] of told.tasks.entries()) {
      const losses = measured.tasks[at]?.slices.map(({ gain }) => gain.mean) ?? [];
      expect(task.reasons.length).toBeGreaterThan(0);
      if (task.slices.length > 0) expect(task.slices[0]?.gain.mean).toBe(Math.min(...losses));
    }
  });

  it('is all of it where it fits', () => {
    const measured = measure(runOf([worse('one')]));
    const [task] = measured.tasks;
    expect(tell(measured)).toMatchObject({
      verdict: 'reject',
      reasons: measured.reasons,
      tasks: [{ task: task?.task }],
    });
  });
});

describe('the report of a run', () => {
  it('has every task with its margin, and the worst cases of all of them', () => {
    const run = runOf([worse('one'), equal('two')]);
    const subject = {
      ...({ kind: 'endpoint', name: 'small', identity: 'a', version: null, pool: 'llm', paid: true } as const),
      input: evaluateModelStage.input.parse({ candidate: { endpoint: 'small' } }).candidate,
    };
    const report = makeReport({
      ...{ ...run, workKey: 'b', measured: measure(run) },
      plan: { ...run.plan, subjects: { candidate: subject, reference: subject }, labels: {}, sets: [] },
      counts: { candidate: NO_SAMPLES, reference: NO_SAMPLES },
    });
    expect(report.tasks.map(({ task, margin }) => [task, margin])).toEqual([
      ['one', 0.05],
      ['two', 0.05],
    ]);
    expect(report.worst).toHaveLength(20);
    expect(report.worst.every(({ task, metric }) => task === 'one' && metric === 'f1')).toBe(true);
    expect(report.candidate.pace.measured).toBe(run.cases.length);
  });
});
