import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowHistory } from '../../../activities/features/history';
import type { FittedTransform } from '../../../activities/features/fitted';
import { FeatureTransform } from '../../../activities/features/transform';
import { featureSpec } from '../../../schemas/features';

const spec = (value: object) => featureSpec.parse(value);

/** A transform with a feature of every kind, as fitting might have left it. */
const FITTED: FittedTransform = {
  format: 1,
  key: 'id',
  rows: 10,
  sequences: null,
  ngrams: null,
  encoder: null,
  features: [
    {
      spec: spec({ kind: 'scale', column: 'price', method: 'standard' }),
      state: { kind: 'scale', center: 10, scale: 4 },
    },
    { spec: spec({ kind: 'bucket', column: 'price', buckets: 3 }), state: { kind: 'bucket', edges: [5, 10] } },
    { spec: spec({ kind: 'oneHot', column: 'city' }), state: { kind: 'oneHot', categories: ['Oslo', 'Lyon'] } },
    { spec: spec({ kind: 'hash', column: 'city', buckets: 100 }), state: null },
    { spec: spec({ kind: 'cross', columns: ['city', 'device'], buckets: 100 }), state: null },
    {
      spec: spec({ kind: 'frequency', column: 'city' }),
      state: {
        kind: 'frequency',
        rows: 10,
        counts: [
          ['Oslo', 6],
          ['Lyon', 2],
        ],
      },
    },
    {
      spec: spec({ kind: 'target', column: 'city', target: 'bought', folds: 2, smoothing: 2 }),
      state: {
        kind: 'target',
        all: [
          [2, 4],
          [3, 6],
        ],
        categories: [
          [
            'Oslo',
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
      },
    },
    { spec: spec({ kind: 'time', column: 'at', part: 'weekday' }), state: null },
    {
      spec: spec({ kind: 'window', entity: 'customer', time: 'at', hours: 2, aggregate: 'sum', column: 'price' }),
      state: null,
    },
    { spec: spec({ kind: 'copy', column: 'at', as: 'time' }), state: null },
  ],
};
const transform = new FeatureTransform(FITTED);
const RECORD = { id: 'r1', price: 10, city: 'Oslo', device: 'phone', at: '2026-01-05T12:00:00Z', customer: 'c1' };

describe('a transform applied to a record', () => {
  it('makes the columns that it names', () => {
    expect(transform.apply(RECORD)).toEqual({
      id: 'r1',
      price_scale: 0,
      price_bucket: 2,
      'city_oneHot=Oslo': 1,
      'city_oneHot=Lyon': 0,
      'city_oneHot~unknown': 0,
      city_hash: expect.any(Number) as number,
      city_device_cross: expect.any(Number) as number,
      city_frequency: 0.6,
      city_target: (4 + 2 * 0.5) / (6 + 2),
      at_weekday: 0,
      customer_price_sum_2h: 0,
      at: '2026-01-05T12:00:00.000Z',
    });
  });

  it('knows nothing of an unknown category but that, and nothing of a missing one', () => {
    expect(transform.apply({ ...RECORD, city: 'Atlantis' })).toMatchObject({
      'city_oneHot=Oslo': 0,
      'city_oneHot~unknown': 1,
      city_frequency: 0,
      city_target: 0.5,
    });
    expect(transform.apply({ ...RECORD, city: null })).toMatchObject({
      'city_oneHot~unknown': 0,
      city_hash: null,
      city_device_cross: null,
      city_frequency: null,
      city_target: null,
    });
  });

  it('leaves the fold of a fitted row out of its target encoding', () => {
    const encoded = (id: string) => transform.apply({ ...RECORD, id }, { training: true })['city_target'];
    const without = [(3 + 2 * 0.5) / (4 + 2), (1 + 2 * 0.5) / (2 + 2)];
    const seen = new Set(Array.from({ length: 20 }, (_, at) => encoded(`row ${at}`)));
    expect([...seen].sort()).toEqual(without.sort());
  });

  it('looks back on a window that begins on time and ends before the row', () => {
    const at = (hour: string, price: unknown) => ({ ...RECORD, at: `2026-01-05T${hour}:00Z`, price });
    const history = transform.historyOf([
      at('09:59', 1),
      at('10:00', 2),
      at('11:00', 4),
      at('12:00', 8),
      at('11:30', null),
    ]);
    expect(transform.apply(RECORD, { history })).toMatchObject({ customer_price_sum_2h: 6 });
    expect(transform.apply({ ...RECORD, customer: 'c2' }, { history })).toMatchObject({ customer_price_sum_2h: 0 });
  });

  it('sums a window to the same bits in whatever order its events came', () => {
    const event = fc.record({
      price: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    const gen = fc
      .array(event, { maxLength: 12 })
      .chain((events) =>
        fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
        ),
      );
    fc.assert(
      fc.property(gen, (orders) => {
        const sums = orders.map((events) => {
          const rows = events.map(({ price, minute }) => ({ ...RECORD, price, at: Date.UTC(2026, 0, 5, 11, minute) }));
          return transform.apply(RECORD, { history: transform.historyOf(rows) })['customer_price_sum_2h'];
        });
        expect(sums[0]).toBe(sums[1]);
      }),
    );
  });

  const odd = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(null, Number.NaN, 1e308, -1e308, 'NaN', 'Oslo', '2026-01-05', undefined),
  );
  const records = fc.record(
    { id: odd, price: odd, city: odd, device: odd, at: odd, customer: odd, __proto__: odd },
    { requiredKeys: [] },
  );

  it('never fails, and gives only what Parquet can hold', () => {
    fc.assert(
      fc.property(records, (record) => {
        for (const value of Object.values(transform.apply(record))) {
          expect(value === null || typeof value === 'string' || Number.isFinite(value)).toBe(true);
        }
      }),
    );
  });

  it('gives the same bits for a record and for what is kept of it between two steps', () => {
    fc.assert(
      fc.property(records, (record) => {
        const kept = JSON.parse(JSON.stringify(transform.rawOf(record))) as unknown[];
        const row = transform.applyValues(kept);
        expect(transform.apply(record)).toEqual(
          Object.fromEntries(transform.outputs.map(({ name }, at) => [name, row[at]])),
        );
      }),
    );
  });

  it('gives every category a column that no reader takes for another', () => {
    const categories = ['NY', 'ny', 'a\u0000b', 'a b', 'x'.repeat(100), `${'x'.repeat(100)}y`];
    const oneHot = spec({ kind: 'oneHot', column: 'city' });
    const odd = new FeatureTransform({
      ...FITTED,
      key: null,
      features: [{ spec: oneHot, state: { kind: 'oneHot', categories } }],
    });
    const names = odd.outputs.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['city_oneHot=NY', 'city_oneHot=ny~2', 'city_oneHot=a b', 'city_oneHot=a b~2']);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(categories.length + 1);
    expect(odd.apply({ city: 'ny' })['city_oneHot=ny~2']).toBe(1);
  });

  it('tells which values it could not use', () => {
    const bad: string[] = [];
    transform.apply({ ...RECORD, price: 'dear', at: 'soon' }, { onBad: (column) => bad.push(column) });
    expect(bad).toEqual(['price', 'at']);
  });

  it('reads a field of the record itself only', () => {
    const inherited = Object.create({ city: 'Oslo' }) as Record<string, unknown>;
    expect(transform.apply(inherited)['city_frequency']).toBeNull();
  });
});

it('a history with more events is as one of all of them', () => {
  const event = (time: number) => ({ series: 0, entity: 'c1', time, value: time });
  const window = FITTED.features.flatMap(({ spec: found }) => (found.kind === 'window' ? [found] : []))[0];
  if (!window) throw new Error('there is no window');
  const [a, b] = [
    new WindowHistory([event(3), event(1)]).with([event(2)]),
    new WindowHistory([event(1), event(2), event(3)]),
  ];
  expect(a.aggregate(0, 'c1', 4, window)).toBe(6);
  expect(a.aggregate(0, 'c1', 3, window)).toBe(b.aggregate(0, 'c1', 3, window));
});
