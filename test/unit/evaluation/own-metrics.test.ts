import { describe, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { openTask } from '../../../activities/evaluation/tasks';
import { checkMetrics, pinMetrics } from '../../../activities/evaluation/tasks/own-metrics';
import { packConfig } from '../../../schemas/config';
import { evaluateModelStage } from '../../../schemas/evaluate-model';
import type { EvaluationCase } from '../../../schemas/evaluation-cases';

const brief = (
  score: unknown = (_: unknown, { text }: { text: string }) => (text === '' ? null : 1 / text.length),
) => ({
  ...{ version: 2, score },
  examples: [
    { answer: 'four', score: 0.25 },
    { answer: '', score: null },
  ],
});
const configured = (metric: object) => packConfig.safeParse({ evaluation: { metrics: { brief: metric } } });
const tasks = (...metrics: string[]) =>
  evaluateModelStage.input.parse({ candidate: { endpoint: 'a' }, tasks: [{ type: 'classification', metrics }] }).tasks;
const asked: EvaluationCase = {
  ...{ id: 'one', task: 'classification', input: 'x', messages: null, passages: [], choices: [], answers: ['four'] },
  ...{ gains: {}, slices: {} },
};
const answer = (text: string) => ({ text, inputTokens: 0, outputTokens: 0, usd: 0, milliseconds: 1 });

describe("a metric of a project's own", () => {
  it('is tried by its examples whenever the configuration is read', () => {
    expect(configured(brief()).success).toBe(true);
    const wrong = (metric: object) =>
      configured(metric).error?.issues.map(({ path, message }) => [path.at(-1), message]);
    expect(wrong(brief(() => 0.5))).toEqual([
      [0, 'its score is 0.5, and not 0.25 as the example says'],
      [1, 'its score is 0.5, and not null as the example says'],
    ]);
    expect(wrong(brief(() => 7))?.[0]).toEqual([0, 'its score is 7, and not null or a number from 0 to 1']);
    expect(wrong(brief(() => Number.NaN))?.[0]?.[1]).toContain('is NaN');
    expect(
      wrong(
        brief(() => {
          throw new Error('no');
        }),
      )?.[0],
    ).toEqual([0, 'it throws: no']);
    expect(wrong(brief('text'))?.[0]?.[1]).toContain('must be a function');
    expect(wrong({ ...brief(), examples: [] })).toHaveLength(1);
  });

  it('scores beside those of the task, and says nothing where it has nothing to say', async () => {
    const { metrics } = packConfig.parse({ evaluation: { metrics: { brief: brief() } } }).evaluation;
    const [input] = tasks('brief');
    if (!input) throw new Error('there is a task');
    const ground = () => Promise.reject(new Error('nothing is grounded'));
    const task = openTask(input, { ground, metrics });
    expect(task.metrics).toEqual(['accuracy', 'macroF1', 'brief']);
    expect(await task.score(asked, answer('four'))).toEqual({ accuracy: 1, brief: 0.25 });
    expect(await task.score(asked, answer(''))).toEqual({ accuracy: 0 });
    const broken = openTask(input, { ground, metrics: { brief: { ...brief(), score: () => 2, examples: [] } } });
    const thrown = await Promise.resolve(broken.score(asked, answer('x'))).catch((error: unknown) => error);
    expect(isFailure(thrown, 'MetricBroken')).toBe(true);
  });

  it('is pinned by its version, is unknown where it is not configured, and waits for workers that have it', () => {
    const { metrics } = packConfig.parse({ evaluation: { metrics: { brief: brief() } } }).evaluation;
    expect(pinMetrics(tasks('brief'), metrics)).toEqual({ brief: 2 });
    const codeOf = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return (['MetricUnknown', 'MetricDiffers'] as const).find((code) => isFailure(error, code));
      }
    };
    expect(codeOf(() => pinMetrics(tasks('other'), metrics))).toBe('MetricUnknown');
    expect(codeOf(() => checkMetrics({ brief: 1 }, metrics))).toBe('MetricDiffers');
    expect(codeOf(() => checkMetrics({ brief: 2 }, {}))).toBe('MetricDiffers');
    expect(codeOf(() => checkMetrics({ brief: 2 }, metrics))).toBeUndefined();
  });
});
