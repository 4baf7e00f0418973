import path from 'node:path';
import { failure } from '../errors';
import type { CleaningRules, PiiKind } from '../../schemas/recipes';
import type { Report } from '../kit/heartbeat';
import { addCounts, since, type SliceCounts, SLICES } from './kept/slice-counts';
import { type AgainTask, SlicesAgain } from './kept/slices-again';
import { writeLines } from './line-writer';
import { redact, type PiiCounts } from './pii/redact';
import { readSlice, type LocalSlice, type ReadDocument, type ReadOptions } from './read/records';
import type { EvaluationIndex } from './references/contamination';
import { loadReferences, type LocalReferences } from './references/load';
import { Judge, type Verdict } from './rules/judge';
import { prepareTools } from './rules/tools';
import { prepareShape, type Shape } from './text/shape';
import { hashOf, UnitOutput } from './unit-output';

export interface FilterTask extends ReadOptions {
  slices: LocalSlice[];
  rules: CleaningRules;
  /** Lists and evaluation sets; absent where the run has none. */
  references?: LocalReferences;
  /** Computes all statistics of every document and keeps them, so that other thresholds can be applied later. */
  scores?: boolean;
  /** What each slice is known by, where the unit is kept for later runs. */
  identities?: (string | null)[];
  /** Slices that an earlier version has filtered already; absent where there are none. */
  again?: AgainTask;
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
  /** Signatures of made duplicates, which measure how many are found. */
  planted: number;
  /** Documents that an earlier version had filtered already. */
  again?: number;
}

/**
 * Reads the slices of a unit, judges each document, and writes what is kept, what is rejected and why, and what is
 * needed to find duplicates. Reports bytes read of all bytes.
 * @throws `SourceChanged`, `InvariantBroken`.
 */
export async function filterSlices(task: FilterTask, report: Report): Promise<FilterResult> {
  const references = loadReferences(task.references);
  const judge = new Judge(task.rules, await prepareTools(task.rules, references), task.scores);
  const shape = await prepareShape(task.rules);
  const output = new UnitOutput(task.dir, task.rules);
  const filter = new Filter(output, task.rules, shape, judge, references.evaluation);
  const total = task.slices.reduce((sum, slice) => sum + slice.end - slice.start, 0);
  const again = task.again && new SlicesAgain(task.again);
  const taken = { documents: 0, lines: {}, pii: {} };
  const sliceLines: SliceCounts[] = [];
  let [read, done] = [0, 0];
  const onBytes = (bytes: number) => report((done += bytes), total);
  try {
    for (const [number, slice] of task.slices.entries()) {
      const { kept, rejected } = output;
      const before = { reasons: { ...output.reasons }, lines: { ...judge.lines }, pii: { ...filter.pii } };
      const known = again?.of(number);
      if (known) {
        await again?.write(number, output);
        taken.documents += known.kept + known.rejected;
        addCounts(taken.lines, known.lines);
        addCounts(taken.pii, known.pii);
        read += known.kept + known.rejected;
        onBytes(slice.end - slice.start);
      } else {
        for await (const document of readSlice(slice, task, onBytes)) {
          read++;
          filter.take(document);
        }
      }
      sliceLines.push({
        ...{ identity: task.identities?.[number] ?? null },
        ...{ kept: output.kept - kept, rejected: output.rejected - rejected },
        reasons: since(output.reasons, before.reasons),
        lines: known?.lines ?? since(judge.lines, before.lines),
        pii: known?.pii ?? since(filter.pii, before.pii),
      });
    }
    if (task.identities) writeLines(path.join(task.dir, SLICES), sliceLines);
    output.close();
  } finally {
    output.release();
    await again?.close();
  }
  const { kept, rejected, reasons } = output;
  if (read !== kept + rejected) {
    throw failure('InvariantBroken', `${read} documents were read, but ${kept} kept and ${rejected} rejected.`);
  }
  const lines = since({ ...judge.lines }, {});
  addCounts(lines, taken.lines);
  const pii = { ...filter.pii };
  addCounts(pii, taken.pii);
  const { longestLine, planted } = output;
  const result = { read, kept, rejected, reasons, lines, pii, longestLine, planted };
  return task.again ? { ...result, again: taken.documents } : result;
}

/** Takes each document of a unit, and sees to it that it is kept or rejected. */
class Filter {
  readonly pii: PiiCounts = {};

  constructor(
    private readonly output: UnitOutput,
    private readonly rules: CleaningRules,
    private readonly shape: Shape,
    private readonly judge: Judge,
    private readonly evaluation: EvaluationIndex | undefined,
  ) {}

  take(document: ReadDocument): void {
    if (document.problem) {
      const detail = document.at === null ? null : `at byte ${document.at}`;
      this.reject(document, document.text, document.problem, { detail });
      return;
    }
    const found = this.shape(document.text);
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
    this.output.reject({
      ...{ id, source, format, row, title, url, reason, detail, text, whole: problem === null },
      language: judged?.language ?? null,
      found_hash: problem === null ? hashOf(document.text) : null,
      fixed_reason: scored?.fixed ?? null,
      text_if_kept: !scored || scored.text === text ? null : scored.text,
      words: scored?.words ?? null,
      scores: scored?.scores ?? null,
    });
  }

  private keep(document: ReadDocument, { text, words, language, scores }: Verdict): void {
    const { id, source, format, row, title, url, text: found } = document;
    // Most texts stay as they are, and one hash does for both.
    const found_hash = found === text ? null : hashOf(found);
    this.output.keep({ id, source, format, row, title, url, language, text, found_hash, words, scores });
  }
}
