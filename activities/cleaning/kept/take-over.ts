import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { failure, isFailure } from '../../errors';
import { artifactKey, type ArtifactStore, type Manifest } from '../../stores/artifact-store';
import { digestFile } from '../../stores/file-set';
import type { Registry } from '../../stores/registry';
import { IDS, SIGNATURES, SKETCHES } from '../dedup/signature-file';
import type { FilterResult } from '../filter';
import { readGroup } from '../grouped-lines';
import { place } from '../place';
import { readCleaned } from '../rethreshold/unit-rows';
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

/** A unit that a version keeps, found intact, and what of it a unit of now is. */
export interface KeptUnit {
  found: KeptMeta;
  /** Its files on this host, by their names. */
  files: ReadonlyMap<string, string>;
  slices: SliceCounts[];
  then: ShardsThen;
  /** For each slice of now its number among those of then, in their order; null for one that is new or moved. */
  from: (number | null)[];
  /** Whether all of it is the same as then. */
  isSame: boolean;
}

/** One artifact of a version, by the units that its files are of. */
interface VersionFiles {
  key: string;
  manifest: Manifest;
  names: ReadonlyMap<number, string>;
}

/** The version that units are taken over from. */
interface Newest {
  workKey: string;
  data: VersionFiles;
  rejects: VersionFiles;
}

/** Finds what the newest version of a dataset keeps of the units of a plan. */
export class KeptUnits {
  /** Of the last run that asked: each of its units does, and all of them read the same manifests. */
  private last: { run: string; version: Promise<Newest | undefined> } | undefined;

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
  async find(run: string, dataset: string, identity: UnitIdentity): Promise<KeptUnit | undefined> {
    try {
      const version = await this.newest(run, dataset);
      return version && (await this.open(version, identity));
    } catch (error) {
      const codes = ['ArtifactMissing', 'ArtifactCorrupt', 'ScoresMissing'] as const;
      if (codes.some((code) => isFailure(error, code))) return undefined;
      throw error;
    }
  }

  private newest(run: string, dataset: string): Promise<Newest | undefined> {
    if (this.last?.run === run) return this.last.version;
    const version = this.openNewest(dataset);
    this.last = { run, version };
    // What is away now may be there for the next unit.
    version.catch(() => {
      if (this.last?.version === version) this.last = undefined;
    });
    return version;
  }

  private async openNewest(dataset: string): Promise<Newest | undefined> {
    const version = await this.registry?.keptVersion?.(dataset);
    if (!version) return undefined;
    const { workKey, artifact, rejects } = version;
    return { workKey, data: await this.filesOf(artifact), rejects: await this.filesOf(rejects) };
  }

  private async filesOf(ref: ArtifactRef): Promise<VersionFiles> {
    const { manifest, meta } = await readCleaned(this.store, ref);
    return {
      key: artifactKey(ref),
      manifest,
      names: new Map(Object.entries(meta.units).map(([name, unit]) => [unit, name])),
    };
  }

  private async open(version: Newest, identity: UnitIdentity): Promise<KeptUnit | undefined> {
    const key = keptKey(version.workKey, identity.place);
    const manifest = await this.store.manifest(key);
    if (!manifest) return undefined;
    const found = manifest.meta as unknown as KeptMeta;
    const files = new Map<string, string>();
    for (const name of [...LIGHT_FILES, CHANGES_THEN]) {
      files.set(name, await intactFile(this.store, { key, name }, manifest));
    }
    const then = {
      data: await this.shardOf(version.data, found.unit),
      rejects: await this.shardOf(version.rejects, found.unit),
    };
    const lines = (await readFile(fileOf(files, SLICES), 'utf8')).split('\n');
    const slices = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SliceCounts);
    const from = knownSlices(identity, slices);
    const isSame = from.length === slices.length && from.every((number) => number !== null);
    return { found, files, slices, then, from, isSame };
  }

  /** The file of a unit in a version's artifact; null where it has none, being empty. */
  private async shardOf({ key, manifest, names }: VersionFiles, unit: number): Promise<ShardFile | null> {
    const name = names.get(unit);
    if (name === undefined) return null;
    await intactFile(this.store, { key, name }, manifest);
    return { key, name };
  }
}

/** For each slice its number among those that a unit was kept of, in their order; null for one that is new or moved. */
function knownSlices({ slices: now }: UnitIdentity, slices: readonly SliceCounts[]): (number | null)[] {
  const then = new Map(slices.map(({ identity }, number) => [identity, number]));
  let last = -1;
  return now.map((identity) => {
    const number = identity === null ? undefined : then.get(identity);
    if (number === undefined || number <= last) return null;
    return (last = number);
  });
}

/** Takes a unit over as a whole: links its files into `dir`, and says what filtering it had found. */
export async function takeUnit({ found, files, then }: KeptUnit, at: string, dir: string): Promise<UnitMeta> {
  for (const [name, file] of files) await place(file, path.join(dir, name));
  const { unit: _unit, ...result } = found;
  return { ...result, at, again: result.read, then };
}

/** What filtering needs to take over some slices of a unit. `scratch` gets what it had written of all of them. */
export async function takeSlices(
  store: ArtifactStore,
  { found, files, then, slices, from }: KeptUnit,
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
async function intactFile(store: ArtifactStore, { key, name }: ShardFile, manifest: Manifest): Promise<string> {
  const file = await store.localFile(key, name);
  const wanted = manifest.files.find((entry) => entry.name === name);
  const { sha256 } = await digestFile(file);
  if (sha256 === wanted?.sha256) return file;
  throw failure('ArtifactCorrupt', `${key}/${name} does not have the content it was published with.`);
}
