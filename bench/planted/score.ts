import type { GroundedSentence } from '../../schemas/grounding';
import type { PlantedAnswer, PlantedSentence } from './answers';
import { wilson } from '../../activities/evaluation/statistics/wilson';

/** A sentence of which it is known whether its meaning was changed, and what was said of it. */
export interface Outcome {
  sentence: PlantedSentence;
  flagged: boolean;
  /** The sentences that it was cut into. */
  judged: GroundedSentence[];
}

/** What was said of each sentence of an answer: one is flagged where any part of it is. */
export function matchSentences(answer: PlantedAnswer, judged: readonly GroundedSentence[]): Outcome[] {
  let from = 0;
  return answer.sentences.map((sentence) => {
    const begin = answer.text.indexOf(sentence.text, from);
    const end = (from = begin + sentence.text.length);
    const parts = judged.filter((one) => Math.min(one.to, end) - Math.max(one.from, begin) > 0.5 * (one.to - one.from));
    return { sentence, judged: parts, flagged: parts.some(({ supported }) => !supported) };
  });
}

/** Precision, recall and false alarms as rows of a table, each with its 95% interval. */
export function tally(outcomes: readonly Outcome[]): string[] {
  const planted = outcomes.filter(({ sentence }) => sentence.planted !== undefined);
  const kept = outcomes.filter(({ sentence }) => sentence.planted === undefined);
  const flagged = outcomes.filter((outcome) => outcome.flagged);
  const right = flagged.filter(({ sentence }) => sentence.planted !== undefined).length;
  const rows = [`| precision | ${share(right, flagged.length)} |`, `| recall | ${share(right, planted.length)} |`];
  const count = (name: string, of: readonly Outcome[]) =>
    rows.push(`| ${name} | ${share(of.filter((outcome) => outcome.flagged).length, of.length)} |`);
  for (const kind of namesOf(planted.map(({ sentence }) => sentence.planted ?? ''))) {
    count(
      `recall of ${kind}`,
      planted.filter(({ sentence }) => sentence.planted === kind),
    );
  }
  count(
    'false alarms, word for word',
    kept.filter(({ sentence }) => sentence.paraphrased.length === 0),
  );
  for (const way of namesOf(kept.flatMap(({ sentence }) => sentence.paraphrased))) {
    count(
      `false alarms, ${way}`,
      kept.filter(({ sentence }) => sentence.paraphrased.includes(way)),
    );
  }
  return rows;
}

const namesOf = (names: readonly string[]): string[] => [...new Set(names)].sort();

/** A share with its 95% interval. */
export function share(hits: number, of: number): string {
  if (of === 0) return 'none';
  const { mean, low, high } = wilson(hits, of);
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}), ${hits} of ${of}`;
}
