import { createHash } from 'node:crypto';
import type { DatasetVersion } from '../../../schemas/clean-dataset';
import { nameOf } from '../../../schemas/common';
import type { TextSet } from '../../../schemas/guard-sets';
import { fileLines } from '../../cleaning/references/gather';
import { failure } from '../../errors';
import { generateAttacks, generateBenign, isDocument } from '../generate';
import { datasetFiles, readDocuments, rowRanges } from '../../indexing/dataset-rows';
import type { ArtifactStore } from '../../stores/artifact-store';
import type { GuardCase } from '../../stores/registry-guards';
import { matchRules } from '../rules';

/** A text of a set. */
export interface SetText {
  text: string;
  family: string;
  surface: GuardCase['surface'];
  /** Made by a grammar: what is measured on such texts says little of others. */
  generated: boolean;
}

/** What sets are read with. */
export interface SetReader {
  store: ArtifactStore;
  roots: readonly string[];
  dataset(name: string, version?: number): Promise<DatasetVersion | undefined>;
}

/** Characters of a text that are learnt from: a long document is thousands of windows, all alike. */
const MOST_CHARS = 50_000;
const DOCUMENTS_AT_ONCE = 1_000;

/** sha256 of a text, in hexadecimal digits. */
export const textHash = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The texts of sets, one set after the other. Generated ones depend on the seed.
 * @throws `SourceNotFound`, `SourceNotAllowed`, `DatasetNotFound`, `ReferenceUnreadable`.
 */
export async function readSets(
  reader: SetReader,
  sets: readonly TextSet[],
  kind: 'attack' | 'benign',
  seed: number,
): Promise<SetText[]> {
  const texts: SetText[] = [];
  for (const [number, set] of sets.entries()) {
    const found =
      set.generated === undefined ? await givenTexts(reader, set) : generatedTexts(set, kind, seed + number);
    const usable = found.filter(({ text }) => text.trim() !== '');
    if (usable.length === 0) {
      throw failure('ReferenceUnreadable', `The set ${set.file ?? set.dataset} has no text in "${set.field}".`);
    }
    for (const text of sampled(usable, set.limit)) texts.push(text);
  }
  return texts;
}

/** Those with the lowest hashes: the same whatever others come and go. */
function sampled(texts: SetText[], limit: number): SetText[] {
  if (texts.length <= limit) return texts;
  const hashed = texts.map((text) => ({ text, hash: textHash(text.text) }));
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1));
  return hashed.slice(0, limit).map(({ text }) => text);
}

function generatedTexts(set: TextSet, kind: 'attack' | 'benign', seed: number): SetText[] {
  const made = (kind === 'attack' ? generateAttacks : generateBenign)(set.generated ?? 0, seed);
  return made.map(({ text, family }) => ({
    text,
    family: set.family ?? family,
    // Orders in documents and mails are attacks there, and documents are read as such.
    surface: isDocument(family) ? 'document' : set.surface,
    generated: true,
  }));
}

async function givenTexts(reader: SetReader, set: TextSet): Promise<SetText[]> {
  const texts: SetText[] = [];
  const take = (text: string, family: string | undefined) => {
    const read = text.slice(0, MOST_CHARS);
    texts.push({
      text: read,
      family: set.family ?? family ?? guessFamily(read, set.surface),
      surface: set.surface,
      generated: false,
    });
  };
  if (set.file !== undefined) {
    let row = 0;
    for await (const line of fileLines(reader.roots, set.file)) {
      row += 1;
      if (line.trim() === '') continue;
      const record = recordOf(line);
      if (!record) throw failure('ReferenceUnreadable', `Line ${row} of "${set.file}" is no JSON object.`);
      const { [set.field]: text, family } = record;
      if (typeof text === 'string') take(text, typeof family === 'string' ? family.slice(0, 64) : undefined);
    }
    return texts;
  }
  const [, version] = (set.dataset ?? '').split('@');
  const dataset = await reader.dataset(nameOf(set.dataset ?? ''), version === undefined ? undefined : Number(version));
  if (!dataset) throw failure('DatasetNotFound', `There is no dataset "${set.dataset}".`);
  const files = await datasetFiles(reader.store, dataset);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  for (let from = 0; from < rows; from += DOCUMENTS_AT_ONCE) {
    const ranges = rowRanges(files, from, from + DOCUMENTS_AT_ONCE);
    for (const { text } of await readDocuments(reader.store, dataset, ranges)) take(text, set.dataset);
  }
  return texts;
}

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What an attack tries, by the weightiest rule that matches it. */
export function guessFamily(text: string, surface: SetText['surface']): string {
  const [first] = matchRules(text, surface).sort((a, b) => b.weight - a.weight);
  return first?.family ?? 'other';
}
