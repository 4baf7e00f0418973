import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { failure, isFailure } from '../../errors';
import { artifactKey, type ArtifactStore, type Manifest } from '../../stores/artifact-store';
import { digestFile } from '../../stores/file-set';
import type { Registry } from '../../stores/registry';
import type { KeptVersion } from '../../stores/registry-units';
import type { FilterResult } from '../filter';
import { place } from '../place';
import { readGroup } from '../grouped-lines';
import { PLAN_UNITS, type Slice } from '../source/plan-types';
import { metaOfCleaned } from '../rethreshold/unit-rows';
import { CHANGES_THEN, keptKey, type KeptMeta, LIGHT_FILES } from './keep-unit';
import { type FilterOptions, unitIdentity } from './unit-identity';

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
  /** By which a later run finds it; absent where it is not to be taken over. */
  identity?: string;
  /** Of a unit that was taken over: the version's files. Its texts are in them alone. */
  then?: ShardsThen;
}

/** Which units of an earlier version a run may take over. */
export interface TakeOver {
  /** Name of the dataset. */
  dataset: string;
  /** False for a run that makes everything anew, and only keeps its units for the next. */
  mayReuse: boolean;
}

/** How much of a run was taken over. */
export interface TakenOver {
  units: number;
  /** Read in those units when they were filtered. */
  documents: number;
}

type Registered = Partial<Pick<Registry, 'keptVersion'>>;

/** Finds units of a plan that the newest version of a dataset keeps. */
export class KeptUnits {
  /** Of the last run that asked: each of its units does. */
  private last: { workKey: string; version: Promise<KeptVersion | undefined> } | undefined;

  constructor(
    private readonly store: ArtifactStore,
    private readonly registry: Registered | undefined,
  ) {}

  /** By which name a unit is kept and found; undefined where it is not to be. */
  async identityOf(plan: ArtifactRef, unit: number, options: FilterOptions): Promise<string | undefined> {
    const key = artifactKey(plan);
    const manifest = await this.store.manifest(key);
    if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${this.store.describe()}.`);
    const slices = await readGroup<Slice>(this.store, key, PLAN_UNITS, unit);
    return unitIdentity(manifest, slices, options) ?? undefined;
  }

  /** What the newest version keeps of a unit, or undefined. @param workKey of the run that asks. */
  async find(workKey: string, dataset: string, identity: string): Promise<KeptUnit | undefined> {
    if (this.last?.workKey !== workKey) {
      this.last = { workKey, version: this.registry?.keptVersion?.(dataset) ?? Promise.resolve(undefined) };
    }
    const version = await this.last.version.catch((error: unknown) => {
      this.last = undefined;
      throw error;
    });
    if (!version) return undefined;
    const key = keptKey(version.workKey, identity);
    const manifest = await unlessDamaged(this.store.manifest(key));
    return manifest && { key, manifest, version };
  }

  /**
   * Takes a unit over: links its files into `dir` and says what filtering it had found. Every byte is compared with the hash
   * that it was published with, those of the version's Parquet files as well. Undefined, and `dir` as empty as it was, where
   * something is missing or damaged.
   */
  async take(unit: KeptUnit, identity: string, dir: string): Promise<UnitMeta | undefined> {
    const taken = await unlessDamaged(this.link(unit, dir));
    if (taken) return { ...taken, identity };
    for (const name of await readdir(dir)) await rm(path.join(dir, name));
    return undefined;
  }

  private async link({ key, manifest, version }: KeptUnit, dir: string): Promise<UnitMeta> {
    const { unit, ...found } = manifest.meta as unknown as KeptMeta;
    for (const name of [...LIGHT_FILES, CHANGES_THEN]) {
      await place(await intactFile(this.store, { key, name }, manifest), path.join(dir, name));
    }
    const data = await this.shardOf(version.artifact, unit);
    const rejects = await this.shardOf(version.rejects, unit);
    return { ...found, then: { data, rejects } };
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

/** A unit as a version keeps it. */
export interface KeptUnit {
  key: string;
  manifest: Manifest;
  version: KeptVersion;
}

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

/** Undefined where what is stored is not there, or not as it was. */
const unlessDamaged = <T>(value: Promise<T>): Promise<T | undefined> =>
  value.catch((error: unknown) => {
    const isGone = isFailure(error, 'ArtifactMissing') || isFailure(error, 'ArtifactCorrupt');
    if (isGone || isFailure(error, 'ScoresMissing')) return undefined;
    throw error;
  });
