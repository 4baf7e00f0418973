/**
 * The share of a standard normal distribution below a value: to 1e-15, and beyond 7 on either side to eight digits (Hart, "Computer Approximations", 1968, as West has
 * it in "Better approximations to cumulative normal functions", Wilmott 2005).
 */
export function normalCdf(value: number): number {
  const x = Math.abs(value);
  const tail = x > 37 ? 0 : Math.exp((-x * x) / 2) * (x < 7.07106781186547 ? ratio(x) : 1 / (fraction(x) * ROOT_2PI));
  return value > 0 ? 1 - tail : tail;
}

const ROOT_2PI = Math.sqrt(2 * Math.PI);

const ratio = (x: number): number => polynomial(NUMERATOR, x) / polynomial(DENOMINATOR, x);

// Of x to the highest power first.
const NUMERATOR = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const DENOMINATOR = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];

const polynomial = (factors: readonly number[], x: number): number =>
  factors.reduce((sum, factor) => sum * x + factor, 0);

const fraction = (x: number): number => x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))));

/**
 * The value below which a share of a standard normal distribution lies: the inverse of `normalCdf`, by bisection, to 1e-12.
 * @throws `RangeError` for a share that is not above 0 and below 1.
 */
export function normalQuantile(share: number): number {
  if (!(share > 0 && share < 1)) throw new RangeError('A quantile is of a share above 0 and below 1.');
  // Where the share is small it is exact: near 1 the difference to 1 would be rounded.
  if (share > 0.5) return -normalQuantile(1 - share);
  let [low, high] = [-40, 0];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}
