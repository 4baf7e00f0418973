import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CleaningRules, PiiKind } from '../../schemas/recipes';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import { MinHash } from './dedup/minhash';
import { Shingles } from './dedup/shingles';
import { IDS, SIGNATURES, SignatureWriter } from './dedup/signature-file';
import { LineWriter } from './line-writer';
import { redact, type PiiCounts } from './pii/redact';
import { normalise, wellFormed } from './read/normalise';
import { readSlice, type LocalSlice, type ReadDocument, type ReadOptions } from './read/records';
import type { EvaluationIndex } from './references/contamination';
import { loadReferences, type LocalReferences } from './references/load';
import { Judge, type Verdict } from './rules/judge';
import { prepareTools } from './rules/tools';
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
  /** As `content_hash`, of the text as it was found: another where normalising, C4 or redacting has changed it. */
  found_hash: string;
  url: string | null;
  /** ISO 639-1 code; null where it was not asked for. */
  language: string | null;
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
  /** What exactly broke the rule, where a reason does not say it: the words that an evaluation set has too. */
  detail: string | null;
  text: string;
  /** False where `text` is only the beginning, or what could be shown of it. */
  whole: boolean;
}

export interface FilterTask extends ReadOptions {
  slices: LocalSlice[];
  rules: CleaningRules;
  /** Lists and evaluation sets; absent where the run has none. */
  references?: LocalReferences;
  dir: string;
}

export interface FilterResult {
  read: number;
  kept: number;
  rejected: number;
  reasons: Record<string, number>;
  /** Lines that C4 left out, by datatrove's name of the reason, and personal data found, by kind. */
  lines: Record<string, number>;
  pii: PiiCounts;
  /** Bytes of the longest line in either file: what a reader of them must have room for. */
  longestLine: number;
}

/**
 * Reads the slices of a unit, judges each document, and writes what is kept, what is rejected and why, and what is
 * needed to find duplicates. Reports bytes read of all bytes.
 * @throws `SourceChanged`, `InvariantBroken`.
 */
export async function filterSlices(task: FilterTask, report: Report): Promise<FilterResult> {
  const references = loadReferences(task.references);
  const judge = new Judge(task.rules, await prepareTools(task.rules, references));
  const output = new FilterOutput(task.dir, task.rules, judge, references.evaluation);
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
  const lines = Object.fromEntries(Object.entries(judge.lines).filter(([, count]) => count > 0));
  return { read, kept, rejected, reasons, lines, pii: output.pii, longestLine: output.longestLine };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

class FilterOutput {
  kept = 0;
  rejected = 0;
  readonly reasons: Record<string, number> = {};
  readonly pii: PiiCounts = {};
  private readonly shingles = new Shingles();
  private readonly minhash = new MinHash();
  private readonly signatures = new SignatureWriter();
  private readonly keptLines: LineWriter;
  private readonly rejectedLines: LineWriter;
  private readonly idLines: LineWriter;

  constructor(
    private readonly dir: string,
    private readonly rules: CleaningRules,
    private readonly judge: Judge,
    private readonly evaluation: EvaluationIndex | undefined,
  ) {
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
    const verdict = this.judge.judge({ text: found, url: document.url });
    if (verdict.reason !== null) {
      this.reject({ ...document, text: found }, verdict.reason, true);
      return;
    }
    const hit = this.evaluation?.find(verdict.text);
    if (hit) {
      this.reject({ ...document, text: found }, 'contaminated', true, `${hit.set}: ${hit.ngram}`);
      return;
    }
    this.takeClean(document, found, verdict);
  }

  /** A document that is to be kept but for the personal data in it. */
  private takeClean(document: ReadDocument, found: string, { text, words, language }: Verdict): void {
    const { pii, piiKinds } = this.rules;
    const redacted = pii === 'off' ? { text, counts: {} } : redact(text, piiKinds);
    for (const [kind, count] of Object.entries(redacted.counts) as [PiiKind, number][]) {
      this.pii[kind] = (this.pii[kind] ?? 0) + count;
    }
    const [kind] = Object.keys(redacted.counts);
    if (pii === 'drop' && kind !== undefined) this.reject({ ...document, text: found }, `pii_${kind}`, true);
    else this.keep(document, { text: redacted.text, words, language });
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

  private reject(
    { id, source, row, text }: ReadDocument,
    reason: string,
    whole: boolean,
    detail: string | null = null,
  ): void {
    const line: RejectedDocument = { id, source, row, reason, detail, text, whole };
    this.rejectedLines.write(JSON.stringify(line));
    this.rejected++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  private keep(document: ReadDocument, { text, words, language }: Omit<Verdict, 'reason'>): void {
    const { id, source, format, row, title, url } = document;
    const digest = sha256(text);
    const chars = codePoints(text);
    const content_hash = digest.toString('hex', 0, 16);
    const found_hash = document.text === text ? content_hash : sha256(document.text).toString('hex', 0, 16);
    const found = { ordinal: this.kept, id, source, format, row, title, url, language };
    const line: KeptDocument = { ...found, text, content_hash, found_hash, chars, words };
    this.keptLines.write(JSON.stringify(line));
    this.idLines.write(JSON.stringify(id));
    const shingles = this.rules.dropNearDuplicates ? this.shingles.of(text) : undefined;
    const bands = shingles && shingles.length > 0 ? this.minhash.bandsOf(shingles) : undefined;
    this.signatures.add(digest, sha256(id), bands, chars);
    this.kept++;
  }
}
