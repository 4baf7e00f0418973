import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import { failure } from '../errors';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { fittedTransform, HISTORY_FILE, TOKENIZER_FILE, TRANSFORM_FILE, type FittedTransform } from './fitted';
import { WindowHistory, type HistoryEvent } from './history';
import { BpeTokenizer } from './tokenizer/bpe-tokenizer';
import { FeatureTransform } from './transform';

/** A transform with its tokenizer, as a program of one's own uses it. */
export interface LoadedTransform {
  /** Makes the features of a record: `transform.apply(record)`. */
  transform: FeatureTransform;
  /** Turns text into the tokens that the packed sequences have; null where the transform makes none. */
  tokenizer: BpeTokenizer | null;
}

/**
 * Loads a fitted transform for use outside of Temporal: from the folder of its artifact (`<store>/transform/<sha256>`,
 * or a copy of it), or from an artifact store by its reference.
 *
 * @throws `ArtifactMissing` where it is not there, `ArtifactCorrupt` where it is none.
 * @example
 * const { transform } = await loadTransform('.llm-pack/artifacts/transform/2c26b4…');
 * transform.apply({ age: 31, city: 'Lyon' }); // { age_scale: 0.42, 'city_oneHot=Lyon': 1, … }
 */
export async function loadTransform(from: string): Promise<LoadedTransform>;
export async function loadTransform(from: ArtifactRef, store: ArtifactStore): Promise<LoadedTransform>;
export async function loadTransform(from: string | ArtifactRef, store?: ArtifactStore): Promise<LoadedTransform> {
  const fileOf = await fileFinder(from, store);
  const fitted = parseFitted(await textOf(fileOf, TRANSFORM_FILE));
  const [history, tokenizer] = [await fileOf(HISTORY_FILE), await fileOf(TOKENIZER_FILE)];
  return {
    transform: new FeatureTransform(fitted, history ? await readHistory(history) : undefined),
    tokenizer: tokenizer ? await readTokenizer(tokenizer) : null,
  };
}

/** transform.json of an artifact. */
export async function readFitted(store: ArtifactStore, ref: Pick<ArtifactRef, 'uri'>): Promise<FittedTransform> {
  return parseFitted(await textOf(await fileFinder(ref, store), TRANSFORM_FILE));
}

/** Events as they are kept: one JSON line each. */
export async function readHistory(file: string): Promise<WindowHistory> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return new WindowHistory(lines.map((line) => JSON.parse(line) as HistoryEvent));
}

export const readTokenizer = async (file: string): Promise<BpeTokenizer> =>
  new BpeTokenizer(JSON.parse(await readFile(file, 'utf8')));

type FileFinder = (name: string) => Promise<string | undefined>;

/** Finds a file of the transform by name; undefined where it has no such file. */
async function fileFinder(
  from: string | Pick<ArtifactRef, 'uri'>,
  store: ArtifactStore | undefined,
): Promise<FileFinder> {
  if (typeof from === 'string') {
    return (name) => {
      const file = path.join(from, name);
      return Promise.resolve(existsSync(file) ? file : undefined);
    };
  }
  if (!store) throw failure('ArtifactMissing', `${from.uri} needs the artifact store that it is in.`);
  const key = artifactKey(from);
  const manifest = await store.manifest(key);
  const names = new Set(manifest?.files.map(({ name }) => name));
  return async (name) => (names.has(name) ? store.localFile(key, name) : undefined);
}

async function textOf(fileOf: FileFinder, name: string): Promise<string> {
  const file = await fileOf(name);
  if (file === undefined) throw failure('ArtifactMissing', `There is no ${name} where the transform should be.`);
  return readFile(file, 'utf8');
}

function parseFitted(text: string): FittedTransform {
  try {
    return fittedTransform.parse(JSON.parse(text));
  } catch (error) {
    throw failure('ArtifactCorrupt', `${TRANSFORM_FILE} is not a transform that this version reads.`, error);
  }
}
