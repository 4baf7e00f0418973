import { readdir, readFile } from 'node:fs/promises';
import type { Finding, Search } from './find-secrets';

interface Process {
  parent: number;
  commandLine: Buffer;
}

/**
 * The command lines, which every user can read, of all processes that this one has begun, and those have begun; others run tests of
 * their own. Nothing where there is no `/proc`.
 */
export async function scanProcesses(search: Search): Promise<Finding[]> {
  const numbers = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const known = new Map<number, Process>();
  for (const [pid, found] of await Promise.all(numbers.map(async (pid) => [pid, await processOf(pid)] as const)))
    if (found) known.set(pid, found);
  const isOurs = (pid: number): boolean => {
    const parent = known.get(pid)?.parent;
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  return [...known].flatMap(([pid, { commandLine }]) =>
    isOurs(pid) ? search(`process ${pid}`, commandLine, false) : [],
  );
}

/** Undefined where it has ended meanwhile. */
async function processOf(pid: number): Promise<Process | undefined> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`),
    ]);
    // The name, in brackets, may hold anything; after it come the state and the parent.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { parent, commandLine };
  } catch {
    return undefined;
  }
}
