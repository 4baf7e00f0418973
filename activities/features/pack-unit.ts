import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import type { SequenceSpec } from '../../schemas/features';
import { LineWriter } from '../cleaning/line-writer';
import { linesOf } from '../cleaning/read/lines';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import { packerFor, type PackTotals } from './pack';
import { BpeTokenizer } from './tokenizer/bpe-tokenizer';
import { textOf } from './values';

/** File with a sequence a line, made into Parquet after. */
export const PACKED = 'packed.jsonl';

/**
 * Columns of the sequences: `input_ids` (all of one length), `seq_lengths` (tokens of each piece of a document, as TRL's
 * collator reads it to keep documents apart) and `tokens` (their sum; what comes after is padding).
 */
export const SEQUENCE_COLUMNS = { input_ids: 'INTEGER[]', seq_lengths: 'INTEGER[]', tokens: 'INTEGER' } as const;

export interface PackTask {
  tokenizer: string;
  rows: string;
  /** Place of the text among the raw values. */
  column: number;
  spec: SequenceSpec;
  dir: string;
}

/** Tokenises the texts of a unit, each with its end-of-text token, and packs them. @throws `InvariantBroken`. */
export async function packUnit(
  { tokenizer: file, rows, column, spec, dir }: PackTask,
  report: Report,
): Promise<PackTotals> {
  const tokenizer = new BpeTokenizer(JSON.parse(readFileSync(file, 'utf8')));
  const [endOfText, pad] = [tokenizer.specialId(spec.endOfText), tokenizer.specialId(spec.pad)];
  const output = new LineWriter(path.join(dir, PACKED));
  const packer = packerFor(spec, ({ tokens, lengths }) => {
    const padding = Array.from({ length: spec.length - tokens.length }, () => pad);
    const input_ids = [...tokens, ...padding];
    output.write(JSON.stringify({ input_ids, seq_lengths: lengths, tokens: tokens.length }));
  });
  let done = 0;
  try {
    for await (const { bytes } of linesOf(createReadStream(rows, { highWaterMark: 1 << 20 }), Infinity)) {
      const text = textOf((JSON.parse(bytes.toString('utf8')) as unknown[])[column]);
      if (typeof text === 'string') packer.add([...tokenizer.encode(text), endOfText]);
      if (++done % 100 === 0) report(done, 0);
    }
    packer.end();
    output.close();
  } finally {
    output.release();
  }
  const { given, packed, dropped } = packer.totals;
  if (given !== packed + dropped) {
    throw failure('InvariantBroken', `${given} tokens were given, but ${packed} packed and ${dropped} dropped.`);
  }
  return packer.totals;
}
