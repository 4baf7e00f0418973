/**
 * P-values corrected for how many questions were asked, each with its place kept: whoever takes those at most alpha for true is
 * wrong about any of them at most so often, however the questions hang together (Holm, "A simple sequentially rejective
 * multiple test procedure", Scandinavian Journal of Statistics 1979).
 */
export function holm(chances: readonly number[]): number[] {
  const order = chances.map((chance, at) => ({ chance, at })).sort((a, b) => a.chance - b.chance);
  const corrected = new Array<number>(chances.length).fill(1);
  let highest = 0;
  for (const [rank, { chance, at }] of order.entries()) {
    highest = Math.max(highest, Math.min(1, chance * (order.length - rank)));
    corrected[at] = highest;
  }
  return corrected;
}
