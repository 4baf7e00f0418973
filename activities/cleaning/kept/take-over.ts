import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { failure, isFailure } from '../../errors';
import { artifactKey, type ArtifactStore, type Manifest } from '../../stores/artifact-store';
import { digestFile } from '../../stores/file-set';
import type { Registry } from '../../stores/registry';
import type { KeptVersion } from '../../stores/registry-units';
import { IDS, SIGNATURES, SKETCHES } from '../dedup/signature-file';
import type { FilterResult } from '../filter';
import { readGroup } from '../grouped-lines';
import { place } from '../place';
import { metaOfCleaned } from '../rethreshold/unit-rows';
import { PLAN_UNITS, type Slice } from '../source/plan-types';
import { CHANGES_THEN, keptKey, type KeptMeta, LIGHT_FILES } from './keep-unit';
import { exportThen } from './rows-then';
import { type SliceCounts, SLICES } from './slice-counts';
import type { AgainTask } from './slices-again';
import { type FilterOptions, type UnitIdentity, unitIdentity } from './unit-identity';

/** A Parquet file of a published version. */
export interface ShardFile {
  key: string;
  name: string;
}

/** Where the documents and rejects of a unit that was taken over stand; null where the version had none of it. */
export interface ShardsThen {
  data: ShardFile | null;
  rejects: ShardFile | null;
}

/** A unit of the filter phase: what filtering found, and where it came from. */
export interface UnitMeta extends FilterResult {
  /** By which a later run finds it; absent where nothing of it is to be taken over. */
  at?: string;
  /** Documents of it that were taken over. */
  again?: number;
  /** Of a unit that was taken over as a whole: the version's files. Its texts are in them alone. */
  then?: ShardsThen;
}

/** What a run may take over. */
export interface TakeOver {
  /** Name of the dataset. */
  dataset: string;
  /** False for a run that makes everything anew, and only keeps its units for the next. */
  mayReuse: boolean;
}

/** How much of a run was taken over. */
export interface TakenOver {
  /** Taken over as a whole. */
  units: number;
  /** Not filtered again, in those units and in others. */
  documents: number;
}

type Registered = Partial<Pick<Registry, 'keptVersion'>>;

/** A unit that a version keeps, found intact. */
export interface KeptUnit {
  found: KeptMeta;
  /** Its files on this host, by their names. */
  files: ReadonlyMap<string, string>;
  slices: SliceCounts[];
  then: ShardsThen;
}

/** Finds what the newest version of a dataset keeps of the units of a plan. */
export class KeptUnits {
  /** Of the last run that asked: each of its units does. */
  private last: { run: string; version: Promise<KeptVersion | undefined> } | undefined;

  constructor(
    private readonly store: ArtifactStore,
    private readonly registry: Registered | undefined,
  ) {}

