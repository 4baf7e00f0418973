/**
 * How well a guard tells attacks from harmless texts, and how long a check takes: `npx jiti bench/guard.ts [--data DIR]
 * [--latency] [--quality]`, both where neither is named. `--data` holds `jailbreak/in-the-wild.jsonl` and, for harmless texts,
 * `cranfield/`, `cmrc2018-trial/` and `preferences/`; without the first the quality is left out. Takes about five minutes.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { hash32 } from '../activities/features/hash32';
import { buildClassifier } from '../activities/guard/classifier/onnx';
import { openClassifier } from '../activities/guard/classifier/open-classifier';
import { piecesAt } from '../activities/guard/classifier/windows';
import { trainLinear } from '../activities/guard/classifier/train';
import { generateAttacks, generateBenign } from '../activities/guard/generate';
import { openGuard } from '../activities/guard/guard';
import { mutate, surfaceOf } from '../activities/guard/red-team/mutations';
import {
  scoreFold,
  scoreTexts,
  type SeenText,
  seeTexts,
  thresholdFor,
  tryWithout,
} from '../activities/guard/training/learn';
import { makePlan } from '../activities/guard/training/plan';
import { qualityOf, traffic } from '../activities/guard/training/quality';
import type { SetText } from '../activities/guard/training/sets';
import { shareWithin } from '../activities/guard/wilson';
import { mulberry32 } from '../activities/kit/random';
import { type MutationName, MUTATIONS } from '../schemas/red-team';
import { harmlessTexts, made, wildTexts, within } from './guard-texts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    latency: { type: 'boolean', default: false },
    quality: { type: 'boolean', default: false },
  },
});
const both = options.latency === options.quality;
const FALSE_POSITIVES = 0.01;
const quiet = () => undefined;

async function quality(data: string): Promise<void> {
  const wild = await wildTexts(data);
  if (!wild) return;
  const benign = [...(await harmlessTexts(data)), ...made(generateBenign(2_000, 1_001))];
  const { texts, counts } = makePlan([...wild, ...made(generateAttacks(2_000, 1))], benign, []);
  const seen = await seeTexts(texts, quiet);
  console.log(counts);

  console.log('\n| rules alone, at 0.5 | share stopped |\n|---|---|');
  const rules = await openGuard();
  const decided = await Promise.all(
    texts.map(async ({ text, surface }) => (await rules.check(text, { surface })).score >= 0.5),
  );
  for (const [name, of] of [
    ['in the wild', (text: SetText & { attack: boolean }) => text.attack && !text.generated],
    ['generated attacks', (text: SetText & { attack: boolean }) => text.attack && text.generated],
    ['harmless', (text: SetText & { attack: boolean }) => !text.attack && !text.generated],
    ['generated harmless', (text: SetText & { attack: boolean }) => !text.attack && text.generated],
  ] as const) {
    const places = texts.flatMap((text, at) => (of(text) ? [at] : []));
    console.log(`| ${name} | ${within(shareWithin(places.filter((at) => decided[at]).length, places.length))} |`);
  }

  // As the stage does it.
  const folds = [0, 1, 2, 3, 4].flatMap((fold) => scoreFold(seen, fold, 1));
  const outOfFold = new Map(folds.map(({ at, score }) => [at, score]));
  const scored = (of: readonly SeenText[]) =>
    of.map(({ at, ruled }) => ({ score: outOfFold.get(at) ?? -Infinity, ruled }));
  const threshold = thresholdFor(scored(traffic(seen)), FALSE_POSITIVES);
  const families = [...new Set(seen.filter(({ attack }) => attack).map(({ family }) => family))].filter(
    (family) => seen.filter((text) => text.attack && text.family === family).length >= 20,
  );
  const leftOut = families.map((family) => ({
    family,
    ...tryWithout(seen, family, { falsePositives: FALSE_POSITIVES, seed: 1 }),
  }));
  const heldOut = seen.filter(({ fold }) => fold === null);
  const model = trainLinear(
    seen.filter(({ fold }) => fold !== null),
    { seed: 1 },
  );
  const measured = qualityOf(seen, scoreTexts(model, heldOut), threshold, leftOut);
  console.log('\n| held out by hash, threshold set before | share stopped |\n|---|---|');
  console.log(`| in the wild (${measured.recall.texts}) | ${within(measured.recall)} |`);
  console.log(`| harmless (${measured.falsePositives.texts}) | ${within(measured.falsePositives)} |`);
  console.log('\n| family | held out | stopped | whole family left out | stopped |\n|---|---:|---|---:|---|');
  for (const { family, heldOut: held, leftOut: without } of measured.families) {
    console.log(
      `| ${family} | ${held.texts} | ${within(held)} | ${without?.texts ?? ''} | ${without ? within(without) : ''} |`,
    );
  }
  const guard = await openGuard({ classifier: await openClassifier(buildClassifier(model, threshold)) });
  const targets = texts.filter(({ attack, fold, generated }) => attack && fold === null && !generated);
  console.log(`\n| mutation of ${targets.length} held out in the wild | got past |\n|---|---|`);
  for (const mutation of MUTATIONS) {
    let past = 0;
    for (const { text } of targets) {
      const disguised = mutate(text, mutation, mulberry32(hash32(text, 1))).slice(0, 20_000);
      const surface = surfaceOf(mutation, 'input' as const);
      const { decision } = await guard.check(disguised, { surface });
      if (decision === 'allow' || decision === 'warn') past += 1;
    }
    console.log(`| ${mutation} | ${within(shareWithin(past, targets.length))} |`);
  }

  const cross = seen.filter(({ fold }) => fold !== null);
  const stopped = (of: readonly SeenText[]) =>
    scored(of).filter(({ score, ruled }) => ruled || score >= threshold).length;
  const validated = cross.filter(({ attack, generated }) => attack && !generated);
  const clean = cross.filter(({ attack, generated }) => !attack && !generated);
  const hard = cross.filter(({ attack, generated }) => !attack && generated);
  console.log('\n| cross-validated in five folds of variants | share stopped |\n|---|---|');
  console.log(`| in the wild (${validated.length}) | ${within(shareWithin(stopped(validated), validated.length))} |`);
  console.log(`| harmless (${clean.length}) | ${within(shareWithin(stopped(clean), clean.length))} |`);
  console.log(`| generated harmless (${hard.length}) | ${within(shareWithin(stopped(hard), hard.length))} |`);

  console.log('\n| what was never met | share stopped at 1% |\n|---|---|');
  for (const [name, isLeftOut] of [
    ['in the wild, learnt from generated attacks alone', ({ generated }: SeenText) => !generated],
    ['generated attacks, learnt from the wild alone', ({ generated }: SeenText) => generated],
  ] as const) {
    const renamed = seen.map((text) => (text.attack && isLeftOut(text) ? { ...text, family: name } : text));
    const { hits, texts: all } = tryWithout(renamed, name, { falsePositives: FALSE_POSITIVES, seed: 1 });
    console.log(`| ${name} (${all}) | ${within(shareWithin(hits, all))} |`);
  }
}

/** Texts of about 512 tokens of an English encoder: 380 words, or 512 Han characters. */
const WORDS = 380;
const HAN = 512;

