/** Two systems that were compared once, and how it ended for the first of them. */
export interface Match {
  systems: readonly [string, string];
  outcome: 'win' | 'tie' | 'loss';
}

/**
 * The strengths of several systems from their matches, as logarithms whose mean is 0: one that is higher by d wins with a chance of
 * 1 / (1 + e^-d) (Bradley, Terry, Biometrika 1952; fitted as Hunter, "MM algorithms for generalized Bradley-Terry models", Annals
 * of Statistics 2004, does). A tie is half a win for both. Each pair that met is given one more tie, so that a system that won
 * every match is not infinitely strong.
 */
export function bradleyTerry(matches: readonly Match[]): Map<string, number> {
  const names = [...new Set(matches.flatMap(({ systems }) => systems))].sort();
  const won = new Map(names.map((name) => [name, 0]));
  const met = new Map<string, { systems: readonly [string, string]; times: number }>();
  const add = (name: string, points: number) => won.set(name, (won.get(name) ?? 0) + points);
  for (const { systems, outcome } of matches) {
    const [one, other] = systems;
    const points = outcome === 'win' ? 1 : outcome === 'loss' ? 0 : 1 / 2;
    add(one, points);
    add(other, 1 - points);
    const key = JSON.stringify([...systems].sort());
    const pair = met.get(key);
    if (pair) pair.times += 1;
    else {
      met.set(key, { systems, times: 2 });
      for (const name of systems) add(name, 1 / 2);
    }
  }

  let strengths = new Map(names.map((name) => [name, 1]));
  const strength = (name: string) => strengths.get(name) ?? 1;
  for (let round = 0; round < 10_000; round += 1) {
    const shares = new Map(names.map((name) => [name, 0]));
    for (const { systems, times } of met.values()) {
      const share = times / (strength(systems[0]) + strength(systems[1]));
      for (const name of systems) shares.set(name, (shares.get(name) ?? 0) + share);
    }
    const next = names.map((name) => [name, (won.get(name) ?? 0) / (shares.get(name) ?? 1)] as const);
    // Only ratios mean something: the geometric mean is kept at 1.
    const scale = Math.exp(next.reduce((sum, [, value]) => sum + Math.log(value), 0) / names.length);
    const moved = Math.max(...next.map(([name, value]) => Math.abs(Math.log(value / scale / strength(name)))));
    strengths = new Map(next.map(([name, value]) => [name, value / scale]));
    if (moved < 1e-10) break;
  }
  return new Map(names.map((name) => [name, Math.log(strength(name))]));
}
