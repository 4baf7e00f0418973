import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JobRequest } from '../../activities/training/launchers/launcher';
import { packageRoot } from '../../activities/kit/package-root';
import { vi } from 'vitest';

const stub = (name: string): string => path.join(packageRoot(), 'test', 'support', 'stub-trainer', name);

/** Stands for torchrun and the trainer, where it is about processes and not about what they compute. */
export const stubTrainer = (python: string) => ({
  python,
  torchrun: [python, '-S', stub('torchrun.py')],
  program: [stub('rank.py')],
});

/** What a rank of the stub does; `test/support/stub-trainer/rank.py`. */
export interface StubParameters {
  seconds?: number;
  exitCode?: number;
  says?: string;
  deaf?: boolean;
  /** Its first rank takes memory until it is ended. */
  hoards?: boolean;
}

/** A job of two ranks a node, with its folder. */
export async function stubJob(dir: string, id: string, parameters: StubParameters = {}): Promise<JobRequest> {
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'job.json'), JSON.stringify({ parameters }));
  return {
    id,
    dir,
    nodes: 1,
    processesPerNode: 2,
    perNode: { cpus: 1, gpus: 0, memoryBytes: 2 ** 26 },
    spot: false,
    timeLimitSeconds: 300,
    priority: 3,
    env: {},
  };
}

/** A process of a job. */
export interface JobProcess {
  pid: number;
  parent: number;
  command: string;
}

/** All living processes of a job, torchrun and below, by the mark that its supervisor gives them. */
export function processesOf(id: string): JobProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`LLM_PACK_LAUNCH=${id}:`)) return [];
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** The processes of a job's ranks once all of them run. */
export async function runningRanks(id: string, count: number): Promise<JobProcess[]> {
  const ranks = () =>
    processesOf(id).filter(({ command }) => command.includes('rank.py') && !command.includes('torchrun.py'));
  const sleeping = () => processesOf(id).filter(({ command }) => command.startsWith('sleep'));
  await vi.waitUntil(() => ranks().length === count && sleeping().length === count, { timeout: 60_000 });
  return ranks();
}
