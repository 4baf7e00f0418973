import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { DocumentFormat } from '../../../schemas/clean-dataset';
import { CHUNK } from './hash';
import { realRoots, resolveSource } from './resolve';
import type { SourceFile, SourceListing } from './source-file';
import { SourceWalk, type FoundFile } from './walk';

/** The files of a folder of this host, or a single one. @throws `SourceNotAllowed`, `SourceNotFound`. */
export async function listLocal(
  roots: readonly string[],
  source: string,
  formats: readonly DocumentFormat[],
): Promise<SourceListing> {
  const { root, path: below, absolute } = await resolveSource(roots, source);
  const walk = new SourceWalk(await realRoots(roots), new Set(formats));
  const single = !(await stat(absolute)).isDirectory();
  const found = single ? walk.entry(absolute, path.basename(absolute)) : walk.folder(absolute);
  return { place: { root, path: below }, single, files: asSourceFiles(found), skipped: () => walk.skipped };
}

async function* asSourceFiles(found: AsyncIterable<FoundFile>): AsyncGenerator<SourceFile> {
  for await (const file of found) {
    const read = (start: number, end: number) => readRange(file.absolute, start, end);
    yield { ...file, pin: null, read };
  }
}

async function* readRange(file: string, start: number, end: number): AsyncGenerator<Buffer> {
  if (end <= start) return;
  for await (const chunk of createReadStream(file, { start, end: end - 1, highWaterMark: CHUNK }))
    yield chunk as Buffer;
}
