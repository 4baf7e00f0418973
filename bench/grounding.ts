/**
 * How well sentences that no passage supports are told from those that are, on answers made of the passages of two public
 * collections with known changes: `npx jiti bench/grounding.ts [--data DIR] [--answers N] [--seed N] [--half tune|report]`.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkGrounding } from '../activities/agent/grounding/check';
import { packConfig } from '../schemas/config';
import { openConfiguredEncoder } from '../workers/dependencies';
import { defaultCacheDir } from '../workers/stack/cache';
import { plantAnswers, type PlantedOptions, type SourceDocument } from './planted/answers';

const FILES: Record<PlantedOptions['language'], string> = {
  english: 'cranfield/documents.jsonl',
  chinese: 'cmrc2018-trial/passages.jsonl',
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: path.resolve(__dirname, '../../shared/data') },
      answers: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      half: { type: 'string', default: 'report' },
      show: { type: 'string', default: '0' },
      only: { type: 'string' },
    },
  });
  if (!existsSync(values.data)) {
    console.log(`Skipped: ${values.data} is not there; --data names the folder of the collections.`);
    return;
  }
  const encoder = await openConfiguredEncoder(
    { config: packConfig.parse({}), cacheDir: defaultCacheDir() },
    console.error,
  );
  console.log(`node ${process.version}, ${availableParallelism()} cores, half ${values.half}`);
  try {
    for (const [language, file] of Object.entries(FILES) as [PlantedOptions['language'], string][]) {
      if (values.only !== undefined && values.only !== language) continue;
      const lines = (await readFile(path.join(values.data, file), 'utf8')).split('\n').filter(Boolean);
      const documents = lines.map((line) => JSON.parse(line) as SourceDocument).filter(({ text }) => text !== '');
      const half = documents.filter((_, at) => (at % 2 === 0) === (values.half === 'tune'));
      const answers = plantAnswers(half, {
        language,
        seed: Number(values.seed),
        answers: Number(values.answers),
        passages: 8,
        share: 0.3,
      });
      const counts: Record<string, [number, number]> = {};
      const count = (kind: string, hit: boolean) => {
        const entry = (counts[kind] ??= [0, 0]);
        entry[0] += hit ? 1 : 0;
        entry[1] += 1;
      };
      let [right, flagged, planted, shown, ms, sentences] = [0, 0, 0, 0, 0, 0];
      for (const answer of answers) {
        const start = performance.now();
        const { sentences: judged } = await checkGrounding(answer.text, answer.passages, encoder);
        ms += performance.now() - start;
        let from = 0;
        for (const sentence of answer.sentences) {
          const begin = answer.text.indexOf(sentence.text, from);
          const end = (from = begin + sentence.text.length);
          const mine = judged.filter(
            (one) => Math.min(one.to, end) - Math.max(one.from, begin) > 0.5 * (one.to - one.from),
          );
          const wrong = mine.some(({ supported }) => !supported);
          sentences += 1;
          if (sentence.planted) planted += 1;
          if (wrong) flagged += 1;
          if (wrong && sentence.planted) right += 1;
          if (sentence.planted) count(`planted ${sentence.planted}`, wrong);
          else {
            for (const kind of sentence.paraphrased.length > 0 ? sentence.paraphrased : ['verbatim'])
              count(`false: ${kind}`, wrong);
            count('false: all', wrong);
          }
          if (wrong !== Boolean(sentence.planted) && shown < Number(values.show)) {
            shown += 1;
            const bad = mine.find(({ supported }) => !supported) ?? mine[0];
            const cited =
              bad?.citation &&
              answer.passages
                .find(({ document }) => document === bad.citation?.document)
                ?.text.slice(bad.citation.from, bad.citation.to);
            console.log(
              `\n[${sentence.planted ?? '-'} | ${sentence.paraphrased.join(',')}] ${sentence.text}\n   ${JSON.stringify(bad?.reason)} ${bad?.score.toFixed(2)} cites: ${cited}`,
            );
          }
        }
      }
      console.log(
        `\n${language}: precision ${(right / flagged).toFixed(3)}, recall ${(right / planted).toFixed(3)} (${planted} planted, ${flagged} flagged); ${(ms / sentences).toFixed(1)} ms a sentence`,
      );
      for (const [kind, [hit, all]] of Object.entries(counts).sort())
        console.log(`  ${kind}: ${hit}/${all} ${(hit / all).toFixed(3)}`);
    }
  } finally {
    await encoder.close();
  }
}

void main();
