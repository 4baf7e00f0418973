import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetVersion } from '../../../schemas/clean-dataset';
import type { ListName } from '../../../schemas/cleaning-names';
import type { EvaluationSet, Lists } from '../../../schemas/cleaning-references';
import { failure } from '../../errors';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { identifier, literal, withDuckDB } from '../duckdb';
import { LineWriter } from '../line-writer';
import { DamagedFile, unpacked } from '../read/bytes';
import { linesOf } from '../read/lines';
import { formatOf } from '../source/formats';
import { resolveSource } from '../source/resolve';
import { CONTAMINATION_WORDS } from './contamination';
import { simplifiedWords } from './simplify';

/** Names the evaluation sets, in the order of their files `set-<n>.txt`. */
export const SETS = 'sets.json';
export const setFile = (number: number): string => `set-${number}.txt`;
export const listFile = (name: string): string => `${name}.txt`;

/** A line of a list or a set: longer ones are no words, and no question. */
const LONGEST_LINE = 8 * 1024 * 1024;

export interface GatherTask {
  lists: Lists;
  sets: (EvaluationSet & { version: DatasetVersion | null })[];
  roots: readonly string[];
  /** Empty folder for the result. */
  dir: string;
}

/**
 * Brings lists and evaluation sets into one form, so that their content is part of what a run is known by, and every
 * host has them: each list as lines, each text of a set as its simplified words. Returns how many entries there are.
 * @throws `SourceNotFound`, `SourceNotAllowed`, `ReferenceUnreadable`.
 */
export async function gatherReferences(store: ArtifactStore, { lists, sets, roots, dir }: GatherTask): Promise<number> {
  let entries = 0;
  for (const [name, list] of Object.entries(lists) as [ListName, Lists[ListName]][]) {
    const items = [...(list?.items ?? [])];
    if (list?.file !== undefined) {
      for await (const line of fileLines(roots, list.file)) if (!line.startsWith('#')) items.push(line);
    }
    const distinct = [...new Set(items.map((item) => item.trim()))].filter((item) => item !== '').sort();
    await writeFile(path.join(dir, listFile(name)), distinct.map((item) => `${item}\n`).join(''));
    entries += distinct.length;
  }
  for (const [number, set] of sets.entries()) {
    const writer = new LineWriter(path.join(dir, setFile(number)));
    try {
      const texts = set.version ? datasetTexts(store, set, set.version) : recordTexts(roots, set);
      let usable = 0;
      for await (const text of texts) {
        const words = simplifiedWords(text);
        if (words.length < CONTAMINATION_WORDS) continue;
        writer.write(words.join(' '));
        usable++;
      }
      // A set that can not be found in anything would let a team believe that its data is clean.
      if (usable === 0) {
        const what = `The evaluation set "${set.name}" has no text of ${CONTAMINATION_WORDS} words in ${set.fields.join(', ')}.`;
        throw failure('ReferenceUnreadable', what);
      }
      entries += usable;
      writer.close();
    } finally {
      writer.release();
    }
  }
  await writeFile(path.join(dir, SETS), JSON.stringify(sets.map(({ name }) => name)));
  return entries;
}

/** The lines of a file inside a source root, unpacked where its name says so. */
export async function* fileLines(roots: readonly string[], file: string): AsyncGenerator<string> {
  const { absolute } = await resolveSource(roots, file);
  if (!(await stat(absolute)).isFile()) throw failure('ReferenceUnreadable', `"${file}" is no file.`);
  const stream = createReadStream(absolute) as AsyncIterable<Buffer>;
  const lines = linesOf(unpacked(stream, formatOf(file)?.packing ?? 'plain'), LONGEST_LINE);
  try {
    for await (const { bytes, tooLong } of lines) {
      if (tooLong) throw failure('ReferenceUnreadable', `"${file}" has a line of more than ${LONGEST_LINE} bytes.`);
      yield bytes.toString('utf8').replace(/^\ufeff/, '');
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    throw failure('ReferenceUnreadable', `"${file}" can not be unpacked: ${error.message}.`);
  }
}

async function* recordTexts(roots: readonly string[], { file = '', fields }: EvaluationSet): AsyncGenerator<string> {
  let row = 0;
  for await (const line of fileLines(roots, file)) {
    row++;
    if (line.trim() === '') continue;
    const record = parseRecord(line);
    if (!record) throw failure('ReferenceUnreadable', `Line ${row} of "${file}" is no JSON object.`);
    yield fields.map((field) => textOf(record[field])).join(' ');
  }
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Answers are often lists of strings; what lies deeper is no answer, and may lie deeper than can be followed. */
const textOf = (value: unknown, depth = 0): string =>
  Array.isArray(value) && depth < DEEPEST
    ? value.map((item) => textOf(item, depth + 1)).join(' ')
    : typeof value === 'string'
      ? value
      : '';
const DEEPEST = 8;

async function* datasetTexts(
  store: ArtifactStore,
  { fields }: EvaluationSet,
  { artifact }: DatasetVersion,
): AsyncGenerator<string> {
  const key = artifactKey(artifact);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  for (const { name } of manifest.files.filter(({ name: file }) => file.endsWith('.parquet'))) {
    const file = await store.localFile(key, name);
    const columns = fields.map((field) => `cast(${identifier(field)} as varchar)`).join(', ');
    const rows = await withDuckDB(async (connection) => {
      const read = await connection.runAndReadAll(`select concat_ws(' ', ${columns}) as text from ${literal(file)}`);
      return read.getRowObjects();
    });
    for (const { text } of rows) yield String(text);
  }
}
