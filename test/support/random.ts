import { mulberry32 } from '../../activities/kit/random';

/** Numbers that look random and are the same for the same seed, so that a failure can be had again. */
export interface Random {
  /** A whole number from 0 to limit - 1. */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
  shuffle<T>(list: readonly T[]): T[];
}

/** The same choices for the same seed. */
export function seededRandom(seed: number): Random {
  const next = mulberry32(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[below(from.length)] as T;
  };
  const shuffle = <T>(list: readonly T[]): T[] => {
    const rest = [...list];
    return list.map(() => rest.splice(below(rest.length), 1)[0] as T);
  };
  return { below, pick, shuffle };
}
