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
  /** Statistics of the text by name; null where they were not asked for. */
  scores: Record<string, number> | null;
}

export interface RejectedDocument {
  id: string;
  source: string;
  format: string;
  row: number;
  title: string | null;
  url: string | null;
  language: string | null;
  found_hash: string | null;
  reason: string;
  /** The reason that would stay whatever the thresholds; null where there is none. */
  fixed_reason: string | null;
  /** What exactly broke the rule, where a reason does not say it: the words that an evaluation set has too. */
  detail: string | null;
  text: string;
  /** False where `text` is only the beginning, or what could be shown of it. */
  whole: boolean;
  /** The text as it would be kept under other thresholds; null where that is `text`, or it is not known. */
  text_if_kept: string | null;
  words: number | null;
  scores: Record<string, number> | null;
}

export interface FilterTask extends ReadOptions {
  slices: LocalSlice[];
  rules: CleaningRules;
  /** Lists and evaluation sets; absent where the run has none. */
  references?: LocalReferences;
  /** Computes all statistics of every document and keeps them, so that other thresholds can be applied later. */
  scores?: boolean;
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
  const judge = new Judge(task.rules, await prepareTools(task.rules, references), task.scores);
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
const shortHash = (digest: Buffer): string => digest.toString('hex', 0, 16);
const hashOf = (text: string): string => shortHash(sha256(text));

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
      this.reject(document, document.text, document.problem);
      return;
    }
    const found = this.rules.normalise === 'standard' ? normalise(document.text) : wellFormed(document.text);
    if (found === '') {
      this.reject({ ...document, problem: 'empty_document' }, found, 'empty_document');
      return;
    }
    const verdict = this.judge.judge({ text: found, url: document.url });
    if (verdict.reason !== null && verdict.scores === null) this.reject(document, found, verdict.reason);
    else this.takeJudged(document, found, verdict);
  }

  /** A document that broke no rule, or whose scores are wanted although it did. */
  private takeJudged(document: ReadDocument, found: string, verdict: Verdict): void {
    const hit = this.evaluation?.find(verdict.text);
    const { pii, piiKinds } = this.rules;
    const redacted = pii === 'off' ? { text: verdict.text, counts: {} } : redact(verdict.text, piiKinds);
    const [kind] = pii === 'drop' ? Object.keys(redacted.counts) : [];
    const last = hit ? 'contaminated' : kind === undefined ? null : `pii_${kind}`;
    const reason = verdict.reason ?? last;
    const judged = { ...verdict, text: redacted.text, fixed: verdict.fixed ?? last };
    if (verdict.reason === null && !hit) this.countPii(redacted.counts);
    if (reason === null) this.keep(document, judged);
    else this.reject(document, found, reason, { judged, detail: hit ? `${hit.set}: ${hit.ngram}` : null });
  }

  private countPii(counts: PiiCounts): void {
    for (const [kind, count] of Object.entries(counts) as [PiiKind, number][]) {
      this.pii[kind] = (this.pii[kind] ?? 0) + count;
    }
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

  /**
   * @param text as it was judged, or what can be shown of it.
   * @param more what is known of a document that was judged to the end.
   */
  private reject(
    document: ReadDocument,
    text: string,
    reason: string,
    { judged, detail = null }: { judged?: Verdict; detail?: string | null } = {},
  ): void {
    const { id, source, format, row, title, url, problem } = document;
    const scored = judged?.scores ? judged : undefined;
    const line: RejectedDocument = {
      ...{ id, source, format, row, title, url, reason, detail, text, whole: problem === null },
      language: judged?.language ?? null,
      found_hash: problem === null ? hashOf(document.text) : null,
      fixed_reason: scored?.fixed ?? null,
      text_if_kept: !scored || scored.text === text ? null : scored.text,
      words: scored?.words ?? null,
      scores: scored?.scores ?? null,
    };
    this.rejectedLines.write(JSON.stringify(line));
    this.rejected++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  private keep(document: ReadDocument, { text, words, language, scores }: Verdict): void {
    const { id, source, format, row, title, url } = document;
    const digest = sha256(text);
    const chars = codePoints(text);
    const content_hash = shortHash(digest);
    const found_hash = document.text === text ? content_hash : hashOf(document.text);
    const found = { ordinal: this.kept, id, source, format, row, title, url, language };
    const line: KeptDocument = { ...found, text, content_hash, found_hash, chars, words, scores };
    this.keptLines.write(JSON.stringify(line));
    this.idLines.write(JSON.stringify(id));
    const shingles = this.rules.dropNearDuplicates ? this.shingles.of(text) : undefined;
    const bands = shingles && shingles.length > 0 ? this.minhash.bandsOf(shingles) : undefined;
    this.signatures.add(digest, sha256(id), bands, chars);
    this.kept++;
  }
}
