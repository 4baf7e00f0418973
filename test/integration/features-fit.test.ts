import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FeatureState } from '../../activities/features/fitted';
import { loadTransform } from '../../activities/features/load';
import { numberOf } from '../../activities/features/values';
import { shopRows } from '../support/feature-rows';
import { buildFeatures } from './features-run';

let base: string;
let states: (FeatureState | null)[];
const rows = shopRows(2000, 21);
const numbers = (column: string) =>
  rows.flatMap((row) => (typeof numberOf(row[column]) === 'number' ? [Number(numberOf(row[column]))] : []));
const prices = numbers('price').sort((a, b) => a - b);

const FEATURES = [
  { kind: 'scale', column: 'price', method: 'standard', name: 'a' },
  { kind: 'scale', column: 'price', method: 'minMax', name: 'b' },
  { kind: 'scale', column: 'price', method: 'robust', name: 'c' },
  { kind: 'bucket', column: 'price', buckets: 4 },
  { kind: 'oneHot', column: 'device', maxCategories: 2 },
  { kind: 'frequency', column: 'device' },
  { kind: 'target', column: 'device', target: 'bought', folds: 3 },
];

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'features-fit-'));
  const storeDir = path.join(base, 'store');
  await writeFile(path.join(base, 'a.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const input = { source: 'a.jsonl', name: 'fit', key: 'id', features: FEATURES, unitBytes: 65_536 };
  const { transform } = await buildFeatures({ root: base, storeDir, input });
  const loaded = await loadTransform(path.join(storeDir, transform.kind, transform.sha256));
  states = loaded.transform.fitted.features.map(({ state }) => state);
});
afterAll(() => rm(base, { recursive: true }));

/** Quantile of sorted numbers by linear interpolation, as numpy has it. */
function quantile(share: number): number {
  const place = (prices.length - 1) * share;
  const [low = 0, high = 0] = [prices[Math.floor(place)], prices[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

it('finds mean and deviation, range, and quartiles', () => {
  const mean = prices.reduce((sum, price) => sum + price, 0) / prices.length;
  const deviation = Math.sqrt(prices.reduce((sum, price) => sum + (price - mean) ** 2, 0) / prices.length);
  const [standard, range, robust] = states as { center: number; scale: number }[];
  expect((standard?.center ?? 0) / mean).toBeCloseTo(1, 12);
  expect((standard?.scale ?? 0) / deviation).toBeCloseTo(1, 12);
  expect(range).toMatchObject({ center: prices[0], scale: (prices.at(-1) ?? 0) - (prices[0] ?? 0) });
  expect(robust).toMatchObject({ center: quantile(0.5), scale: quantile(0.75) - quantile(0.25) });
});

it('finds the exact quantiles for buckets', () => {
  expect(states[3]).toEqual({ kind: 'bucket', edges: [quantile(0.25), quantile(0.5), quantile(0.75)] });
});

it('counts categories, and targets by fold', () => {
  const counts = new Map<string, number>();
  for (const { device } of rows) if (typeof device === 'string') counts.set(device, (counts.get(device) ?? 0) + 1);
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  expect(states[4]).toEqual({ kind: 'oneHot', categories: sorted.slice(0, 2).map(([category]) => category) });
  expect(states[5]).toEqual({ kind: 'frequency', rows: 2000, counts: sorted });
  const target = states[6];
  if (target?.kind !== 'target') throw new Error('there is no target state');
  const bought = numbers('bought');
  expect(target.all).toHaveLength(3);
  expect(target.all.reduce((sum, [, n]) => sum + n, 0)).toBe(bought.length);
  expect(
    target.all.reduce((sum, [targets]) => sum + targets, 0) / bought.reduce((sum, value) => sum + value, 0),
  ).toBeCloseTo(1, 12);
  const share = target.all.map(([, n]) => n / bought.length);
  expect(Math.min(...share)).toBeGreaterThan(0.28);
});
