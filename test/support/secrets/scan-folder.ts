import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
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
const CHUNK = 8 * 2 ** 20;
// One for all files: of some thousand, most of them small, a buffer each would keep the collector busy for half a minute.
const buffer = Buffer.allocUnsafe(OVERLAP + CHUNK);

/** Every file of a folder, packed ones (gzip) unpacked. One that goes meanwhile is passed over. */
export async function scanFolder(dir: string, search: Search): Promise<Finding[]> {
  const findings: Finding[] = [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || KEEPS_IT.has(entry.name)) continue;
    findings.push(...scanFile(join(entry.parentPath, entry.name), search));
  }
  return findings;
}

function scanFile(file: string, search: Search): Finding[] {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
  try {
    return /\.(gz|tgz)$/.test(file) ? search(file, unpackedFile(handle), true) : scanOpen(file, handle, search);
  } finally {
    closeSync(handle);
  }
}

/** Artifacts and their tests have no larger ones. */
const MOST_UNPACKED = 256 * 2 ** 20;

/** What a packed file holds; of one that was cut, what comes before that; nothing of one that is none. */
function unpackedFile(handle: number): Buffer {
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED };
    return gunzipSync(readFileSync(handle), options);
  } catch {
    return Buffer.alloc(0);
  }
}

function scanOpen(file: string, handle: number, search: Search): Finding[] {
  const isText = TEXTS.has(extname(basename(file)));
  const findings: Finding[] = [];
  let kept = 0;
  let before = 0;
  for (;;) {
    const read = readSync(handle, buffer, kept, CHUNK, null);
    if (read === 0) return findings;
    const bytes = buffer.subarray(0, kept + read);
    for (const { where, what, at } of search(file, bytes, isText)) {
      const place = before - kept + at;
      // What lies in both chunks is found twice.
      if (!findings.some((found) => found.what === what && found.at === place))
        findings.push({ where, what, at: place });
    }
    before += read;
    kept = Math.min(OVERLAP, bytes.length);
    bytes.copyWithin(0, bytes.length - kept);
  }
}
