import type { ArtifactRef } from '../../schemas/common';

/** One file of a file set. */
export interface FileEntry {
  name: string;
  sha256: string;
  bytes: number;
}

/** JSON that says what a file set holds; part of its identity, so it never holds a time, a host or a run id. */
export type Meta = Record<string, unknown>;

export interface Manifest {
  files: FileEntry[];
  meta: Meta;
}

/** What stands at a key after a publish, and whether this call put it there. */
export interface Published {
  manifest: Manifest;
  first: boolean;
}

/**
 * Immutable sets of files under keys such as `work/<workKey>/filter/00007` or `dataset/<sha256>`.
 *
 * A set appears whole or not at all, and the first publish wins: a stale attempt that comes late is told what stands
 * there already. That is the fence that lets units run twice without harm.
 */
export interface ArtifactStore {
  /** The manifest at `key`, or undefined where nothing was published. */
  manifest(key: string): Promise<Manifest | undefined>;

  /** A new empty folder to write a file set in, where publishing it is cheap. The caller removes it. */
  scratch(): Promise<string>;

  /**
   * Publishes the files directly inside `dir` (no folders) under `key`; `dir` is used up. Durable when it returns.
   * @param sealed what `sealFiles` has said of `dir`, where it was asked already.
   */
  publish(key: string, dir: string, meta: Meta, sealed?: FileEntry[]): Promise<Published>;

  /**
   * A readable local path of one file of a set, fetched first if the store is remote.
   * @throws `ArtifactMissing` where there is no such file, `ArtifactCorrupt` where its bytes do not match the manifest.
   */
  localFile(key: string, name: string): Promise<string>;

  /** Removes every set whose key begins with `prefix` (ending in `/`). Removing nothing is no error. */
  remove(prefix: string): Promise<void>;

  /** One line for people: kind and place, without credentials. */
  describe(): string;
}

/** Key of an artifact in the store, from its `uri`. */
export const artifactKey = (ref: Pick<ArtifactRef, 'uri'>): string => ref.uri.replace(/^artifact:/, '');
