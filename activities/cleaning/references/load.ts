import { readFileSync } from 'node:fs';
import { LIST_NAMES, type ListName } from '../../../schemas/cleaning-names';
import type { ArtifactRef } from '../../../schemas/common';
import { failure } from '../../errors';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import { EvaluationIndex } from './contamination';
import { listFile, setFile, SETS } from './gather';

/** Where the files of a run's references lie on this host. */
export interface LocalReferences {
  sha256: string;
  files: Record<string, string>;
}

/** What the filters look for. */
export interface References {
  lists: Partial<Record<ListName, readonly string[]>>;
  /** Absent where no evaluation set is named. */
  evaluation?: EvaluationIndex;
}

/** Brings the files of a references artifact to this host. @throws `ArtifactMissing` */
export async function localReferences(store: ArtifactStore, ref: ArtifactRef): Promise<LocalReferences> {
  const key = artifactKey(ref);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const files: Record<string, string> = {};
  for (const { name } of manifest.files) files[name] = await store.localFile(key, name);
  return { sha256: ref.sha256, files };
}

/** The last that were read, for the thread's next unit. */
let loaded: { sha256: string; references: References } | undefined;

/** Reads references for use in a thread; those of none are empty. */
export function loadReferences(local: LocalReferences | undefined): References {
  if (!local) return { lists: {} };
  if (loaded?.sha256 !== local.sha256) loaded = { sha256: local.sha256, references: read(local.files) };
  return loaded.references;
}

function read(files: Record<string, string>): References {
  const text = (name: string) => readFileSync(files[name] ?? name, 'utf8');
  const lines = (name: string) => text(name).split('\n').filter(Boolean);
  const lists = Object.fromEntries(
    LIST_NAMES.filter((name) => listFile(name) in files).map((name) => [name, lines(listFile(name))]),
  );
  const names = JSON.parse(text(SETS)) as string[];
  if (names.length === 0) return { lists };
  return { lists, evaluation: new EvaluationIndex(names.map((name, n) => ({ name, texts: lines(setFile(n)) }))) };
}
