import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DocumentFormat } from '../../../schemas/clean-dataset';
import { formatOf, type Packing } from './formats';
import { isAllowed, realPathOf } from './resolve';

export interface FoundFile {
  /** Below the source, with `/` between its parts. */
  path: string;
  absolute: string;
  bytes: number;
  format: DocumentFormat;
  packing: Packing;
}

/**
 * Lists the files of the wanted formats below a folder, folder by folder in the byte order of their names.
 *
 * A link is followed where it leads to a file or to a folder not yet seen, inside the roots. Left alone and counted
 * are files of other formats, links that leave the roots or lead nowhere, hidden files and folders (a leading dot:
 * version control and caches, not documents), folders that can not be opened, and what is neither file nor folder.
 */
export class SourceWalk {
  /** Files, links and hidden folders left alone. */
  skipped = 0;
  private readonly seen = new Set<string>();

  constructor(
    private readonly roots: readonly (string | undefined)[],
    private readonly formats: ReadonlySet<DocumentFormat>,
  ) {}

  /** @param absolute real path of the folder. */
  async *folder(absolute: string, below = ''): AsyncGenerator<FoundFile> {
    this.seen.add(absolute);
    const entries: Dirent[] | undefined = await readdir(absolute, { withFileTypes: true }).catch(() => undefined);
    if (!entries) {
      this.skipped++;
      return;
    }
    for (const entry of entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
      if (entry.name.startsWith('.')) this.skipped++;
      else yield* this.entry(path.join(absolute, entry.name), below + entry.name);
    }
  }

  /** A file or folder, or what a link leads to. */
  async *entry(absolute: string, name: string): AsyncGenerator<FoundFile> {
    const real = await realPathOf(absolute);
    const found =
      real !== undefined && isAllowed(real, this.roots) ? await stat(real).catch(() => undefined) : undefined;
    if (real === undefined || !found) {
      this.skipped++;
    } else if (found.isDirectory()) {
      // A folder is read once, however many links lead to it: that also ends every loop.
      if (this.seen.has(real)) this.skipped++;
      else yield* this.folder(real, `${name}/`);
    } else {
      const kind = formatOf(name);
      if (found.isFile() && kind && this.formats.has(kind.format)) {
        yield { path: name, absolute: real, bytes: found.size, ...kind };
      } else this.skipped++;
    }
  }
}
