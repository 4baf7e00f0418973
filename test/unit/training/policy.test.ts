import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../../activities/training/watch';
import type { FailureClass } from '../../../schemas/training';
import { trainingBudget } from '../../../schemas/training-run';
import { endOf, judge, NO_TRIES, type Standing } from '../../../workflows/training/policy';

const standing = (more: Partial<Standing> = {}): Standing => ({
  tries: NO_TRIES,
  adjust: { rateFactor: 1, halvings: 0, finish: false },
  fruitless: 0,
  retries: trainingBudget.parse({}).retries,
  microBatchSize: 8,
  ...more,
});
const failed = (of: FailureClass): WatchEvent => ({
  kind: 'failed',
  failure: { class: of, why: 'it broke' },
  log: 'the log',
});
const tries = (of: FailureClass, count: number) => ({ ...NO_TRIES, [of]: count });

describe('what comes after an attempt', () => {
  it('is the model, where there is one', () => {
    expect(judge({ kind: 'done' }, standing())).toEqual({ next: 'collect' });
  });

  it.each(['user', 'data'] as const)('is the end, after a failure of class %s: nothing changes by waiting', (of) => {
    expect(judge(failed(of), standing({ tries: tries(of, 1) }))).toEqual({
      next: 'fail',
      class: of,
      why: 'it broke',
      log: 'the log',
    });
  });

  it('is another one at once after a lost node, later where none makes a step, and the end after many', () => {
    const waitAfter = (fruitless: number) =>
      judge(failed('infrastructure'), standing({ tries: tries('infrastructure', 1), fruitless }));
    expect([0, 1, 2, 3, 30].map((n) => waitAfter(n))).toMatchObject(
      [0, 1, 2, 4, 300].map((waitSeconds) => ({ next: 'again', waitSeconds })),
    );
    expect(judge(failed('infrastructure'), standing({ tries: tries('infrastructure', 21) }))).toMatchObject({
      next: 'fail',
    });
  });

  it('takes half of the rows at once after a lack of memory, twice, and never less than one', () => {
    expect(judge(failed('memory'), standing({ tries: tries('memory', 1) }))).toMatchObject({
      next: 'again',
      adjust: { halvings: 1, rateFactor: 1 },
    });
    expect(judge(failed('memory'), standing({ tries: tries('memory', 3) }))).toMatchObject({ next: 'fail' });
    expect(judge(failed('memory'), standing({ tries: tries('memory', 1), microBatchSize: 1 }))).toMatchObject({
      next: 'fail',
    });
  });

  it('has half of the rate after numbers that went wrong, twice, and then waits for a person', () => {
    const again = judge(failed('numeric'), standing({ tries: tries('numeric', 1) }));
    expect(again).toMatchObject({ next: 'again', adjust: { rateFactor: 0.5 } });
    expect(judge(failed('numeric'), standing({ tries: tries('numeric', 3) }))).toMatchObject({ next: 'hold' });
  });

  const fired = (action: 'retry' | 'lowerRate' | 'hold' | 'stop'): WatchEvent => ({
    kind: 'rule',
    fired: { rule: 'spike', action, step: 9, badSince: 8, why: 'the loss is high' },
  });
  it('is what the rule says that ended it', () => {
    const by = (action: 'retry' | 'lowerRate' | 'hold' | 'stop', count = 1) =>
      judge(fired(action), standing({ tries: tries('numeric', count) }));
    expect(by('retry')).toMatchObject({ next: 'again', adjust: { rateFactor: 1 } });
    expect(by('lowerRate')).toMatchObject({ next: 'again', adjust: { rateFactor: 0.5 } });
    expect(by('hold')).toMatchObject({ next: 'hold', why: 'the loss is high' });
    expect(by('stop')).toMatchObject({ next: 'again', adjust: { finish: true } });
    expect(by('retry', 3)).toMatchObject({ next: 'hold' });
  });

  it('waits for a person where nobody knows what a state means, or the budget is used up, and goes on at a time limit', () => {
    expect(judge({ kind: 'unknown', native: 'MOON' }, standing())).toMatchObject({ next: 'hold' });
    expect(judge({ kind: 'limit', limit: 'budget' }, standing())).toMatchObject({ next: 'hold' });
    expect(judge({ kind: 'limit', limit: 'timeLimit' }, standing())).toMatchObject({ next: 'again', waitSeconds: 0 });
  });

  it('calls a job that left with its checkpoint unasked one that was taken away', () => {
    expect(endOf({ kind: 'stopped', step: 4 })).toBe('infrastructure');
    expect(judge({ kind: 'stopped', step: 4 }, standing())).toMatchObject({ next: 'again', waitSeconds: 0 });
  });
});
