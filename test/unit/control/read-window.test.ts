import { describe, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { controllerOf, windowAt } from '../../../activities/control/loop-settings';
import { readMetricRows, windowMetric } from '../../../activities/control/read-window';
import { controlMetricStage } from '../../../schemas/control-metric';

const MINUTE = 60_000;
const T0 = Date.parse('2026-11-26T09:00:00Z');
const at = (minutes: number) => new Date(T0 + minutes * MINUTE).toISOString();
const hour = { from: T0, until: T0 + 60 * MINUTE };
const needs = { minimumCount: 10, freshMs: 60 * MINUTE };
const rows = (...list: [minutes: number, value: number, count?: number][]) =>
  readMetricRows(
    'control.metrics.ctr',
    list.map(([minutes, value, count = 10]) => ({ at: at(minutes), value, count })),
  );

describe('the metric of a window', () => {
  it('is the mean of the observations, not of the rows', () => {
    expect(windowMetric(rows([0, 1, 30], [59, 5, 10]), hour, needs)).toEqual({
      metric: 2,
      observations: 40,
      held: null,
    });
  });

  it('takes its beginning and not its end, and nothing of other windows', () => {
    expect(windowMetric(rows([-1, 9], [0, 1], [60, 9]), hour, needs)).toMatchObject({ metric: 1, observations: 10 });
  });

  it.each([
    ['nothing came', rows(), needs, 'no observation'],
    ['too little came', rows([5, 1, 9]), needs, '9 observations, of 10'],
    ['rows of no observation came', rows([5, 1, 0]), needs, 'no observation'],
    ['the last of it is old', rows([5, 1]), { ...needs, freshMs: 10 * MINUTE }, `of ${at(5).replace('Z', '')}`],
    ['the newest row has no observation', rows([5, 1], [59, 1, 0]), { ...needs, freshMs: 10 * MINUTE }, 'newest row'],
    ['it overflows', rows([5, 1e308], [6, 1e308]), needs, 'no number'],
  ])('is none where %s, and says why', (_, list, wanted, why) => {
    const { metric, held } = windowMetric(list, hour, wanted);
    expect(metric).toBeNull();
    expect(held).toContain(why);
  });
});

describe('rows of a metric', () => {
  it('may be as PostgreSQL gives them: dates, and numbers as text', () => {
    const row = { at: new Date(T0), value: '0.125', count: '8', surplus: true };
    expect(readMetricRows('ctr', [row])).toEqual([{ at: new Date(T0), value: 0.125, count: 8 }]);
  });

  it.each([
    [{ value: 1 }, /Row 1 of ctr: at/],
    [{ at: 'today', value: 1 }, /Row 1 of ctr: at/],
    [{ at: at(0), value: null }, /Row 1 of ctr: value/],
    [{ at: at(0), value: 'many' }, /Row 1 of ctr: value/],
    [{ at: at(0), value: 1, count: -1 }, /Row 1 of ctr: count/],
    [7, /Row 1 of ctr: the row/],
  ])('that are wrong are named: %j', (row, message) => {
    expect(() => readMetricRows('ctr', [row])).toThrow(
      expect.toSatisfy((error: Error) => isFailure(error, 'MetricUnusable') && message.test(error.message)),
    );
  });
});

describe('the settings of a loop', () => {
  const input = controlMetricStage.input.parse({
    ...controlMetricStage.example,
    ...{ periodSeconds: 60, windowPeriods: 3, lagPeriods: 2 },
  });

  it('look at the window that is complete', () => {
    expect(windowAt(input, T0)).toEqual({ from: T0 - 5 * MINUTE, until: T0 - 2 * MINUTE });
  });

  it('move the knob by a tenth of its range, unless the input says so', () => {
    expect(controllerOf(input)).toMatchObject({ maxStep: 0.1, lag: 2, window: 3 });
    expect(controllerOf({ ...input, maxStep: 0.5 })).toMatchObject({ maxStep: 0.5 });
  });
});
