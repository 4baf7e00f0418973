import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { vi } from 'vitest';
import type { StageProgress } from '../../schemas/common';
import type { PackConfigInput } from '../../schemas/config';
import { MESSAGES } from '../../schemas/names';

/** Python that starts a trainer without PyTorch: real processes under the real launcher, in a fraction of a second. */
export const STUB_PYTHON = path.join(__dirname, 'stub-trainer', 'python');

export const stubTraining: PackConfigInput = {
  training: { python: STUB_PYTHON, launchers: { local: { kind: 'local', graceSeconds: 2, prices: { cpuHour: 36 } } } },
};

/** What goes wrong in the stub, as its first row says. */
export interface StubFault {
  attempt?: number;
  step?: number;
  above?: number;
  do: 'kill' | 'kill-damaged' | 'memory' | 'nan' | 'spike' | 'user' | 'data' | 'hang';
}

/** Writes rows to train on, the first of which tells the stub what to do. */
export async function writeRows(
  dir: string,
  name: string,
  stub: { stepSeconds?: number; before?: number; faults?: StubFault[] } = {},
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const rows = [{ text: 'the first', stub }, ...Array.from({ length: 9 }, (_, n) => ({ text: `row ${n}` }))];
  await writeFile(path.join(dir, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** Waits until a run shows what `is` looks for. */
export async function untilProgress(
  handle: WorkflowHandle,
  is: (progress: StageProgress) => boolean,
  timeout = 60_000,
): Promise<StageProgress> {
  let progress: StageProgress | undefined;
  await vi.waitFor(
    async () => {
      progress = await handle.query<StageProgress>(MESSAGES.progress);
      if (!is(progress)) throw new Error(`It shows ${JSON.stringify(progress)}`);
    },
    { timeout, interval: 200 },
  );
  return progress as StageProgress;
}

/** Step that a run shows. */
export const stepOf = ({ phases }: StageProgress): number => phases.find(({ name }) => name === 'train')?.done ?? 0;

/** All processes whose command line names `text`. */
export function processesNaming(text: string): { pid: number; args: string }[] {
  const list = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => ({ pid: Number.parseInt(line, 10), args: line.trim().replace(/^\d+\s+/, '') }));
}
