import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { sha256Hex } from '../../schemas/common';
import { failure } from '../errors';
import type { FileEntry, Manifest, Meta } from './artifact-store';

/** Beside the files of a set, in every kind of store; where it stands, the set is whole. */
export const MANIFEST = 'manifest.json';

/** Name of the folder for sets in the making and on their way out; no key begins with it. */
export const SCRATCH = 'tmp';

// Lower case only, so that a key is the same folder on a file system that ignores case.
const SEGMENT = /^[a-z0-9@_-][a-z0-9@._-]*$/;
// Files keep the names that readers look for (README.md, data-00000.parquet); a leading dot would hide one.
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9@._-]*$/;
// Longest name that common file systems take, less room for what a store puts before it.
const NAME_MAX = 180;
// Object stores take 1,024 bytes in all.
const KEY_MAX = 512;

/**
 * Returns `key` (or a prefix ending in `/`) without its last slash if it stays inside the store: segments of a-z, 0-9,
 * `@`, `.`, `_` and `-` that begin with no dot, the first of them not `tmp`.
 * @throws `InvariantBroken` otherwise: keys are made by the pack, never typed by people.
 */
export function checkedKey(key: string): string {
  const bare = key.endsWith('/') ? key.slice(0, -1) : key;
  const parts = bare.split('/');
  const fits = bare.length <= KEY_MAX && parts.every((part) => part.length <= NAME_MAX && SEGMENT.test(part));
  if (!fits || parts[0] === SCRATCH) {
    throw failure('InvariantBroken', `"${key.slice(0, 200)}" is not a key of the artifact store.`);
  }
  return bare;
}

/** As `checkedKey`, for a prefix: one that ends within a segment would remove more than was meant. */
export function checkedPrefix(prefix: string): string {
  if (!prefix.endsWith('/')) throw failure('InvariantBroken', `The prefix "${prefix.slice(0, 200)}" must end in "/".`);
  return checkedKey(prefix);
}

/**
 * Hashes the files directly in `dir` and makes them durable, in the order of their names.
 * @throws `InvariantBroken` on a folder, a link, the manifest's own name, or a name that not every store can hold.
 */
export async function sealFiles(dir: string): Promise<FileEntry[]> {
  const found = await readdir(dir, { withFileTypes: true });
  const names = found.map((entry) => {
    const fits = entry.isFile() && FILE_NAME.test(entry.name) && entry.name.length <= NAME_MAX;
    if (fits && entry.name !== MANIFEST) return entry.name;
    throw failure('InvariantBroken', `"${entry.name}" can not be a file of an artifact.`);
  });
  const files: FileEntry[] = [];
  for (const name of names.sort()) files.push({ name, ...(await digestFile(path.join(dir, name))) });
  // Together, as the disk then writes its journal once for many files instead of once for each.
  await Promise.all(names.map((name) => syncFile(path.join(dir, name))));
  return files;
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes hashed at once: few enough to stay in the processor's cache from the read to the hash. */
const DIGEST_CHUNK = 256 * 1024;

/** Size in bytes and sha256 of a file, in constant memory. */
export async function digestFile(file: string): Promise<{ sha256: string; bytes: number }> {
  const handle = await open(file, 'r');
  try {
    const hash = createHash('sha256');
    const size = Math.max(1, Math.min(DIGEST_CHUNK, (await handle.stat()).size));
    const buffer = Buffer.allocUnsafe(size);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, size, bytes);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

const manifestSchema = z.strictObject({
  files: z.array(
    z.strictObject({ name: z.string().regex(FILE_NAME), sha256: sha256Hex, bytes: z.int().nonnegative() }),
  ),
  // Not a record, which leaves out a key named __proto__.
  meta: z.custom<Meta>((meta) => typeof meta === 'object' && meta !== null && !Array.isArray(meta)),
});

/** The text kept as `manifest.json`: the same bytes for the same files and meta. */
export const manifestText = (files: FileEntry[], meta: Meta): string => `${JSON.stringify({ files, meta })}\n`;

/** Reads `manifest.json` of the set at `key`. @throws `ArtifactCorrupt` where it is not one. */
export function parseManifest(text: string, key: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw failure('ArtifactCorrupt', `The manifest of ${key} can not be read.`, error);
  }
}

/** The entry of a file in a set. @throws `ArtifactMissing` where the set, or the file in it, does not exist. */
export function entryOf(manifest: Manifest | undefined, key: string, name: string): FileEntry {
  const entry = manifest?.files.find((file) => file.name === name);
  if (!entry)
    throw failure('ArtifactMissing', manifest ? `${key} holds no file ${name}.` : `Nothing is stored at ${key}.`);
  return entry;
}
