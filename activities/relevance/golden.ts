import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { ArtifactRef } from '../../schemas/common';
import { failure } from '../errors';
import { fileLines } from '../cleaning/references/gather';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import type { Gains } from '../evaluation/metrics/ranking';

/** A question, and the documents that answer it. */
export interface GoldenQuery {
  query: string;
  gains: Gains;
}

/** The one file of the artifact. */
const GOLDEN = 'golden.jsonl';
/** As many as a person would ever judge, and few enough to be asked within minutes. */
const MAX_QUERIES = 5_000;
const MAX_QUERY_CHARS = 2_000;

const goldenLine = z.strictObject({
  query: z.string().trim().min(1).max(MAX_QUERY_CHARS),
  relevant: z.union([
    z.array(z.string().min(1)).min(1),
    z
      .record(z.string().min(1), z.number().nonnegative().max(1_000))
      .refine((gains) => Object.values(gains).some((gain) => gain > 0), 'names no document with a gain above 0'),
  ]),
});

/**
 * Parses golden queries, one JSON object a line. A gain of 0 says that a document does not answer, which is the same as
 * leaving it out. Lines of the same query are taken together, with the higher of two gains.
 * @throws `ReferenceUnreadable` with the number of the first line that is wrong, and what is wrong with it.
 */
export async function parseGolden(
  lines: AsyncIterable<string> | Iterable<string>,
  name: string,
): Promise<GoldenQuery[]> {
  const byQuery = new Map<string, Map<string, number>>();
  let row = 0;
  for await (const line of lines) {
    row += 1;
    if (line.trim() === '') continue;
    const parsed = goldenLine.safeParse(jsonOf(line));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const at = issue?.path.join('.');
      throw unreadable(`Line ${row} of "${name}" is no golden query${at ? ` at ${at}` : ''}: ${issue?.message}`);
    }
    const { query, relevant } = parsed.data;
    const gains = byQuery.get(query) ?? new Map<string, number>();
    byQuery.set(query, gains);
    const entries = Array.isArray(relevant) ? relevant.map((id) => [id, 1] as const) : Object.entries(relevant);
    for (const [id, gain] of entries) if (gain > 0) gains.set(id, Math.max(gain, gains.get(id) ?? 0));
    if (byQuery.size > MAX_QUERIES) throw unreadable(`"${name}" has more than ${MAX_QUERIES} queries`);
  }
  if (byQuery.size === 0) throw unreadable(`"${name}" has no query`);
  return [...byQuery].map(([query, gains]) => ({ query, gains }));
}

const unreadable = (what: string) =>
  failure('ReferenceUnreadable', `${what}. Example: {"query": "how are seals replaced?", "relevant": {"pump.md": 2}}`);

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Reads golden queries inside a source root. @throws `SourceNotFound`, `SourceNotAllowed`, `ReferenceUnreadable`. */
export const readGoldenFile = (roots: readonly string[], file: string): Promise<GoldenQuery[]> =>
  parseGolden(fileLines(roots, file), file);

/** Writes them in one form, whatever the file looked like: sorted, so that their order says nothing. */
export async function writeGolden(dir: string, queries: readonly GoldenQuery[]): Promise<void> {
  const sorted = [...queries].sort((a, b) => (a.query < b.query ? -1 : 1));
  const lines = sorted.map(({ query, gains }) => {
    const relevant = Object.fromEntries([...gains].sort(([a], [b]) => (a < b ? -1 : 1)));
    return `${JSON.stringify({ query, relevant })}\n`;
  });
  await writeFile(path.join(dir, GOLDEN), lines.join(''));
}

/** @throws `ArtifactMissing` */
export async function loadGolden(store: ArtifactStore, ref: Pick<ArtifactRef, 'uri'>): Promise<GoldenQuery[]> {
  const file = await store.localFile(artifactKey(ref), GOLDEN);
  return parseGolden((await readFile(file, 'utf8')).split('\n'), ref.uri);
}

/** Folds that queries are dealt into. */
export const FOLDS = 5;
/** The folds that nothing is fitted on: two of five queries judge what the other three have chosen. */
const HELD_OUT = 2;

/** The fold of a query, by its text alone: it stays there whatever other queries come and go. */
export const foldOf = (query: string): number => createHash('sha256').update(query).digest().readUInt32BE(0) % FOLDS;

/** Whether a query is kept for judging, and never fitted on. */
export const isHeldOut = ({ query }: GoldenQuery): boolean => foldOf(query) < HELD_OUT;
