import fc from 'fast-check';
import type { ScheduleDescription } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { packConfig, type ScheduleConfig } from '../../schemas/config';
import { formatCron, parseCron } from '../../workers/cli/cron';
import { APPLIED_MEMO, configuredFacts, describedFacts, diffSchedules } from '../../workers/cli/schedule-diff';
import { rangeOf } from '../../workers/cli/commands/schedules-backfill';

const schedule = (over: object = {}): ScheduleConfig => {
  const entry = {
    id: 'nightly',
    workflow: 'cleanDataset',
    input: { source: 'docs', name: 'x' },
    cron: '0 2 * * *',
    ...over,
  };
  const [parsed] = packConfig.parse({ schedules: [entry] }).schedules;
  if (!parsed) throw new Error('no schedule');
  return parsed;
};

/** What the server says of a schedule that was made of a configuration. */
const described = (config: ScheduleConfig): Pick<ScheduleDescription, 'action' | 'spec' | 'policies'> => ({
  action: {
    type: 'startWorkflow',
    workflowType: config.workflow,
    taskQueue: 'llm',
    workflowId: 'x',
    args: [config.input],
    memo: { [APPLIED_MEMO]: { paused: config.paused, note: config.note } },
  },
  spec: {
    calendars: [parseCron(config.cron)],
    intervals: [],
    skip: [],
    timezone: config.timezone,
    jitter: config.jitterSeconds * 1000,
  },
  policies: { overlap: config.overlap, catchupWindow: config.catchupSeconds * 1000, pauseOnFailure: false },
});

const diff = (wanted: ScheduleConfig[], actual: ScheduleConfig[]) =>
  diffSchedules(
    new Map(wanted.map((config) => [config.id, configuredFacts(config)])),
    new Map(actual.map((config) => [config.id, describedFacts(described(config))])),
  );

describe('the difference of schedules', () => {
  it('is none for what was applied before', () => {
    expect(diff([schedule()], [schedule()])).toMatchObject([{ id: 'nightly', action: 'same' }]);
  });

  it('is what to create and what to delete, in order', () => {
    const [a, b, c] = [schedule({ id: 'a' }), schedule({ id: 'b' }), schedule({ id: 'c' })];
    expect(diff([c, a], [b, a])).toMatchObject([
      { id: 'a', action: 'same' },
      { id: 'b', action: 'delete' },
      { id: 'c', action: 'create' },
    ]);
  });

  it.each([
    ['cron', '5 2 * * *', '0 2 * * *'],
    ['timezone', 'Asia/Shanghai', 'UTC'],
    ['overlap', 'BUFFER_ONE', 'SKIP'],
    ['workflow', 'rebuildIndex', 'cleanDataset'],
    ['note', 'new', ''],
  ])('names a changed %s', (field, to, from) => {
    expect(diff([schedule({ [field]: to })], [schedule()])).toMatchObject([
      { action: 'update', fields: [{ field, from, to }] },
    ]);
  });

  it('is none for an input with its fields in another order, or a cron in another spelling', () => {
    const other = schedule({ input: { name: 'x', source: 'docs' }, cron: '00 02 */1 jan-dec 0-6' });
    expect(diff([other], [schedule()])).toMatchObject([{ action: 'same' }]);
  });

  it('sees that somebody changed the times in the UI', () => {
    const actual = described(schedule());
    actual.spec = { ...actual.spec, calendars: [], intervals: [{ every: 60_000, offset: 0 }] };
    expect(describedFacts(actual).cron).not.toBe(configuredFacts(schedule()).cron);
  });
});

describe('cron', () => {
  const span = (min: number, max: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min, max }).map(String),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.tuple(fc.integer({ min, max }), fc.integer({ min: 1, max })).map(([a, step]) => `${a}/${step}`),
      fc.integer({ min: 1, max }).map((step) => `*/${step}`),
    );
  const field = (min: number, max: number) =>
    fc.array(span(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
  const cron = fc
    .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
    .map((fields) => fields.join(' '));

  it('in one spelling means the same', () => {
    fc.assert(
      fc.property(cron, (text) => {
        const calendar = parseCron(text);
        expect(parseCron(formatCron(calendar) ?? '')).toEqual(calendar);
      }),
    );
  });

  it('knows names and both Sundays', () => {
    expect(formatCron(parseCron('0 2 1 Jan,mar-MAY 7'))).toBe('0 2 1 1,3-5 0');
  });

  it.each([
    '0 2 * *',
    '60 2 * * *',
    '0 24 * * *',
    '0 2 0 * *',
    '0 2 * 13 *',
    '0 2 * * 8',
    '5-1 2 * * *',
    '*/0 2 * * *',
    'a 2 * * *',
    '@daily',
  ])('refuses %s', (text) => expect(() => parseCron(text)).toThrow(text));
});

describe('the range of a backfill', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  const range = (from: string, to?: string) => rangeOf(to === undefined ? { from } : { from, to }, now);

  it('goes from midnight to midnight, or to a time, or to now', () => {
    expect(range('2026-11-20', '2026-11-22')).toEqual({
      start: new Date('2026-11-20T00:00:00Z'),
      end: new Date('2026-11-22T00:00:00Z'),
    });
    expect(range('2026-11-25T02:00:00Z').end).toEqual(now);
  });

  it.each([
    ['yesterday', undefined],
    ['2026-13-40', undefined],
    ['2026-11-22', '2026-11-22'],
    ['2026-11-20', '2026-11-26'],
  ])('refuses %s to %s', (from, to) => expect(() => range(from, to)).toThrow(/date|before|future/));
});
