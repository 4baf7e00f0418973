import { createHash } from 'node:crypto';

/** The side of a split that a user is on. */
export type ArmName = 'control' | 'canary';

/** 48 bits of a hash are a whole number that a double holds exactly. */
const BITS = 48;

/**
 * Where a user stands from 0 (inclusive) to 1, the same for ever: whoever stands below the share is in the canary, so that a share
 * which grows takes users in and sends none away. Each candidate deals users anew, or those of the first percent would try every
 * strategy that fails.
 */
export function placeOf(name: string, candidate: number, user: string): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([name, candidate, user]))
    .digest();
  return digest.readUIntBE(0, BITS / 8) / 2 ** BITS;
}

/** The arm of a user while `candidate` is given to `share` of them. */
export function armOf(
  { name, candidate, share }: { name: string; candidate: number | null; share: number },
  user: string,
): ArmName {
  return candidate !== null && placeOf(name, candidate, user) < share ? 'canary' : 'control';
}
