import type { GuardQuality } from '../../../schemas/train-guard';
import { shareWithin } from '../wilson';
import type { SeenText, TextScore } from './learn';

/** With fewer texts a share says nothing: those of grammars are counted too. */
const ENOUGH = 20;
/** Given harmless texts from which on the threshold is set on them alone. */
const ENOUGH_TRAFFIC = 500;
/** Families in a result; it must stay small. */
const MOST_FAMILIES = 60;

/** Those that no grammar has made, where there are enough of them. */
export function given<T extends { generated: boolean }>(texts: readonly T[], enough = ENOUGH): readonly T[] {
  const real = texts.filter(({ generated }) => !generated);
  return real.length >= enough ? real : texts;
}

/** Harmless texts that the threshold is set on: a team's own, where there are enough. */
export const traffic = (texts: readonly SeenText[]): readonly SeenText[] =>
  given(
    texts.filter(({ attack, fold }) => !attack && fold !== null),
    ENOUGH_TRAFFIC,
  );

/**
 * How a guard does on what was held out. `leftOut` are families that were left out in turn, with what was stopped of them all
 * the same.
 */
export function qualityOf(
  texts: readonly SeenText[],
  scores: readonly TextScore[],
  threshold: number,
  leftOut: readonly { family: string; hits: number; texts: number }[],
): GuardQuality {
  const byPlace = new Map(scores.map(({ at, score }) => [at, score]));
  const isStopped = ({ at, ruled }: SeenText) => ruled || (byPlace.get(at) ?? -Infinity) >= threshold;
  const share = (of: readonly SeenText[]) => shareWithin(of.filter(isStopped).length, of.length);
  const heldOut = texts.filter(({ fold }) => fold === null);
  const attacks = texts.filter(({ attack }) => attack);
  const names = [...new Set(attacks.map(({ family }) => family))];
  const families = names.map((family) => {
    const found = leftOut.find((other) => other.family === family);
    return {
      family,
      generated: attacks.filter((text) => text.family === family).every(({ generated }) => generated),
      heldOut: share(heldOut.filter((text) => text.attack && text.family === family)),
      leftOut: found ? shareWithin(found.hits, found.texts) : null,
    };
  });
  families.sort((a, b) => b.heldOut.texts - a.heldOut.texts || (a.family < b.family ? -1 : 1));
  return {
    recall: share(given(heldOut.filter(({ attack }) => attack))),
    falsePositives: share(given(heldOut.filter(({ attack }) => !attack))),
    families: families.slice(0, MOST_FAMILIES),
  };
}
