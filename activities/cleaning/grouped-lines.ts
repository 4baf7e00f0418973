import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStore } from '../stores/artifact-store';
import { LineWriter } from './line-writer';

/**
 * Groups of JSON lines in one file, `<name>.jsonl`, and where each group begins in `<name>.index` (64-bit floats), so
 * that group k of a large file is read without what stands before it.
 */
export class GroupedWriter {
  private readonly lines: LineWriter;
  private readonly starts = [0];

  constructor(
    private readonly dir: string,
    private readonly name: string,
  ) {
    this.lines = new LineWriter(path.join(dir, `${name}.jsonl`));
  }

  add(line: unknown): void {
    this.lines.write(JSON.stringify(line));
  }

  endGroup(): void {
    this.starts.push(this.lines.bytes);
  }

  get groups(): number {
    return this.starts.length - 1;
  }

  close(): void {
    try {
      this.lines.close();
    } finally {
      this.lines.release();
    }
    const file = openSync(path.join(this.dir, `${this.name}.index`), 'w');
    try {
      writeSync(file, new Uint8Array(Float64Array.from(this.starts).buffer));
    } finally {
      closeSync(file);
    }
  }
}

/** Reads group `group` of what a `GroupedWriter` wrote into the file set at `key`. */
export async function readGroup<T>(store: ArtifactStore, key: string, name: string, group: number): Promise<T[]> {
  const index = await readFile(await store.localFile(key, `${name}.index`));
  const [start, end] = [index.readDoubleLE(group * 8), index.readDoubleLE(group * 8 + 8)];
  const text = Buffer.alloc(end - start);
  const file = openSync(await store.localFile(key, `${name}.jsonl`), 'r');
  try {
    for (let read = 0; read < text.length;) {
      const got = readSync(file, text, read, text.length - read, start + read);
      if (got === 0) throw new Error(`${key}/${name}.jsonl ends within group ${group}`);
      read += got;
    }
  } finally {
    closeSync(file);
  }
  const lines = text.toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
