import { open, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A file of a model; names have `/` between their parts, as on the hub. */
export interface ModelFile {
  name: string;
  bytes: number;
}

/** The files of a model, wherever they lie. */
export interface ModelFiles {
  files: readonly ModelFile[];
  /** The bytes of a file from `start` to before `end`, all of them. */
  read(name: string, start: number, end: number): Promise<Buffer>;
}

/** Weights under the names that transformers loads: one file, or shards with an index. */
export const WEIGHTS = /^model(-\d{5}-of-\d{5})?\.safetensors$/;

// Letters that the artifact store takes in a name; "@" is kept for the encoding of folders.
const FLAT = '[A-Za-z0-9_-][A-Za-z0-9._-]*';
/** Configuration, vocabularies, templates and what people read: nothing that is run when it is loaded. */
const DATA = new RegExp(`^${FLAT}\\.(json|txt|model|jinja|md)$`);
const PAPERS = /^(LICEN[CS]E|NOTICE)[A-Za-z0-9._-]*$/;
/** Folders of sentence-transformers' modules, such as `1_Pooling`; others hold the same model in other formats. */
const MODULE = /^\d+_[A-Za-z]+$/;
/** The longest name that the store takes. */
const NAME_MAX = 180;

/**
 * Whether a file of a model is taken over: weights as safetensors, configuration, tokenizer, card. Pickles, code, graphs of
 * other runtimes and hidden files stay behind; whoever loads the model does without them.
 */
export function isKept(name: string): boolean {
  const parts = name.split('/');
  const file = parts.at(-1) ?? '';
  if (name.length > NAME_MAX || parts.length > 2) return false;
  if (parts.length === 2) return MODULE.test(parts[0] ?? '') && (DATA.test(file) || WEIGHTS.test(file));
  return WEIGHTS.test(file) || DATA.test(file) || PAPERS.test(file);
}

/** The name of a model's file in the store, which has no folders: `1_Pooling/config.json` is `1_Pooling@config.json`. */
export const flatName = (name: string): string => name.replaceAll('/', '@');

/** The name that `flatName` was made of. */
export const nestedName = (flat: string): string => flat.replaceAll('@', '/');

/** The files in a folder and in the folders directly below it, in the order of their names. */
export async function folderFiles(dir: string): Promise<ModelFiles> {
  const files: ModelFile[] = [];
  const list = async (below: string, depth: number): Promise<void> => {
    const entries = await readdir(path.join(dir, below), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && depth > 0) await list(name, depth - 1);
      // A link is followed: the hub's own cache is made of them.
      const size = entry.isDirectory() ? undefined : await sizeOf(path.join(dir, name));
      if (size !== undefined) files.push({ name, bytes: size });
    }
  };
  await list('', 1);
  return { files, read: (name, start, end) => readRange(path.join(dir, name), start, end) };
}

async function sizeOf(file: string): Promise<number | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    const found = await handle.stat();
    return found.isFile() ? found.size : undefined;
  } finally {
    await handle.close();
  }
}

async function readRange(file: string, start: number, end: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(end - start);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}
