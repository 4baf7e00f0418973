import { createReadStream } from 'node:fs';
import type { FileEntry } from './artifact-store';
import { digest } from './file-set';

// Some 20 MB of names; forgetting them costs one more read of each file.
const LIMIT = 100_000;

/** Compares each local file with its entry once in a process: bytes at rest are not read again and again. */
export class VerifiedFiles {
  private readonly known = new Set<string>();

  /** True where the content of `file` is that of its entry; the file must exist. */
  async matches(file: string, entry: FileEntry): Promise<boolean> {
    const id = `${entry.sha256} ${file}`;
    if (this.known.has(id)) return true;
    const { sha256, bytes } = await digest(createReadStream(file));
    if (sha256 !== entry.sha256 || bytes !== entry.bytes) return false;
    if (this.known.size >= LIMIT) this.known.clear();
    this.known.add(id);
    return true;
  }
}
