import type { FileEntry } from './artifact-store';
import { digestFile } from './file-set';

// Some 20 MB of names; forgetting them costs one more read of each file.
const LIMIT = 100_000;

const idOf = (file: string, { sha256 }: FileEntry): string => `${sha256} ${file}`;

/** Compares each local file with its entry once in a process: bytes at rest are not read again and again. */
export class VerifiedFiles {
  private readonly known = new Set<string>();

  /** True where the content of `file` is that of its entry; the file must exist. */
  async matches(file: string, entry: FileEntry): Promise<boolean> {
    if (this.known.has(idOf(file, entry))) return true;
    const { sha256, bytes } = await digestFile(file);
    if (sha256 !== entry.sha256 || bytes !== entry.bytes) return false;
    this.add(file, entry);
    return true;
  }

  /** Takes note of a file whose content this process knows to be that of its entry. */
  add(file: string, entry: FileEntry): void {
    if (this.known.size >= LIMIT) this.known.clear();
    this.known.add(idOf(file, entry));
  }
}
