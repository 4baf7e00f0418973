import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../errors';
import type { ArtifactStore, FileEntry, Manifest, Meta, Published } from './artifact-store';
import { errorCode, namingFullDisk, removeOlder, syncFolder, unlessMissing } from './disk';
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
import { VerifiedFiles } from './verified-files';

/** No unit of work lasts a day, so what was not written to for one has lost its owner. */
const SCRATCH_AGE_MS = 24 * 3600 * 1000;
/** Manifests kept in memory: a few MB. */
const MANIFESTS = 4_096;

/**
 * Artifacts in one folder: `<root>/<key>/` holds the files of a set and its `manifest.json`.
 *
 * A set is written below `<root>/tmp`, made durable, and renamed onto its key in one step, so a reader finds all of
 * it or nothing whenever a process or the machine dies. A rename onto a set that stands fails: the first one wins.
 * Several processes, and hosts that mount the folder, may use it at once.
 */
export class FileArtifactStore implements ArtifactStore {
  private readonly verified = new VerifiedFiles();
  /** Manifests as they were read, with what tells that the file is still the same. */
  private readonly manifests = new Map<string, { stamp: string; manifest: Manifest }>();

  /** @param root absolute path of the folder; made when first written to. */
  constructor(private readonly root: string) {}

  describe(): string {
    return `folder ${this.root}`;
  }

  async manifest(key: string): Promise<Manifest | undefined> {
    const file = path.join(this.folder(key), MANIFEST);
    const found = await unlessMissing(stat(file));
    if (!found) return undefined;
    // Matching asks for the same few files of every unit again and again.
    const known = this.manifests.get(key);
    const stamp = `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    if (known?.stamp === stamp) return known.manifest;
    const text = await unlessMissing(readFile(file, 'utf8'));
    if (text === undefined) return undefined;
    const manifest = parseManifest(text, key);
    if (this.manifests.size >= MANIFESTS) this.manifests.clear();
    this.manifests.set(key, { stamp, manifest });
    return manifest;
  }

  async scratch(): Promise<string> {
    const dir = path.join(this.root, SCRATCH, randomUUID());
    await namingFullDisk(this.root, () => mkdir(dir, { recursive: true }));
    return dir;
  }

  /** As the interface says; `dir` must come from `scratch()`, because a rename stays within one disk. */
  async publish(key: string, dir: string, meta: Meta, sealed?: FileEntry[]): Promise<Published> {
    const target = this.folder(key);
    return namingFullDisk(this.root, async () => {
      const files = sealed ?? (await sealFiles(dir));
      await writeDurably(path.join(dir, MANIFEST), manifestText(files, meta));
      await syncFolder(dir);
      await makeDurableFolder(path.dirname(target));
      const first = await renameUnlessTaken(dir, target);
      // Also after a lost race: the winner may have died between its rename and this.
      await syncFolder(path.dirname(target));
      const manifest = await this.manifest(key);
      if (!manifest)
        throw failure('InvariantBroken', `${key} is a folder of other artifacts, or was removed meanwhile.`);
      // These very bytes were hashed a moment ago.
      if (first) for (const entry of files) this.verified.add(path.join(target, entry.name), entry);
      return { manifest, first };
    });
  }

  async localFile(key: string, name: string): Promise<string> {
    const entry = entryOf(await this.manifest(key), key, name);
    const file = path.join(this.folder(key), name);
    const found = await unlessMissing(stat(file));
    if (!found) throw failure('ArtifactMissing', `${key}/${name} is gone from the ${this.describe()}.`);
    if (found.size !== entry.bytes) {
      throw failure('ArtifactCorrupt', `${key}/${name} has ${found.size} bytes instead of ${entry.bytes}.`);
    }
    if (await this.verified.matches(file, entry)) return file;
    throw failure('ArtifactCorrupt', `${key}/${name} does not have the content it was published with.`);
  }

  async remove(prefix: string): Promise<void> {
    const doomed = path.join(this.root, checkedPrefix(prefix));
    const aside = path.join(await this.scratch(), 'removed');
    // Moved away in one step first: a reader must not meet a set of which half is deleted.
    await unlessMissing(rename(doomed, aside));
    await rm(path.dirname(aside), { recursive: true, force: true });
  }

  /** Removes what attempts that were killed left behind more than a day ago. Returns how many folders. */
  sweep(): Promise<number> {
    return removeOlder(path.join(this.root, SCRATCH), SCRATCH_AGE_MS);
  }

  private folder(key: string): string {
    const checked = checkedKey(key);
    if (checked.split('/')[0] === SCRATCH)
      throw failure('InvariantBroken', `The key ${key} is kept for scratch folders.`);
    return path.join(this.root, checked);
  }
}

/** Renames `dir` to `target` and says true, or false where a folder with something in it stands there already. */
async function renameUnlessTaken(dir: string, target: string): Promise<boolean> {
  try {
    await rename(dir, target);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, each synced into its parent. */
async function makeDurableFolder(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true });
  if (first === undefined) return;
  for (let made = dir; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made));
}