  /** By what a unit of a plan is kept and found; undefined where it is not to be. */
  async identityOf(plan: ArtifactRef, unit: number, options: FilterOptions): Promise<UnitIdentity | undefined> {
    const key = artifactKey(plan);
    const manifest = await this.store.manifest(key);
    if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${this.store.describe()}.`);
    return unitIdentity(manifest, await readGroup<Slice>(this.store, key, PLAN_UNITS, unit), options);
  }

  /**
   * What the newest version keeps of the unit that begins where this one does; undefined where something of it is missing or
   * damaged. Every byte is compared with the hash that it was published with, those of the version's Parquet as well.
   * @param run the key of its work, which settles the version.
   */
  async find(run: string, dataset: string, { place: at }: UnitIdentity): Promise<KeptUnit | undefined> {
    if (this.last?.run !== run) {
      this.last = { run, version: this.registry?.keptVersion?.(dataset) ?? Promise.resolve(undefined) };
    }
    const version = await this.last.version.catch((error: unknown) => {
      this.last = undefined;
      throw error;
    });
    if (!version) return undefined;
    return this.open(keptKey(version.workKey, at), version).catch((error: unknown) => {
      const codes = ['ArtifactMissing', 'ArtifactCorrupt', 'ScoresMissing'] as const;
      if (codes.some((code) => isFailure(error, code))) return undefined;
      throw error;
    });
  }

  private async open(key: string, version: KeptVersion): Promise<KeptUnit | undefined> {
    const manifest = await this.store.manifest(key);
    if (!manifest) return undefined;
    const found = manifest.meta as unknown as KeptMeta;
    const files = new Map<string, string>();
    for (const name of [...LIGHT_FILES, CHANGES_THEN]) {
      files.set(name, await intactFile(this.store, { key, name }, manifest));
    }
    const then = {
      data: await this.shardOf(version.artifact, found.unit),
      rejects: await this.shardOf(version.rejects, found.unit),
    };
    const lines = (await readFile(fileOf(files, SLICES), 'utf8')).split('\n');
    const slices = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SliceCounts);
    return { found, files, slices, then };
  }

  /** The file of a unit in a version's artifact; null where it has none, being empty. */
  private async shardOf(ref: ArtifactRef, unit: number): Promise<ShardFile | null> {
    const key = artifactKey(ref);
    const { units } = await metaOfCleaned(this.store, ref);
    const name = Object.keys(units).find((file) => units[file] === unit);
    if (name === undefined) return null;
    await intactFile(this.store, { key, name }, await this.store.manifest(key));
    return { key, name };
  }
}

/** For each slice its number among those that a unit was kept of, in their order; null for one that is new or moved. */
export function knownSlices({ slices: now }: UnitIdentity, { slices }: Pick<KeptUnit, 'slices'>): (number | null)[] {
  const then = new Map(slices.map(({ identity }, number) => [identity, number]));
  let last = -1;
  return now.map((identity) => {
    const number = identity === null ? undefined : then.get(identity);
    if (number === undefined || number <= last) return null;
    return (last = number);
  });
}

/** Whether a unit is the same as then, as a whole. */
export const isSame = (from: readonly (number | null)[], { slices }: Pick<KeptUnit, 'slices'>): boolean =>
  from.length === slices.length && from.every((number) => number !== null);

/** Takes a unit over as a whole: links its files into `dir`, and says what filtering it had found. */
export async function takeUnit({ found, files, then }: KeptUnit, at: string, dir: string): Promise<UnitMeta> {
  for (const [name, file] of files) await place(file, path.join(dir, name));
  const { unit: _unit, ...result } = found;
  return { ...result, at, again: result.read, then };
}

/** What filtering needs to take over some slices of a unit. `scratch` gets what it had written of all of them. */
export async function takeSlices(
  store: ArtifactStore,
  { found, files, then, slices }: KeptUnit,
  from: (number | null)[],
  scratch: string,
): Promise<AgainTask> {
  const local = (file: ShardFile | null) => file && store.localFile(file.key, file.name);
  const shards = { data: await local(then.data), rejects: await local(then.rejects) };
  const { kept, rejected } = found;
  const unit = { kept, rejected, ids: fileOf(files, IDS), changes: fileOf(files, CHANGES_THEN), ...shards };
  const signatures = { file: fileOf(files, SIGNATURES), sketches: fileOf(files, SKETCHES), count: kept };
  return { from, then: slices, signatures, ...(await exportThen(unit, scratch)) };
}

const fileOf = (files: KeptUnit['files'], name: string): string => files.get(name) ?? '';

/**
 * The path of a file whose bytes are those of its manifest: read again, for what this process knows to be intact may have been
 * damaged since, and what is taken over gets a manifest of its own.
 */
async function intactFile(
  store: ArtifactStore,
  { key, name }: ShardFile,
  manifest: Manifest | undefined,
): Promise<string> {
  const file = await store.localFile(key, name);
  const wanted = manifest?.files.find((entry) => entry.name === name);
  const { sha256 } = await digestFile(file);
  if (sha256 === wanted?.sha256) return file;
  throw failure('ArtifactCorrupt', `${key}/${name} does not have the content it was published with.`);
}
