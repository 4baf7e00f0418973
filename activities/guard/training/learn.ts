import type { Report } from '../../kit/heartbeat';
import { FeatureMaker, type WindowFeatures } from '../classifier/features';
import { logit, type LinearModel, trainLinear } from '../classifier/train';
import { RULES_ALONE_FROM } from '../guard';
import { openReader } from '../normalise';
import { joined, matchView, ruleReasons } from '../rules';
import type { PlanText } from './plan';

/** A text as a guard sees it. */
export interface SeenText {
  /** Its place in the plan. */
  at: number;
  attack: boolean;
  family: string;
  generated: boolean;
  fold: number | null;
  /** Whether the rules alone stop it, whatever is learnt. */
  ruled: boolean;
  /** Windows of all views. */
  windows: WindowFeatures[];
}

/** Reads all texts, about a millisecond each; their windows take some 4 KB each. */
export async function seeTexts(texts: readonly PlanText[], report: Report): Promise<SeenText[]> {
  const read = await openReader();
  const maker = new FeatureMaker();
  return texts.map(({ text, surface, attack, family, generated, fold }, at) => {
    const reading = read(text);
    if (at % 100 === 0) report(at, texts.length);
    return {
      at,
      attack,
      family,
      generated,
      fold,
      ruled: joined(ruleReasons(reading, surface)) >= RULES_ALONE_FROM,
      windows: reading.views.flatMap((view) => maker.windows(view.text, surface, matchView(view, surface))),
    };
  });
}

/** How a text scored: its worst window, in log-odds. */
export interface TextScore {
  at: number;
  score: number;
}

/** Scores of texts by a model. */
export const scoreTexts = (model: LinearModel, texts: readonly SeenText[]): TextScore[] =>
  texts.map(({ at, windows }) => ({ at, score: Math.max(...windows.map((window) => logit(model, window))) }));

/** Learns from all texts that are not held out but those of one fold, and scores that fold. */
export function scoreFold(texts: readonly SeenText[], fold: number, seed: number): TextScore[] {
  const model = trainLinear(
    texts.filter((text) => text.fold !== null && text.fold !== fold),
    { seed },
  );
  return scoreTexts(
    model,
    texts.filter((text) => text.fold === fold),
  );
}

/**
 * The threshold above which at most the given share of harmless texts lies, those that the rules stop by themselves counted
 * too: halfway between the last that may be stopped and the first that may not. `texts` are harmless ones with the scores
 * that they got from a model which had not learnt from them.
 */
export function thresholdFor(texts: readonly { score: number; ruled: boolean }[], falsePositives: number): number {
  const ruled = texts.filter((text) => text.ruled).length;
  const scores = texts.filter((text) => !text.ruled).map(({ score }) => score);
  scores.sort((a, b) => b - a);
  const allowed = Math.max(0, Math.floor(falsePositives * texts.length) - ruled);
  const first = scores[allowed];
  // Nothing that is harmless is left to tell what would be too low.
  if (first === undefined) return scores.at(-1) ?? 0;
  const last = scores[allowed - 1] ?? first + 1;
  return (first + last) / 2;
}

/**
 * Learns with all attacks of a family left out, sets the threshold on harmless texts of one fold that it has not learnt from either,
 * and says how many of the family it stops.
 */
export function tryWithout(
  texts: readonly SeenText[],
  family: string,
  { falsePositives, seed }: { falsePositives: number; seed: number },
): { hits: number; texts: number } {
  const judged = (text: SeenText) => !text.attack && text.fold === 0;
  const model = trainLinear(
    texts.filter((text) => (text.attack ? text.family !== family : text.fold !== null && !judged(text))),
    { seed },
  );
  const harmless = texts.filter(judged);
  const scored = scoreTexts(model, harmless).map(({ score }, at) => ({ score, ruled: harmless[at]?.ruled === true }));
  const threshold = thresholdFor(scored, falsePositives);
  const wanted = texts.filter((text) => text.attack && text.family === family);
  const scores = scoreTexts(model, wanted);
  const hits = wanted.filter((text, at) => text.ruled || (scores[at]?.score ?? -Infinity) >= threshold).length;
  return { hits, texts: wanted.length };
}
