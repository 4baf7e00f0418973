import { readFileSync } from 'node:fs';

/**
 * When the process that has `pid` now started, in clock ticks since boot: the two together name one process. Undefined where
 * there is none, or only its remains (a zombie). Linux alone.
 */
export function processStart(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // proc(5): the name in parentheses may hold anything; after it come the state and, as the 20th, the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}
