/**
 * How a guard does with what it has never met: `npx jiti bench/guard-generalise.ts [--data DIR] [--families] [--missed]`. Attacks of
 * sources that are left out, and texts written by hand that nothing is learnt from (`planted/guard`); with `--families` attacks of
 * families that are left out instead. `--missed` prints those texts that it judges wrongly. Takes about two minutes, as much again with families.
 */
import { parseArgs } from 'node:util';
import { trainLinear } from '../activities/guard/classifier/train';
import { generateAttacks, generateBenign } from '../activities/guard/generate';
import {
  scoreFold,
  scoreTexts,
  type SeenText,
  seeTexts,
  thresholdFor,
  tryWithout,
} from '../activities/guard/training/learn';
import { makePlan } from '../activities/guard/training/plan';
import { traffic } from '../activities/guard/training/quality';
import { shareWithin } from '../activities/guard/wilson';
import { harmlessTexts, made, wildTexts, within } from './guard-texts';
import { PLANTED_ATTACKS } from './planted/guard/attacks';
import { PLANTED_HARMLESS } from './planted/guard/harmless';
import { LATER_ATTACKS } from './planted/guard/later-attacks';
import { LATER_HARMLESS } from './planted/guard/later-harmless';
import type { Planted } from './planted/guard/planted';
import { THIRD_ATTACKS } from './planted/guard/third-attacks';
import { THIRD_HARMLESS } from './planted/guard/third-harmless';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    families: { type: 'boolean', default: false },
    missed: { type: 'boolean', default: false },
  },
});
const FALSE_POSITIVES = 0.01;
/** Texts of each grammar. */
const TEXTS = 4_000;
const quiet = () => undefined;

const planted = (kinds: readonly Planted[], attack: boolean) =>
  kinds.flatMap(({ family, surface, texts }) =>
    texts.map((text) => ({ text, family, surface, attack, generated: false, isCase: false, fold: null })),
  );

async function main(): Promise<void> {
  const wild = await wildTexts(options.data);
  if (!wild) return;
  const benign = [...(await harmlessTexts(options.data)), ...made(generateBenign(TEXTS, 1_001))];
  const { texts, counts } = makePlan([...wild, ...made(generateAttacks(TEXTS, 1))], benign, []);
  console.log(counts);
  const seen = await seeTexts(texts, quiet);
  if (options.families) {
    console.log('\n| whole family never met | share stopped |\n|---|---|');
    for (const family of new Set(seen.filter(({ attack }) => attack).map((text) => text.family))) {
      const { hits, texts: all } = tryWithout(seen, family, { falsePositives: FALSE_POSITIVES, seed: 1 });
      if (all >= 20) console.log(`| ${family} (${all}) | ${within(shareWithin(hits, all))} |`);
    }
    return;
  }
  const folds = new Map(
    [0, 1, 2, 3, 4].flatMap((fold) => scoreFold(seen, fold, 1)).map(({ at, score }) => [at, score]),
  );
  const outOfFold = (of: readonly SeenText[]) =>
    of.map(({ at, ruled }) => ({ score: folds.get(at) ?? -Infinity, ruled }));
  const threshold = thresholdFor(outOfFold(traffic(seen)), FALSE_POSITIVES);
  const cross = seen.filter(({ fold }) => fold !== null);

  console.log(`\n| cross-validated, threshold ${threshold.toFixed(2)} | share stopped |\n|---|---|`);
  for (const [name, of] of [
    ['in the wild', ({ attack, generated }) => attack && !generated],
    ['generated attacks', ({ attack, generated }) => attack && generated],
    ['harmless', ({ attack, generated }) => !attack && !generated],
    ['generated harmless', ({ attack, generated }) => !attack && generated],
  ] as [string, (text: SeenText) => boolean][]) {
    const chosen = outOfFold(cross.filter(of));
    const hits = chosen.filter(({ score, ruled }) => ruled || score >= threshold).length;
    console.log(`| ${name} (${chosen.length}) | ${within(shareWithin(hits, chosen.length))} |`);
  }

  console.log('\n| never met | share stopped |\n|---|---|');
  for (const [name, isLeftOut] of [
    ['in the wild, learnt from generated attacks alone', ({ generated }: SeenText) => !generated],
    ['generated attacks, learnt from the wild alone', ({ generated }: SeenText) => generated],
  ] as const) {
    const renamed = seen.map((text) => (text.attack && isLeftOut(text) ? { ...text, family: name } : text));
    const { hits, texts: all } = tryWithout(renamed, name, { falsePositives: FALSE_POSITIVES, seed: 1 });
    console.log(`| ${name} (${all}) | ${within(shareWithin(hits, all))} |`);
  }
  // All is learnt from but what is held out, as in a guard that is published.
  const model = trainLinear(cross, { seed: 1 });
  for (const [name, kinds, attack] of [
    ['attacks of the first set', PLANTED_ATTACKS, true],
    ['hard harmless texts of the first set', PLANTED_HARMLESS, false],
    ['attacks of the later set', LATER_ATTACKS, true],
    ['hard harmless texts of the later set', LATER_HARMLESS, false],
    ['attacks of the third set', THIRD_ATTACKS, true],
    ['hard harmless texts of the third set', THIRD_HARMLESS, false],
  ] as const) {
    const hand = planted(kinds, attack);
    const judged = await seeTexts(hand, quiet);
    const scores = scoreTexts(model, judged);
    const isStopped = (at: number) => judged[at]?.ruled === true || (scores[at]?.score ?? -Infinity) >= threshold;
    console.log(`\n| ${name} | texts | share stopped |\n|---|---:|---|`);
    for (const family of [...kinds.map((kind) => kind.family), 'all']) {
      const places = hand.flatMap((text, at) => (family === 'all' || text.family === family ? [at] : []));
      const share = shareWithin(places.filter(isStopped).length, places.length);
      console.log(`| ${family} | ${places.length} | ${within(share)} |`);
    }
    if (!options.missed) continue;
    for (const [at, { text, family }] of hand.entries()) {
      const score = (scores[at]?.score ?? 0) - threshold;
      if (isStopped(at) !== attack) console.log(`${family} ${score.toFixed(2)}: ${text.slice(0, 100)}`);
    }
  }
}

void main();
