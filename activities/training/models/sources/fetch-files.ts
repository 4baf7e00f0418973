import { createHash } from 'node:crypto';
import { constants, copyFile, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../../../errors';
import { unlessMissing } from '../../../stores/disk';
import type { FileEntry } from '../../../stores/artifact-store';
import { sealFiles } from '../../../stores/file-set';
import { flatName } from '../model-files';
import type { ModelSource, PinnedFile } from './model-source';

export interface FetchContext {
  /** Where downloads are kept until they are published: a later attempt on this host goes on where this one ended. */
  downloads: string;
  report: (done: number, total: number) => void;
  signal: AbortSignal;
}

/**
 * Brings planned files into `dir`, each under its flat name, and compares each with its pin.
 * @returns what `sealFiles` says of the folder.
 * @throws `SourceChanged` where a file is not what was planned; `Unavailable`
 */
export async function fetchFiles(
  source: ModelSource,
  files: readonly PinnedFile[],
  dir: string,
  { downloads, report, signal }: FetchContext,
): Promise<FileEntry[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const target = path.join(dir, flatName(file.name));
    const local = source.localPath?.(file.name);
    if (local === undefined) {
      const downloaded = path.join(downloads, flatName(file.name));
      await mkdir(downloads, { recursive: true });
      await download(source, file, downloaded, (bytes) => report(done + bytes, total), signal);
      await link(downloaded, target).catch(() => copyFile(downloaded, target));
    } else await copyFile(local, target, constants.COPYFILE_FICLONE);
    report((done += file.bytes), total);
  }
  const sealed = await sealFiles(dir);
  for (const file of files) await checkPin(file, sealed, dir, downloads);
  return sealed;
}

/**
 * Downloads a file, from where an earlier attempt ended. One that was believed dead may still write: both write the same bytes
 * to the same places, for a file is pinned, so neither harms the other.
 */
async function download(
  source: ModelSource,
  file: PinnedFile,
  target: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const from = Math.min((await unlessMissing(stat(target)))?.size ?? 0, file.bytes);
  const handle = await open(target, from > 0 ? 'r+' : 'w');
  try {
    let at = from;
    for await (const chunk of source.stream(file, from, signal)) {
      signal.throwIfAborted();
      if (at + chunk.length > file.bytes)
        throw failure(
          'SourceChanged',
          `${file.name} goes on beyond the ${file.bytes} bytes that it had when it was planned.`,
        );
      for (let written = 0; written < chunk.length;) {
        written += (await handle.write(chunk, written, chunk.length - written, at + written)).bytesWritten;
      }
      onBytes((at += chunk.length));
    }
    if (at !== file.bytes) throw failure('Unavailable', `${file.name} ended at byte ${at} of ${file.bytes}.`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes that are not what was planned are thrown away, so that the next attempt begins anew. */
async function checkPin(file: PinnedFile, sealed: readonly FileEntry[], dir: string, downloads: string): Promise<void> {
  const name = flatName(file.name);
  const entry = sealed.find((found) => found.name === name);
  const [kind, expected] = [file.pin.slice(0, file.pin.indexOf(':')), file.pin.slice(file.pin.indexOf(':') + 1)];
  const same =
    entry?.bytes === file.bytes &&
    (kind !== 'sha256' || entry.sha256 === expected) &&
    (kind !== 'git' || (await gitBlobOf(path.join(dir, name))) === expected);
  if (same) return;
  await rm(path.join(downloads, name), { force: true });
  throw failure('SourceChanged', `${file.name} is not what it was when it was planned: its hash is another.`);
}

/** The id that git gives a file: sha1 of a header and the bytes. Only small files of the hub are kept by it. */
async function gitBlobOf(file: string): Promise<string> {
  const bytes = await readFile(file);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
