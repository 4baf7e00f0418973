import type { ModelFile, ModelFiles } from '../model-files';

/** A file of a source, and what tells its content from any other. */
export interface PinnedFile extends ModelFile {
  /** `sha256:…`, `git:…` (the sha1 of a git blob), or `etag:…` where a server says no more. */
  pin: string;
}

/** Where a model lies that is to be imported. */
export interface ModelSource extends ModelFiles {
  /** As the registry names it, with what fixes its content where there is such a thing: no path of this host. */
  name: string;
  /** Whether only this host is sure to see it. */
  isLocal: boolean;
  /** The pins of some of its files; those of local ones are taken by reading them. */
  pinned(names: readonly string[], onBytes: (bytes: number) => void): Promise<PinnedFile[]>;
  /** The path of a file, where it lies on this host. */
  localPath?(name: string): string;
  /**
   * The bytes of a file from a place on, to its end.
   * @throws `SourceChanged` where its pin is another by now; `Unavailable`.
   */
  stream(file: PinnedFile, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The bytes from `start` to before `end` of a stream that begins at `start`. */
export async function take(stream: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let have = 0;
  if (length === 0) return Buffer.alloc(0);
  for await (const chunk of stream) {
    parts.push(Buffer.from(chunk));
    have += chunk.length;
    if (have >= length) break;
  }
  return Buffer.concat(parts).subarray(0, length);
}
