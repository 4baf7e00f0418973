import { hash } from 'node:crypto';
import path from 'node:path';
import type { CleaningRules } from '../../schemas/recipes';
import { IDS, type SignatureRow } from './dedup/signature-file';
import { Signer } from './dedup/signer';
import { BYTES_PER_UNIT, LineWriter } from './line-writer';
import { codePoints, isPlain } from './text/length';

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

/** Where texts are written to be hashed: a short one would cost less to hash than to find memory for. */
const encoded = Buffer.allocUnsafe(1 << 20);

function sha256(text: string): Buffer {
  if (text.length * BYTES_PER_UNIT > encoded.length) return hash('sha256', text, 'buffer');
  return hash('sha256', encoded.subarray(0, encoded.write(text)), 'buffer');
}

const shortHash = (digest: Buffer): string => digest.toString('hex', 0, 16);

/** First 32 hexadecimal digits of the sha256 of a text. */
export const hashOf = (text: string): string => shortHash(sha256(text));

/** What the unit computes of a document that is kept, from its text and its turn. */
type Computed = 'ordinal' | 'content_hash' | 'found_hash' | 'chars';
/** @property found_hash null where it is that of the text. */
type Kept = Omit<KeptDocument, Computed> & { found_hash: string | null };

/** Writes what a unit keeps, what it rejects, and what is needed to find duplicates, and counts them. */
export class UnitOutput {
  kept = 0;
  rejected = 0;
  readonly reasons: Record<string, number> = {};
  private readonly signer: Signer;
  private readonly keptLines: LineWriter;
  private readonly rejectedLines: LineWriter;
  private readonly idLines: LineWriter;

  /** @param dir empty folder for the files. */
  constructor(
    private readonly dir: string,
    rules: Pick<CleaningRules, 'dropExactDuplicates' | 'dropNearDuplicates'>,
  ) {
    this.signer = new Signer(rules);
    this.keptLines = new LineWriter(path.join(dir, KEPT));
    this.rejectedLines = new LineWriter(path.join(dir, REJECTED));
    this.idLines = new LineWriter(path.join(dir, IDS));
  }

  /** Signatures of made duplicates, which measure how many are found. */
  get planted(): number {
    return this.signer.planted;
  }

  get longestLine(): number {
    return Math.max(this.keptLines.longest, this.rejectedLines.longest);
  }

  keep(document: Kept): void {
    const { id, text } = document;
    const digest = sha256(text);
    const content_hash = shortHash(digest);
    const found_hash = document.found_hash ?? content_hash;
    const chars = isPlain(text) ? text.length : codePoints(text);
    const line: KeptDocument = { ordinal: this.kept, ...document, content_hash, found_hash, chars };
    this.keptLines.write(JSON.stringify(line));
    this.idLines.write(JSON.stringify(id));
    this.signer.add(text, digest, sha256(id), chars);
    this.kept++;
  }

  /** Keeps a document that an earlier run has kept, without computing anything anew. @param row its signatures. */
  keepAgain(document: KeptDocument, row: SignatureRow): void {
    const { id, text, content_hash } = document;
    this.keptLines.write(JSON.stringify({ ...document, ordinal: this.kept }));
    this.idLines.write(JSON.stringify(id));
    this.signer.addAgain(text, Buffer.from(content_hash, 'hex'), row);
    this.kept++;
  }

  /** Writes the line of a document that an earlier run has rejected; its reason is counted by whoever knows it. */
  rejectAgain(line: string): void {
    this.rejectedLines.write(line);
    this.rejected++;
  }

  reject(document: RejectedDocument): void {
    this.rejectedLines.write(JSON.stringify(document));
    this.rejected++;
    this.reasons[document.reason] = (this.reasons[document.reason] ?? 0) + 1;
  }

  /** Writes what is left. */
  close(): void {
    this.keptLines.close();
    this.rejectedLines.close();
    this.idLines.close();
    this.signer.write(this.dir);
  }

  /** Lets go of the files, whatever has happened: on a full disk an attempt fails again and again. */
  release(): void {
    for (const lines of [this.keptLines, this.rejectedLines, this.idLines]) lines.release();
  }
}
