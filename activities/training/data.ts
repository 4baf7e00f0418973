import { copyFile, constants, readdir, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { artifactRef, type ArtifactRef, sha256Hex } from '../../schemas/common';
import type { TrainingData } from '../../schemas/training-run';
import { identifier, literal, withDuckDB } from '../cleaning/duckdb';
import { resolveSource } from '../cleaning/source/resolve';
import { failure } from '../errors';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { findVersion } from '../stores/find-version';
import type { Registry } from '../stores/registry';

/** Where the files of a job's data lie, and what they hold. */
export interface FoundData {
  format: 'parquet' | 'jsonl';
  /** Key of the artifact that holds the files; null for those that were copied beside the plan. */
  key: string | null;
  files: { name: string; rows: number }[];
  rows: number;
  columns: string[];
  /** The artifact that it was made from; null for a source. */
  artifact: ArtifactRef | null;
  /** As people know it: `dataset example@3`. */
  label: string;
  /** sha256 of the transform whose tokenizer has made its packed sequences; left out for rows. */
  transform?: string;
}

export interface DataDependencies {
  store: ArtifactStore;
  registry: Pick<Registry, 'dataset' | 'features'>;
  /** Absolute folders that sources may lie in. */
  roots: readonly string[];
}

/** Rows of each Parquet file, as the manifests of datasets and features have them. */
const tables = z.object({ rows: z.record(z.string(), z.int().nonnegative()), transform: sha256Hex.optional() });

/**
 * Finds the files that an input names. Those of a source are copied into `dir`, so that what is trained on is what was looked
 * at, whatever happens to the source and whichever host goes on.
 * @param role `train` or `eval`, which the names of copies begin with.
 * @throws `DatasetNotFound`, `FeaturesNotFound`, `SourceNotFound`, `SourceNotAllowed`, `SourceEmpty`, `DataUnusable`
 */
export async function findData(
  dependencies: DataDependencies,
  { dataset, features, source, artifact }: TrainingData,
  { dir, role, wanted }: { dir: string; role: 'train' | 'eval'; wanted: readonly string[] },
): Promise<FoundData> {
  const { store, registry } = dependencies;
  if (dataset !== undefined) {
    const version = await findVersion('dataset', dataset, (...named) => registry.dataset(...named));
    return tablesOf(store, version.artifact, `dataset ${version.name}@${version.version}`, () => true, wanted);
  }
  if (features !== undefined) {
    const version = await findVersion('features', features, (...named) => registry.features(...named));
    const label = `features ${version.name}@${version.version}`;
    // Packed sequences where the recipe reads them, else the rows.
    const isPacked = wanted.includes('input_ids');
    const kind = isPacked ? 'sequences-' : 'features-';
    const { transform, ...data } = await tablesOf(
      store,
      version.artifact,
      label,
      (name) => name.startsWith(kind),
      wanted,
    );
    return isPacked && transform !== undefined ? { ...data, transform } : data;
  }
  if (artifact !== undefined)
    return tablesOf(store, await storedArtifact(store, artifact), artifact, () => true, wanted);
  return copySource(dependencies.roots, source ?? '', dir, role);
}

/** What another stage has made, by its URI. @throws `ArtifactMissing` */
async function storedArtifact(store: ArtifactStore, uri: string): Promise<ArtifactRef> {
  const manifest = await store.manifest(artifactKey({ uri }));
  if (!manifest) throw failure('ArtifactMissing', `${uri} is not in the ${store.describe()}.`);
  const [kind = '', sha256 = ''] = artifactKey({ uri }).split('/');
  const rows = Object.values(tables.parse(manifest.meta).rows).reduce((sum, count) => sum + count, 0);
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return artifactRef.parse({ uri, sha256, bytes, rows, kind });
}

async function tablesOf(
  store: ArtifactStore,
  artifact: ArtifactRef,
  label: string,
  isWanted: (name: string) => boolean,
  wanted: readonly string[],
): Promise<FoundData> {
  const key = artifactKey(artifact);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const { rows: rowsOf, transform } = tables.parse(manifest.meta);
  const files = Object.entries(rowsOf)
    .map(([name, rows]) => ({ name, rows }))
    .filter(({ name, rows }) => rows > 0 && isWanted(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const [first] = files;
  if (!first) throw failure('SourceEmpty', `The ${label} hold no rows with ${wanted.join(', ')}.`);
  const columns = await columnsOf('parquet', await store.localFile(key, first.name), label);
  const made = transform === undefined ? {} : { transform };
  return { format: 'parquet', key, files, rows: sumRows(files), columns, artifact, label, ...made };
}

const FORMATS: Record<string, FoundData['format']> = { '.parquet': 'parquet', '.jsonl': 'jsonl', '.ndjson': 'jsonl' };
const formatOf = (name: string): FoundData['format'] | undefined => FORMATS[path.extname(name).toLowerCase()];

async function copySource(roots: readonly string[], source: string, dir: string, role: string): Promise<FoundData> {
  const { absolute } = await resolveSource(roots, source);
  const label = `source ${source}`;
  const isFolder = (await stat(absolute)).isDirectory();
  const names = isFolder
    ? (await readdir(absolute, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name)
    : [path.basename(absolute)];
  const wanted = names.filter((name) => formatOf(name) !== undefined && !name.startsWith('.')).sort();
  const [format, ...others] = new Set(wanted.map(formatOf));
  if (!format) throw failure('SourceEmpty', `The ${label} holds no Parquet or JSON Lines file (.parquet, .jsonl).`);
  if (others.length > 0)
    throw failure('DataUnusable', `The ${label} holds both Parquet and JSON Lines: name one of them.`);
  const files: FoundData['files'] = [];
  let columns: string[] = [];
  for (const [at, name] of wanted.entries()) {
    const copy = `${role}-${String(at).padStart(5, '0')}.${format}`;
    const file = path.join(dir, copy);
    // Where the file system can, the copy shares its blocks.
    await copyFile(isFolder ? path.join(absolute, name) : absolute, file, constants.COPYFILE_FICLONE);
    const rows = format === 'parquet' ? await parquetRows(file, label) : await lines(file);
    if (columns.length === 0 && rows > 0) columns = await columnsOf(format, file, label);
    files.push({ name: copy, rows });
  }
  if (sumRows(files) === 0) throw failure('SourceEmpty', `The ${label} holds no rows.`);
  return { format, key: null, files, rows: sumRows(files), columns, artifact: null, label };
}

const sumRows = (files: readonly { rows: number }[]): number => files.reduce((sum, { rows }) => sum + rows, 0);

/** Rows of JSON Lines that are looked at for their fields. */
const SAMPLE = 1_000;

async function columnsOf(format: FoundData['format'], file: string, label: string): Promise<string[]> {
  const table =
    format === 'parquet'
      ? `read_parquet(${literal(file)})`
      : `read_json(${literal(file)}, format = 'newline_delimited', sample_size = ${SAMPLE})`;
  return reading(label, async () =>
    withDuckDB(async (connection) => {
      const described = await connection.runAndReadAll(`describe select * from ${table}`);
      return described.getRowObjects().map((row) => String(row['column_name']));
    }),
  );
}

const parquetRows = (file: string, label: string): Promise<number> =>
  reading(label, () =>
    withDuckDB(async (connection) => {
      const counted = await connection.runAndReadAll(
        `select count(*) as ${identifier('rows')} from read_parquet(${literal(file)})`,
      );
      return Number(counted.getRowObjects()[0]?.['rows'] ?? 0);
    }),
  );

async function reading<T>(label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    // The path is this host's own business.
    throw failure('DataUnusable', `The ${label} can not be read: ${said.replaceAll(/"[^"]*\/([^"/]+)"/g, '"$1"')}`);
  }
}

/** Lines of a file that are not blank. */
async function lines(file: string): Promise<number> {
  let [rows, isBlank] = [0, true];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (byte === 0x0a) {
        if (!isBlank) rows += 1;
        isBlank = true;
      } else if (byte > 0x20) isBlank = false;
    }
  }
  return isBlank ? rows : rows + 1;
}
