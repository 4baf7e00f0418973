import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CleaningRules } from '../../schemas/recipes';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import { MinHash } from './dedup/minhash';
import { Shingles } from './dedup/shingles';
import { IDS, SIGNATURES, SignatureWriter } from './dedup/signature-file';
import { LineWriter } from './line-writer';
import { normalise, wellFormed } from './read/normalise';
import { readSlice, type LocalSlice, type ReadDocument, type ReadOptions } from './read/records';
import { Judge } from './rules/judge';
import { codePoints } from './text/length';

/** Files that filtering a unit leaves, besides signatures and ids: JSON Lines of the two kinds below. */
export const KEPT = 'kept.jsonl';
export const REJECTED = 'rejected.jsonl';

/** A document that broke no rule; whether it is a duplicate is not known yet. */
export interface KeptDocument {
  ordinal: number;
  id: string;
  source: string;
  format: string;
  /** Row of the file, from 1; 0 for the whole file. */
  row: number;
  title: string | null;
  text: string;
  /** First 32 hexadecimal digits of the sha256 of the text. */
  content_hash: string;
  /** Code points. */
  chars: number;
  /** Tokens that are more than punctuation. */
  words: number;
}

export interface RejectedDocument {
  id: string;
  source: string;
  row: number;
  reason: string;
  text: string;
  /** False where `text` is only the beginning, or what could be shown of it. */
  whole: boolean;
}

export interface FilterTask extends ReadOptions {
  slices: LocalSlice[];
  rules: CleaningRules;
  dir: string;
}

export interface FilterResult {
  read: number;
  kept: number;
  rejected: number;
  reasons: Record<string, number>;
  /** Bytes of the longest line in either file: what a reader of them must have room for. */
  longestLine: number;
}

/**
 * Reads the slices of a unit, judges each document, and writes what is kept, what is rejected and why, and what is
 * needed to find duplicates. Reports bytes read of all bytes.
 * @throws `SourceChanged`, `InvariantBroken`.
 */
export async function filterSlices(task: FilterTask, report: Report): Promise<FilterResult> {
  const output = new FilterOutput(task.dir, task.rules);
  const total = task.slices.reduce((sum, slice) => sum + slice.end - slice.start, 0);
  let [read, done] = [0, 0];
  const onBytes = (bytes: number) => report((done += bytes), total);
  try {
    for (const slice of task.slices) {
      for await (const document of readSlice(slice, task, onBytes)) {
        read++;
        output.take(document);
      }
    }
    output.close();
  } finally {
    output.release();
  }
  const { kept, rejected, reasons } = output;
  if (read !== kept + rejected) {
    throw failure('InvariantBroken', `${read} documents were read, but ${kept} kept and ${rejected} rejected.`);
  }
  return { read, kept, rejected, reasons, longestLine: output.longestLine };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

class FilterOutput {
  kept = 0;
  rejected = 0;
  readonly reasons: Record<string, number> = {};
  private readonly judge: Judge;
  private readonly shingles = new Shingles();
  private readonly minhash = new MinHash();
  private readonly signatures = new SignatureWriter();
  private readonly keptLines: LineWriter;
  private readonly rejectedLines: LineWriter;
  private readonly idLines: LineWriter;

  constructor(
    private readonly dir: string,
    private readonly rules: CleaningRules,
  ) {
    this.judge = new Judge(rules);
    this.keptLines = new LineWriter(path.join(dir, KEPT));
    this.rejectedLines = new LineWriter(path.join(dir, REJECTED));
    this.idLines = new LineWriter(path.join(dir, IDS));
  }

  get longestLine(): number {
    return Math.max(this.keptLines.longest, this.rejectedLines.longest);
  }

  take(document: ReadDocument): void {
    if (document.problem) {
      this.reject(document, document.problem, false);
      return;
    }
    const found = this.rules.normalise === 'standard' ? normalise(document.text) : wellFormed(document.text);
    if (found === '') {
      this.reject({ ...document, text: found }, 'empty_document', false);
      return;
    }
    const { reason, text, words } = this.judge.judge({ text: found, url: null });
    if (reason) this.reject({ ...document, text: found }, reason, true);
    else this.keep({ ...document, text }, words);
  }

  close(): void {
    this.keptLines.close();
    this.rejectedLines.close();
    this.idLines.close();
    this.signatures.write(path.join(this.dir, SIGNATURES));
  }

  /** Lets go of the files, whatever has happened: on a full disk an attempt fails again and again. */
  release(): void {
    for (const lines of [this.keptLines, this.rejectedLines, this.idLines]) lines.release();
  }

  private reject({ id, source, row, text }: ReadDocument, reason: string, whole: boolean): void {
    const line: RejectedDocument = { id, source, row, reason, text, whole };
    this.rejectedLines.write(JSON.stringify(line));
    this.rejected++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  private keep({ id, source, format, row, title, text }: ReadDocument, words: number): void {
    const digest = sha256(text);
    const chars = codePoints(text);
    const content_hash = digest.toString('hex', 0, 16);
    const line: KeptDocument = { ordinal: this.kept, id, source, format, row, title, text, content_hash, chars, words };
    this.keptLines.write(JSON.stringify(line));
    this.idLines.write(JSON.stringify(id));
    const shingles = this.rules.dropNearDuplicates ? this.shingles.of(text) : undefined;
    const bands = shingles && shingles.length > 0 ? this.minhash.bandsOf(shingles) : undefined;
    this.signatures.add(digest, sha256(id), bands, chars);
    this.kept++;
  }
}
