import { MockActivityEnvironment } from '@temporalio/testing';
import { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createControlActivities } from '../../activities/control';
import { isFailure } from '../../activities/errors';
import type { Registry } from '../../activities/stores/registry';
import { controlConfig } from '../../schemas/control-config';
import { controlMetricStage } from '../../schemas/control-metric';
import { quietRuntime } from '../support/quiet-runtime';
import { addStrategy, withRegistry } from '../support/registry';

const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
const NAME = 'example';
const KNOB = 'diversity';
const held = { name: NAME, knob: KNOB, holder: 'one/1' };
const bounds = { low: 0, high: 1, safe: 0.2, force: false };

let url: string;
let registry: Registry;
beforeAll(quietRuntime);
withRegistry((opened) => ({ registry, url } = opened));

const step = (over: object = {}) => ({
  ...{ ...held, step: 0, at: '2026-11-26T09:00:00.000Z', metric: 7, observations: 10, held: null, value: 0.3 },
  ...{ state: { knob: 0.3, past: [], error: 1 }, ...over },
});
const pointer = () => registry.strategies.pointer(NAME);
async function sql<Row extends object>(text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('a knob', () => {
  it('begins where it is, at its safe value where it has none or one that is out of bounds', async () => {
    expect(await registry.control.claim({ ...held, ...bounds })).toBe(0.2);
    expect(await pointer()).toMatchObject({ live: null, knobs: { [KNOB]: 0.2 }, sequence: 1 });
    await registry.control.take(step());
    expect(await registry.control.claim({ ...held, ...bounds })).toBe(0.3);
    expect(await registry.control.claim({ ...held, holder: 'one/2', ...bounds, low: 0.5, safe: 0.6 })).toBe(0.6);
  });

  it('is turned by one run at a time, but for a later one of the same workflow or by force', async () => {
    await registry.control.claim({ ...held, ...bounds });
    const two = { ...held, ...bounds, holder: 'two/1' };
    await expect(registry.control.claim(two)).rejects.toSatisfy(is('KnobTaken'));
    await registry.control.claim({ ...held, ...bounds, holder: 'one/2' });
    await expect(registry.control.take(step())).rejects.toSatisfy(is('Superseded'));
    await registry.control.claim({ ...two, force: true });
    await registry.control.take(step({ holder: 'two/1', value: 0.4 }));
    expect(await pointer()).toMatchObject({ knobs: { [KNOB]: 0.4 } });
    // Another knob of the same strategy is another's business.
    await registry.control.claim({ ...held, ...bounds, knob: 'freshness', holder: 'three/1' });
    expect(await pointer()).toMatchObject({ knobs: { [KNOB]: 0.4, freshness: 0.2 } });
  });

  it('is set once for a step, whatever an attempt that comes late has read', async () => {
    await registry.control.claim({ ...held, ...bounds });
    const taken = await Promise.all([registry.control.take(step()), registry.control.take(step({ value: 0.35 }))]);
    expect(taken[0]).toEqual(taken[1]);
    expect((await pointer())?.knobs).toEqual({ [KNOB]: taken[0]?.value });
    expect((await pointer())?.sequence).toBe(2);
    expect(await registry.control.find({ holder: held.holder, step: 0 })).toEqual(taken[0]);
  });

  it('that stays as it is tells nobody, and the step is kept all the same', async () => {
    await registry.control.claim({ ...held, ...bounds });
    await registry.control.take(step({ value: 0.2, metric: null, held: 'the window has no observation' }));
    expect((await pointer())?.sequence).toBe(1);
    expect(await registry.control.find({ holder: held.holder, step: 0 })).toMatchObject({ metric: null });
  });

  it('is let go of at its safe value, once; steps that come later are refused, and say so', async () => {
    await registry.control.claim({ ...held, ...bounds });
    await registry.control.take(step());
    const release = () => registry.control.release({ ...held, value: 0.2, reason: 'killed' });
    await Promise.all([release(), release()]);
    expect(await pointer()).toMatchObject({ knobs: { [KNOB]: 0.2 }, sequence: 3 });
    await expect(registry.control.take(step({ step: 1 }))).rejects.toSatisfy(is('Superseded'));
    // That step was taken: who asks again is told so.
    expect(await registry.control.take(step())).toMatchObject({ value: 0.3 });
    await registry.control.claim({ ...held, holder: 'two/1', ...bounds });
  });

  it('keeps the last 10,000 steps of a run', async () => {
    await registry.control.claim({ ...held, ...bounds });
    for (const at of [0, 1, 10_000]) await registry.control.take(step({ step: at, value: 0.2 + at * 1e-6 }));
    const rows = await sql<{ step: number }>('select step from llm_pack.control_steps order by step');
    expect(rows.map((row) => row.step)).toEqual([1, 10_000]);
  });
});

describe('a look', () => {
  const input = controlMetricStage.input.parse({
    ...controlMetricStage.example,
    ...{ loop: { ...controlMetricStage.example.loop, metric: 'ctr' }, periodSeconds: 60, minimumCount: 10 },
  });
  const AT = '2026-11-26T09:05:00.000Z';
  const metrics = {
    ctr: {
      type: 'postgres',
      urlVariable: 'EVENTS',
      query: `select at, value, count from events where strategy = $1 and knob = $2 and at >= $3 and at < $4`,
    },
  };
  const activities = (env: NodeJS.ProcessEnv = { EVENTS: url }) =>
    createControlActivities({ registry, control: { config: controlConfig.parse({ metrics }), env } });
  const inActivity = <A, R>(work: (argument: A) => Promise<R>, argument: A): Promise<R> =>
    new MockActivityEnvironment().run<[A], R, (argument: A) => Promise<R>>(work, argument);
  const look = (over: object = {}, made = activities()) =>
    inActivity(made.controlStep, {
      ...{ input, holder: held.holder, step: 0, at: AT, missed: 0, state: null, begins: 0.2 },
      ...over,
    });
  const event = (at: string, value: number, count = 10) =>
    sql(`insert into events values ('${NAME}', '${KNOB}', '${at}', ${value}, ${count})`);
  beforeEach(async () => {
    await sql('create table events (strategy text, knob text, at timestamptz, value numeric, count bigint)');
    await registry.control.claim({ ...held, ...bounds });
  });

  it('turns the knob by the metric of its window, and by no other', async () => {
    await event('2026-11-26T09:03:59Z', 99);
    await event('2026-11-26T09:04:00Z', 7);
    await event('2026-11-26T09:05:00Z', 99);
    const { point, state } = await look();
    // An error of 1 is a tenth of the knob by the gain, of which 1 - exp(-3 / 12) is answered in the first period.
    const knob = 0.2 + (1 - Math.exp(-1 / 4)) / 10;
    expect(point).toEqual({ at: AT, metric: 7, knob, held: null });
    expect(state).toMatchObject({ knob, error: 1 });
    expect((await pointer())?.knobs).toEqual({ [KNOB]: knob });
  });

  it('that is made again says what the first has done, though the metric is another by now', async () => {
    await event('2026-11-26T09:04:00Z', 7);
    const first = await look();
    await event('2026-11-26T09:04:30Z', 20);
    expect(await look()).toEqual(first);
    expect((await pointer())?.sequence).toBe(2);
  });

  it('leaves the knob where too little came', async () => {
    await event('2026-11-26T09:04:00Z', 7, 9);
    expect((await look()).point).toMatchObject({
      metric: null,
      knob: 0.2,
      held: expect.stringContaining('9 obs') as string,
    });
  });

  it('leaves the knob where the source is away, or answers with something else', async () => {
    const away = new URL(url);
    away.port = '1';
    const { point } = await look({}, activities({ EVENTS: away.href }));
    expect(point).toMatchObject({ metric: null, knob: 0.2 });
    expect(point.held).toContain('does not answer');
    expect(point.held).not.toContain(away.password);
    await sql(`insert into events values ('${NAME}', '${KNOB}', '2026-11-26T09:04:00Z', 'NaN', 10)`);
    expect((await look({ step: 1 })).point.held).toContain('Row 1 of control.metrics.ctr: value');
  });

  it('ends the run where the source is not configured', async () => {
    await expect(look({}, activities({}))).rejects.toSatisfy(is('MetricNotConfigured'));
    const unknown = { ...input.loop, metric: 'cvr' };
    await expect(activities().planControl({ loop: unknown })).rejects.toThrow('there is ctr, simulated');
  });

  it('refuses a strategy that nobody knows, and lists names that are close, unless a new one is asked for', async () => {
    for (const known of ['ranking', 'rankings', 'ads', 'search', 'feed', 'mail', 'ranker']) {
      await addStrategy(registry, known, known, true);
    }
    await registry.control.claim({ ...held, ...bounds });
    const plan = (strategy: string, newStrategy?: boolean) =>
      activities().planControl({
        loop: { ...input.loop, strategy },
        ...(newStrategy === undefined ? {} : { newStrategy }),
      });
    await expect(plan('rankign', false)).rejects.toSatisfy(is('StrategyNotFound'));
    await expect(plan('rankign', false)).rejects.toThrow(/"rankign"; there is ranking, rank(er|ings), rank(er|ings), /);
    expect(await plan('rankign', true)).toEqual({ value: null });
    expect(await plan('ranking', false)).toEqual({ value: null });
    // Of one that has a knob and was never rolled out the pointer is there.
    expect(await plan(NAME, false)).toEqual({ value: 0.2 });
  });

  it('counts the periods that nobody looked at: the moves before them have shown', async () => {
    const late = { ...input, lagPeriods: 2 };
    const before = { knob: 0.4, followed: 0.4, past: [0.2, 0.3], error: 0 };
    await event('2026-11-26T09:02:00Z', 8);
    // By the moves that it does not show yet it will be at 9.5 (lag 2: the knob was 0.2 then).
    const soon = await look({ input: late, state: before });
    expect(soon.state.error).toBeCloseTo(8 - (8 + 10 * 0.2), 10);
    const later = await look({ input: late, state: before, missed: 2, step: 1 });
    expect(later.state.error).toBeCloseTo(0, 10);
  });

  it('a dry run says what each of the last windows would do by itself, and turns nothing', async () => {
    await event('2026-11-26T09:03:30Z', 7);
    await event('2026-11-26T09:04:30Z', 9);
    const { points } = await inActivity(activities().previewControl, { input, at: AT });
    expect(points).toHaveLength(12);
    expect(points.slice(-3).map(({ metric }) => metric)).toEqual([null, 7, 9]);
    const [none, below, above] = points.slice(-3);
    expect(none?.knob).toBe(0.2);
    expect(below?.knob).toBeGreaterThan(0.2);
    expect(above?.knob).toBeLessThan(0.2);
    expect((await pointer())?.sequence).toBe(1);
  });
});
