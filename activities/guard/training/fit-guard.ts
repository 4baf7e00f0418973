import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuardQuality } from '../../../schemas/train-guard';
import type { Report } from '../../kit/heartbeat';
import { buildClassifier } from '../classifier/onnx';
import { trainLinear } from '../classifier/train';
import { GUARD_BUILD, GUARD_FILES, type GuardCard } from '../guard-files';
import { scoreFold, scoreTexts, seeTexts, type TextScore, thresholdFor, tryWithout } from './learn';
import { readPlanTexts } from './plan';
import { qualityOf, traffic } from './quality';

/** What each task of the thread is given. */
export interface LearnTask {
  /** The plan's texts. */
  file: string;
  seed: number;
}

/** Of a unit that scores a fold. */
export const SCORES_FILE = 'scores.json';

/** Cross-validation: learns without a fold and writes the scores of its texts. */
export async function foldInThread(
  { file, seed, fold, dir }: LearnTask & { fold: number; dir: string },
  report: Report,
): Promise<{ texts: number }> {
  const scores = scoreFold(await seeTexts(readPlanTexts(file), report), fold, seed);
  await writeFile(path.join(dir, SCORES_FILE), JSON.stringify(scores));
  return { texts: scores.length };
}

/** Learns without a family, and says how many of it are stopped all the same. */
export async function withoutInThread(
  { file, seed, family, falsePositives }: LearnTask & { family: string; falsePositives: number },
  report: Report,
): Promise<{ family: string; hits: number; texts: number }> {
  const seen = await seeTexts(readPlanTexts(file), report);
  return { family, ...tryWithout(seen, family, { falsePositives, seed }) };
}

export interface FitTask extends LearnTask {
  /** Scores of the folds. */
  scores: readonly string[];
  leftOut: readonly { family: string; hits: number; texts: number }[];
  falsePositives: number;
  dir: string;
}

/**
 * Learns from all that is not held out, sets the threshold by the scores of the folds, measures on what is held out, and writes
 * the files of the guard.
 */
export async function fitInThread(task: FitTask, report: Report): Promise<{ quality: GuardQuality }> {
  const { file, seed, falsePositives, dir } = task;
  const seen = await seeTexts(readPlanTexts(file), report);
  const scored = new Map(
    task.scores
      .flatMap((scores) => JSON.parse(readFileSync(scores, 'utf8')) as TextScore[])
      .map(({ at, score }) => [at, score]),
  );
  const harmless = traffic(seen).map(({ at, ruled }) => ({ score: scored.get(at) ?? -Infinity, ruled }));
  const threshold = thresholdFor(harmless, falsePositives);
  const model = trainLinear(
    seen.filter(({ fold }) => fold !== null),
    { seed },
  );
  const heldOut = scoreTexts(
    model,
    seen.filter(({ fold }) => fold === null),
  );
  const quality = qualityOf(seen, heldOut, threshold, task.leftOut);
  const card: GuardCard = { build: GUARD_BUILD, falsePositives, seed, quality };
  await writeFile(path.join(dir, GUARD_FILES.model), buildClassifier(model, threshold));
  await writeFile(path.join(dir, GUARD_FILES.card), `${JSON.stringify(card, null, 2)}\n`);
  return { quality };
}