function long(texts: readonly string[]): string[] {
  const joined: string[] = [];
  let parts: string[] = [];
  let pieces = 0;
  for (const text of texts) {
    parts.push(text);
    pieces += piecesAt(text).length;
    if (pieces < (/\p{Script=Han}/u.test(text) ? HAN : WORDS)) continue;
    joined.push(parts.join(' '));
    [parts, pieces] = [[], 0];
  }
  return joined;
}

async function latency(): Promise<void> {
  const [attacks, benign] = [generateAttacks(2_000, 5), generateBenign(2_000, 6)];
  const plan = makePlan(made(attacks), made(benign), []);
  const model = trainLinear(await seeTexts(plan.texts, quiet));
  const guard = await openGuard({ classifier: await openClassifier(buildClassifier(model, 0)) });
  const isChinese = ({ family }: { family: string }) => family.startsWith('chinese');
  const random = mulberry32(9);
  // Of one family each: no text is a mail, a program and a play at once.
  const joined = (of: typeof attacks, change = (text: string) => text) =>
    [...new Set(of.map(({ family }) => family))].flatMap((family) =>
      long(of.filter((text) => text.family === family).map(({ text }) => change(text))),
    );
  const plain = attacks.filter((text) => !isChinese(text));
  const disguised = (mutation: MutationName) => joined(plain, (text) => mutate(text, mutation, random));
  const kinds: Record<string, string[]> = {
    harmless: joined(benign.filter((text) => !isChinese(text))),
    attacks: joined(plain),
    Chinese: joined([...attacks, ...benign].filter(isChinese)),
    'attacks in base64': disguised('base64'),
    'attacks in leetspeak': disguised('leet'),
    'attacks with homoglyphs': disguised('homoglyphs'),
    'attacks spaced out': disguised('spaced').map((text) => text.slice(0, 2_500)),
  };
  console.log(
    '\n| a check of 512 tokens, ms on one core | texts | CPU, median | 99% | longest | clock, median | 99% | longest |\n|---|---:|---:|---:|---:|---:|---:|---:|',
  );
  const everything: Taken[] = [];
  for (const [kind, texts] of Object.entries(kinds)) {
    const times: Taken[] = [];
    for (let round = 0; round < 6; round++) {
      for (const text of texts) {
        const [from, used] = [performance.now(), process.cpuUsage()];
        await guard.check(text, { surface: 'input' });
        const { user, system } = process.cpuUsage(used);
        // The first round warms up.
        if (round > 0) times.push({ wall: performance.now() - from, cpu: (user + system) / 1000 });
      }
    }
    console.log(row(kind, texts.length, times));
    everything.push(...times);
  }
  console.log(row('all', Object.values(kinds).flat().length, everything));
}

/** Milliseconds of a check: on a busy machine the clock also counts what others do. */
interface Taken {
  wall: number;
  cpu: number;
}

function row(kind: string, texts: number, times: readonly Taken[]): string {
  const at = (of: (taken: Taken) => number) => {
    const sorted = times.map(of).sort((a, b) => a - b);
    return [0.5, 0.99, 1].map((share) => (sorted[Math.ceil(share * sorted.length) - 1] ?? NaN).toFixed(1));
  };
  return `| ${[kind, texts, ...at(({ cpu }) => cpu), ...at(({ wall }) => wall)].join(' | ')} |`;
}

async function main(): Promise<void> {
  console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}`);
  if (options.latency || both) await latency();
  if (options.quality || both) await quality(options.data);
}

void main();
