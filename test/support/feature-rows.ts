import { seededRandom, type Random } from './random';

/** A row of a made-up shop: numbers, categories, times and texts, some of them missing or of no use. */
export type ShopRow = Record<string, unknown>;

const CITIES = ['Lyon', 'Kyoto', 'Quito', '北京', 'São Paulo', 'Oslo'];
const WORDS = ['blue', 'red', 'the', 'a', 'kettle', 'lamp', 'of', 'steel', 'quiet', '茶', 'naïve', '42', '🙂'];
/** Values that a source may hold where a number, a category or a time is wanted. */
const ODD = [null, '', 'NaN', 'n/a', '1e999', '-1e308', '007', ' 12 ', true, {}, [1], '1.5e3', -0, 1e300, 5e-324];

const text = (random: Random) => Array.from({ length: random.below(40) }, () => random.pick(WORDS)).join(' ');
const sometimesOdd = (random: Random, value: unknown) => (random.below(12) === 0 ? random.pick(ODD) : value);

/** Rows that are the same for the same seed; every twelfth value is an odd one. */
export function shopRows(count: number, seed: number, firstHour = 0): ShopRow[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) => ({
    id: `order-${seed}-${at}`,
    price: sometimesOdd(random, Math.round(Math.exp(random.below(900) / 100) * 100) / 100),
    age: sometimesOdd(random, random.below(90)),
    city: sometimesOdd(random, CITIES[Math.min(random.below(8), random.below(8))] ?? `town ${random.below(500)}`),
    device: random.pick(['phone', 'desk', 'tablet', null]),
    bought: sometimesOdd(random, random.below(4) === 0 ? 1 : 0),
    customer: random.below(40) === 0 ? null : `c${random.below(30)}`,
    at: sometimesOdd(random, new Date(Date.UTC(2026, 0, 1, firstHour, random.below(60 * 72))).toISOString()),
    note: sometimesOdd(random, text(random)),
  }));
}

/** A feature of every kind that needs no model. */
export const SHOP_FEATURES = [
  { kind: 'scale', column: 'price', method: 'standard', name: 'price_standard' },
  { kind: 'scale', column: 'age', method: 'minMax', name: 'age_range' },
  { kind: 'scale', column: 'price', method: 'robust', name: 'price_robust' },
  { kind: 'bucket', column: 'price', buckets: 10 },
  { kind: 'oneHot', column: 'city', maxCategories: 4 },
  { kind: 'hash', column: 'city', buckets: 1024 },
  { kind: 'cross', columns: ['city', 'device'], buckets: 4096 },
  { kind: 'frequency', column: 'city' },
  { kind: 'target', column: 'city', target: 'bought' },
  { kind: 'time', column: 'at', part: 'hour' },
  { kind: 'time', column: 'at', part: 'weekday' },
  { kind: 'window', entity: 'customer', time: 'at', hours: 24, aggregate: 'count' },
  { kind: 'window', entity: 'customer', time: 'at', hours: 48, aggregate: 'sum', column: 'price' },
  { kind: 'window', entity: 'customer', time: 'at', hours: 48, aggregate: 'mean', column: 'price' },
  { kind: 'copy', column: 'bought', as: 'number', name: 'label' },
  { kind: 'copy', column: 'city', as: 'category', name: 'city_text' },
  { kind: 'copy', column: 'at', as: 'time', name: 'moment' },
];
