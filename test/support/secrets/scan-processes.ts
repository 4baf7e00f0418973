import { readdir, readFile } from 'node:fs/promises';
import type { Finding, Search } from './find-secrets';

/** The command lines of all processes of this host, which every user can read; nothing where there is no `/proc`. */
export async function scanProcesses(search: Search): Promise<Finding[]> {
  const entries = await readdir('/proc').catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      // One that has ended meanwhile has none.
      .map(async (pid) => search(`process ${pid}`, await readFile(`/proc/${pid}/cmdline`).catch(() => NOTHING), false)),
  );
  return found.flat();
}
const NOTHING = Buffer.alloc(0);
