import { readdirSync, readFileSync } from 'node:fs';
import { send } from '../../../workers/stack/processes';

/** A process as /proc tells it. */
export interface Process {
  pid: number;
  parent: number;
  command: string;
  environment: string;
}

/** All processes that live. */
export function allProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const text = (file: string) => readFileSync(`/proc/${name}/${file}`, 'utf8').replaceAll('\0', ' ');
        const found = {
          pid: Number(name),
          parent: Number(parent),
          command: text('cmdline'),
          environment: text('environ'),
        };
        return state === 'Z' ? [] : [found];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** All of jobs in a folder: ranks, torchrun, supervisors. Their environment is not that of who started them. */
export const jobProcesses = (trainingDir: string): Process[] =>
  allProcesses().filter(({ command }) => command.includes(trainingDir));

/** A process and all below it. */
export function familyOf(pid: number, all: readonly Process[] = allProcesses()): number[] {
  return [pid, ...all.filter(({ parent }) => parent === pid).flatMap((child) => familyOf(child.pid, all))];
}

// A process that has 50 of 250 ms is five times as slow, whatever else the machine does.
const PERIOD_MS = 250;
const RUNS_MS = 50;

/** Slows processes down to a fifth, until what it returns is called. */
export function throttle(pids: readonly number[]): () => void {
  const all = (signal: NodeJS.Signals) => pids.forEach((pid) => send(pid, signal));
  let wakes: NodeJS.Timeout | undefined;
  const stop = () => {
    all('SIGSTOP');
    wakes = setTimeout(() => all('SIGCONT'), PERIOD_MS - RUNS_MS);
  };
  const stops = setInterval(stop, PERIOD_MS);
  stop();
  return () => {
    clearInterval(stops);
    clearTimeout(wakes);
    all('SIGCONT');
  };
}
