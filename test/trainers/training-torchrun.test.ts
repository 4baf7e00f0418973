import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../activities/kit/package-root';
import type { JobRequest, JobStatus } from '../../activities/training/launchers/launcher';
import { localLauncher, type LocalOptions } from '../../activities/training/launchers/local';
import { hasEnded } from '../../activities/training/launchers/states';
import { defaultCacheDir } from '../../workers/stack/cache';
import { send } from '../../workers/stack/processes';
import { ensureTrainersPython } from '../../workers/stack/trainers';
import { mayMakeNetworks, TestNetwork } from '../support/network';
import { processesOf, stubJob } from '../support/stub-job';

let python: string;
let base: string;
let options: LocalOptions;
const jobs: string[] = [];

beforeAll(async () => {
  python = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
});
beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'training-torchrun-'));
  options = {
    python,
    program: [path.join(packageRoot(), 'test', 'support', 'stub-trainer', 'all_reduce.py')],
    trainingDir: base,
    nodes: [[]],
    rendezvousHost: '127.0.0.1',
    nodeTimeoutSeconds: 5,
    graceSeconds: 10,
  };
});
afterEach(async () => {
  await Promise.all(jobs.splice(0).map((id) => localLauncher(options).stop(id)));
  await rm(base, { recursive: true, force: true });
});

let count = 0;
/** A job whose ranks have begun to speak with one another. */
async function running(nodes: number, processesPerNode: number): Promise<JobRequest> {
  const id = `torchrun-${process.pid}-${(count += 1)}`;
  const job = { ...(await stubJob(path.join(base, id), id)), nodes, processesPerNode };
  jobs.push(id);
  const launcher = localLauncher(options);
  await launcher.submit(job);
  const spoke = new RegExp(`rank 0 of ${nodes * processesPerNode}`);
  await vi.waitUntil(
    async () => {
      const status = await launcher.status(id);
      const { text } = await launcher.logs(id, 0);
      if (status && hasEnded(status.state)) throw new Error(`${JSON.stringify(status)}\n${text}`);
      return spoke.test(text);
    },
    { timeout: 180_000, interval: 500 },
  );
  return job;
}

async function wholeLog(id: string): Promise<string> {
  const log = localLauncher(options);
  const pieces: string[] = [];
  for (let offset = 0; ;) {
    const { text, next } = await log.logs(id, offset);
    if (next === offset) return pieces.join('');
    pieces.push(text);
    offset = next;
  }
}

const ended = (id: string): Promise<JobStatus> =>
  vi.waitUntil(
    async () => {
      const status = await localLauncher(options).status(id);
      return status && hasEnded(status.state) ? status : undefined;
    },
    { timeout: 30_000, interval: 500 },
  );

describe('real torchrun', () => {
  it('takes its ranks with it when it is killed', async () => {
    const { id } = await running(1, 2);
    const [torchrun] = processesOf(id).filter(({ command }) => command.includes('torch.distributed.run'));
    send(torchrun?.pid ?? 0, 'SIGKILL');
    expect(await ended(id)).toMatchObject({ state: 'lost', reason: 'torchrun was killed' });
    expect(processesOf(id)).toEqual([]);
  });

  it.runIf(mayMakeNetworks())(
    'joins two hosts, stops on both as asked, and ends on both when one is cut off',
    async () => {
      const network = new TestNetwork();
      try {
        const hosts = [network.addHost('first'), network.addHost('second')];
        options = { ...options, nodes: hosts.map(({ launcher }) => launcher), rendezvousHost: hosts[0]?.address ?? '' };
        const asked = await running(2, 1);
        const begun = Date.now();
        await localLauncher(options).stop(asked.id);
        const took = Date.now() - begun;
        expect((await wholeLog(asked.id)).match(/ended as asked/g)).toHaveLength(2);
        expect(took).toBeLessThan(8_000);

        const { id } = await running(2, 1);
        hosts[1]?.cutLink();
        const cut = Date.now();
        expect(await ended(id)).toMatchObject({ state: 'lost' });
        expect(Date.now() - cut).toBeLessThan((options.nodeTimeoutSeconds + 10) * 1000);
        expect(processesOf(id)).toEqual([]);
      } finally {
        await Promise.all(jobs.splice(0).map((id) => localLauncher(options).stop(id)));
        network.remove();
      }
    },
  );
});
