/** Values drawn from distributions whose truth is known, for tests and benches of statistics. */

/** A draw from a standard normal distribution. */
export function normal(random: () => number): number {
  // Box and Muller: cheaper than the inverse.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Differences between two systems on one case, by what is measured. */
export interface Differences {
  name: string;
  /** The true mean. */
  truth: number;
  draw: (random: () => number) => number;
}

/** Differences whose mean is `gain`, of kinds that evaluations meet. */
export const differences = (gain: number): Differences[] => [
  { name: 'normal', truth: gain, draw: (random) => gain + 0.2 * normal(random) },
  {
    // Most queries are answered alike; on the others one of the two is ahead.
    name: 'nDCG: two of three are ties',
    truth: gain,
    draw: (random) => gain + (random() < 2 / 3 ? 0 : (random() - random()) * 0.8),
  },
  {
    name: 'right or wrong: one in five differs',
    truth: gain,
    draw: (random) => {
      const place = random();
      return place < 0.1 + gain / 2 ? 1 : place < 0.2 ? -1 : 0;
    },
  },
  {
    // As latencies and costs are.
    name: 'log-normal, skewed',
    truth: gain,
    draw: (random) => gain + 0.1 * (Math.exp(0.7 * normal(random)) - Math.exp(0.7 ** 2 / 2)),
  },
];
