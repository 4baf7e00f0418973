import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Finding, Search } from './find-secrets';

/** Where the embedded stack keeps its password, for its own user alone. */
const KEEPS_IT = new Set(['stack.json', 'stack.json.aside', 'password']);
/** In these a key of any format counts, Temporal's database (which keeps histories as they are) among them; in others, which are full of numbers, only secrets that are known. */
const TEXTS = new Set([
  '.db',
  '.db-wal',
  '.log',
  '.json',
  '.jsonl',
  '.html',
  '.md',
  '.txt',
  '.svg',
  '.csv',
  '.yaml',
  '.yml',
  '.toml',
  '.out',
  '.err',
]);

/** Longer than any secret, in its longest form: chunks share so many bytes. */
const OVERLAP = 4_096;

/** Every file of a folder. One that goes meanwhile is passed over. */
export async function scanFolder(dir: string, search: Search): Promise<Finding[]> {
  const findings: Finding[] = [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || KEEPS_IT.has(entry.name)) continue;
    findings.push(...(await scanFile(join(entry.parentPath, entry.name), search)));
  }
  return findings;
}

async function scanFile(file: string, search: Search): Promise<Finding[]> {
  const isText = TEXTS.has(extname(basename(file)));
  const findings: Finding[] = [];
  let kept = Buffer.alloc(0);
  let before = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 8 * 2 ** 20 }) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([kept, chunk]);
      for (const { where, what, at } of search(file, bytes, isText)) {
        const place = before - kept.length + at;
        // What lies in both chunks is found twice.
        if (!findings.some((found) => found.what === what && found.at === place))
          findings.push({ where, what, at: place });
      }
      before += chunk.length;
      kept = Buffer.from(bytes.subarray(-OVERLAP));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return findings;
}
