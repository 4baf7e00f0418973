/**
 * How well sentences that no passage supports are told from those that are, on answers made of the passages of two public
 * collections with known changes: `npx jiti bench/grounding.ts [--data DIR] [--answers N] [--seed N] [--half tune|report]`.
 * Every second document is for tuning, where the threshold is chosen from a row of them; what is reported is measured on the
 * others, with the default. `--show N` prints the first N mistakes.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkGrounding, DEFAULT_THRESHOLD } from '../activities/agent/grounding/check';
import type { Encoder } from '../activities/encoder/encoder';
import { packConfig } from '../schemas/config';
import { openConfiguredEncoder } from '../workers/dependencies';
import { defaultCacheDir } from '../workers/stack/cache';
import { plantAnswers, type PlantedAnswer, type PlantedOptions, type SourceDocument } from './planted/answers';
import { matchSentences, type Outcome, tally } from './planted/score';

type Language = PlantedOptions['language'];

const FILES: Record<Language, string> = {
  english: 'cranfield/documents.jsonl',
  chinese: 'cmrc2018-trial/passages.jsonl',
};
const THRESHOLDS = [0.4, 0.5, DEFAULT_THRESHOLD, 0.7, 0.8];
/** Share of sentences whose meaning was changed. */
const SHARE = 0.3;
const PASSAGES = 8;
/** What the time of a sentence is told for. */
const MANY_PASSAGES = 20;

async function documentsOf(data: string, language: Language, half: string): Promise<SourceDocument[]> {
  const lines = (await readFile(path.join(data, FILES[language]), 'utf8')).split('\n').filter(Boolean);
  const documents = lines.map((line) => JSON.parse(line) as SourceDocument).filter(({ text }) => text !== '');
  return documents.filter((_, at) => (at % 2 === 0) === (half === 'tune'));
}

async function outcomesOf(
  answers: readonly PlantedAnswer[],
  encoder: Encoder,
  threshold: number,
  show: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let left = show;
  for (const answer of answers) {
    const { sentences } = await checkGrounding(answer.text, answer.passages, encoder, { threshold });
    for (const outcome of matchSentences(answer, sentences)) {
      outcomes.push(outcome);
      const { sentence, flagged, judged } = outcome;
      if (flagged === (sentence.planted !== undefined) || left === 0) continue;
      left -= 1;
      console.log(`\n[${sentence.planted ?? 'meaning kept'}; ${sentence.paraphrased.join(', ')}] ${sentence.text}`);
      for (const { score, reason, citation } of judged) {
        const passage = answer.passages.find(({ document }) => document === citation?.document);
        console.log(
          `  ${score.toFixed(2)} ${JSON.stringify(reason)} ${passage?.text.slice(citation?.from, citation?.to)}`,
        );
      }
    }
  }
  return outcomes;
}

/** Milliseconds that a sentence takes against many passages: of all of an answer's, shared by its sentences. */
async function timePerSentence(
  documents: readonly SourceDocument[],
  language: Language,
  encoder: Encoder,
): Promise<string> {
  const answers = plantAnswers(documents, { language, seed: 7, answers: 60, passages: MANY_PASSAGES, share: SHARE });
  const times: number[] = [];
  for (const { text, passages, sentences } of answers) {
    const start = performance.now();
    await checkGrounding(text, passages, encoder);
    times.push((performance.now() - start) / sentences.length);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * times.length)] ?? Number.NaN).toFixed(1);
  return `against ${MANY_PASSAGES} passages a sentence takes ${at(0.5)} ms (median), ${at(0.95)} ms (95%)`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: path.resolve(__dirname, '../../shared/data') },
      answers: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      half: { type: 'string', default: 'report' },
      only: { type: 'string' },
      show: { type: 'string', default: '0' },
    },
  });
  if (!existsSync(values.data)) {
    console.log(`Skipped: ${values.data} is not there; --data names the folder of the collections.`);
    return;
  }
  const settings = { config: packConfig.parse({}), cacheDir: defaultCacheDir() };
  const encoder = await openConfiguredEncoder(settings, console.error);
  console.log(`node ${process.version}, ${availableParallelism()} cores, half to ${values.half}`);
  try {
    for (const language of ['english', 'chinese'] as const) {
      if (values.only !== undefined && values.only !== language) continue;
      const documents = await documentsOf(values.data, language, values.half);
      const options = {
        language,
        seed: Number(values.seed),
        answers: Number(values.answers),
        passages: PASSAGES,
        share: SHARE,
      };
      const answers = plantAnswers(documents, options);
      for (const threshold of values.half === 'tune' ? THRESHOLDS : [DEFAULT_THRESHOLD]) {
        const outcomes = await outcomesOf(answers, encoder, threshold, Number(values.show));
        console.log(`\n${language}, threshold ${threshold}`);
        for (const line of tally(outcomes)) console.log(line);
      }
      console.log(await timePerSentence(documents, language, encoder));
    }
  } finally {
    await encoder.close();
  }
}

void main();
