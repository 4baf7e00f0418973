import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../errors';
import type { ArtifactStore, FileEntry, Manifest, Meta, Published } from './artifact-store';
import { namingFullDisk, removeOlder, unlessMissing } from './disk';
import {
  checkedKey,
  checkedPrefix,
  entryOf,
  MANIFEST,
  manifestText,
  parseManifest,
  SCRATCH,
  sealFiles,
} from './file-set';
import { type BucketSettings, S3Bucket } from './s3-bucket';
import { VerifiedFiles } from './verified-files';

/** No unit of work lasts a day, so what was not written to for one has lost its owner. */
const SCRATCH_AGE_MS = 24 * 3600 * 1000;
/** Fetched files that nothing asked for in a week make room; they can be fetched again. */
const FETCHED_AGE_MS = 7 * SCRATCH_AGE_MS;

export interface S3StoreSettings extends BucketSettings {
  /** Put before every key, with a slash between; may be empty. */
  prefix: string;
  /** Absolute path of a local folder for scratch and fetched files; may be shared by processes. */
  localDir: string;
}

/**
 * Artifacts in an S3-compatible bucket: `<prefix>/<key>/<sha256>/<name>` for each file, then `<prefix>/<key>/manifest.json`.
 *
 * The manifest is put last and only where none stands (`If-None-Match: *`), so a set appears whole and the first
 * publish wins. The hash in the name keeps two attempts that made different bytes from overwriting one another's; what
 * a loser uploaded is seen by nobody and goes with its prefix. Parts of an upload that was killed are left in the
 * bucket unlisted: a lifecycle rule that aborts incomplete uploads removes them.
 */
export class S3ArtifactStore implements ArtifactStore {
  private readonly bucket: S3Bucket;
  private readonly verified = new VerifiedFiles();

  constructor(private readonly settings: S3StoreSettings) {
    this.bucket = new S3Bucket(settings);
  }

  describe(): string {
    return this.settings.prefix ? `${this.bucket.describe()} under ${this.settings.prefix}` : this.bucket.describe();
  }

  async manifest(key: string): Promise<Manifest | undefined> {
    const text = await this.bucket.getText(this.object(checkedKey(key), MANIFEST));
    return text === undefined ? undefined : parseManifest(text, key);
  }

  async scratch(): Promise<string> {
    const dir = path.join(this.localDir(SCRATCH), randomUUID());
    await namingFullDisk(dir, () => mkdir(dir, { recursive: true }));
    return dir;
  }

  async publish(key: string, dir: string, meta: Meta, sealed?: FileEntry[]): Promise<Published> {
    const checked = checkedKey(key);
    const files = sealed ?? (await sealFiles(dir));
    for (const entry of files) await this.bucket.upload(this.fileObject(checked, entry), path.join(dir, entry.name));
    const first = await this.bucket.putFirst(this.object(checked, MANIFEST), manifestText(files, meta));
    const manifest = await this.manifest(key);
    // Only where the winner of a conflict has not finished its put, or the set was removed at once.
    if (!manifest) throw failure('Unavailable', `${key} is being published by another attempt.`);
    return { manifest, first };
  }

  async localFile(key: string, name: string): Promise<string> {
    const entry = entryOf(await this.manifest(key), key, name);
    const file = path.join(this.localDir('files'), `${entry.sha256}-${name}`);
    const now = new Date();
    const fetched = (await unlessMissing(utimes(file, now, now).then(() => true))) ?? false;
    if (!fetched || !(await this.verified.matches(file, entry))) await this.fetch(key, entry, file);
    return file;
  }

  async remove(prefix: string): Promise<void> {
    const below = `${this.object(checkedPrefix(prefix))}/`;
    // Manifests first: a reader must not meet a set of which half is deleted.
    await this.bucket.delete(below, (object) => path.posix.basename(object) === MANIFEST);
    await this.bucket.delete(below, () => true);
  }

  /** Removes old scratch folders and fetched files from the local disk. Returns how many. */
  async sweep(): Promise<number> {
    const scratch = await removeOlder(this.localDir(SCRATCH), SCRATCH_AGE_MS);
    return scratch + (await removeOlder(this.localDir('files'), FETCHED_AGE_MS));
  }

  /** Fetches a file beside its place, compares it, and renames it into place: two processes may do so at once. */
  private async fetch(key: string, entry: FileEntry, file: string): Promise<void> {
    const dir = await this.scratch();
    const aside = path.join(dir, entry.name);
    try {
      const found = await namingFullDisk(dir, () =>
        this.bucket.download(this.fileObject(checkedKey(key), entry), aside),
      );
      if (!found) throw failure('ArtifactMissing', `${key}/${entry.name} is gone from ${this.describe()}.`);
      if (!(await this.verified.matches(aside, entry))) {
        throw failure('ArtifactCorrupt', `${key}/${entry.name} does not have the content it was published with.`);
      }
      await mkdir(path.dirname(file), { recursive: true });
      await rename(aside, file);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  private object(...parts: string[]): string {
    return path.posix.join(this.settings.prefix, ...parts);
  }

  private fileObject(key: string, { sha256, name }: FileEntry): string {
    return this.object(key, sha256, name);
  }

  private localDir(name: typeof SCRATCH | 'files'): string {
    return path.join(this.settings.localDir, name);
  }
}
