import { createReadStream } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
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

/** Every file of a folder, packed ones (gzip) unpacked. One that goes meanwhile is passed over. */
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
    for await (const chunk of await openFile(file)) {
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

const STEP = { highWaterMark: 8 * 2 ** 20 };

/** What a file holds, piece by piece; of a packed one that is damaged what comes before the damage. */
async function openFile(file: string): Promise<AsyncIterable<Buffer>> {
  if (!/\.(gz|tgz)$/.test(file)) return createReadStream(file, STEP) as AsyncIterable<Buffer>;
  await access(file);
  const unpack = createGunzip({ chunkSize: STEP.highWaterMark });
  createReadStream(file, STEP)
    .on('error', () => unpack.end())
    .pipe(unpack);
  return untilDamage(unpack as AsyncIterable<Buffer>);
}

async function* untilDamage(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    if (!/^Z_/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
