import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SequenceSpec } from '../../../schemas/features';
import type { Report } from '../../kit/heartbeat';
import { TOKENIZER_FILE } from '../fitted';
import { tokenizerJson } from './tokenizer-file';
import { trainBpe, type WordCount } from './train-bpe';

export interface TrainTask {
  /** JSON Lines of `{ word, count }`, the most frequent first. */
  words: string;
  spec: SequenceSpec;
  dir: string;
}

/** The special tokens of a recipe, each once, in the order of their ids. */
export const specialTokens = ({ endOfText, pad, specialTokens: more }: SequenceSpec): string[] => [
  ...new Set([endOfText, pad, ...more]),
];

/** Trains a tokenizer on counted pretokens and writes its `tokenizer.json`. Reports merges. */
export function trainTokenizer({ words, spec, dir }: TrainTask, report: Report): { tokens: number } {
  const lines = readFileSync(words, 'utf8').split('\n');
  const counted = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as WordCount);
  const special = specialTokens(spec);
  const { vocabulary, minFrequency } = spec;
  const merges = trainBpe(counted, { firstByte: special.length, vocabulary, minFrequency }, report);
  writeFileSync(path.join(dir, TOKENIZER_FILE), `${JSON.stringify(tokenizerJson(special, merges))}\n`);
  return { tokens: special.length + 256 + merges.length };
}
