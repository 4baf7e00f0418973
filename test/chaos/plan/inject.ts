import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { send } from '../../../workers/stack/processes';
import type { Part, PlannedFault } from './plan';
import { familyOf, jobProcesses, throttle } from './processes';
import { isServer, type Server, type World } from './world';

/** Milliseconds that each piece to and from a server takes: a server of another continent, a model that thinks. */
const SLOW_MS = { temporal: 100, postgres: 100, elasticsearch: 100, model: 1_500 };
/** Ranks that have just been lost are there again within it, if there is another attempt. */
const RANKS_MS = 15_000;
/** What ranks run, the stub's and the real ones; torchrun and its supervisor name it too. */
const RANK = /trainer\.py|llm_pack_trainers\.run/;
const AROUND_RANKS = /torchrun\.py|torch\.distributed\.run|supervise\.py/;

/** Begins a fault. @returns how to end it; undefined where there was nothing to break: a job whose ranks have ended. */
export async function inject(
  world: World,
  { part, fault, number }: Pick<PlannedFault, 'part' | 'fault' | 'number'>,
): Promise<(() => Promise<void>) | undefined> {
  if (fault === 'cut') return cut(world, part);
  if (fault === 'slow' && isServer(part)) return slow(world, part);
  const pids = await pidsOf(world, part);
  if (pids.length === 0) return undefined;
  if (fault === 'kill') return kill(world, part, part === 'trainer' ? [pids[number % pids.length] ?? 0] : pids);
  if (fault === 'full') {
    const disk = diskOf(world, part);
    disk?.fill();
    return () => Promise.resolve(disk?.free());
  }
  if (fault === 'stop') {
    pids.forEach((pid) => send(pid, 'SIGSTOP'));
    return () => Promise.resolve(pids.forEach((pid) => send(pid, 'SIGCONT')));
  }
  const end = throttle(pids);
  return () => Promise.resolve(end());
}

function slow(world: World, part: Server): () => Promise<void> {
  const links = world.linksTo(part);
  links.forEach((link) => link.slow(SLOW_MS[part]));
  return () => Promise.resolve(links.forEach((link) => link.slow(0)));
}

async function kill(world: World, part: Part, pids: readonly number[]): Promise<() => Promise<void>> {
  const worker = workerOf(world, part);
  if (worker) {
    await worker.process.kill();
    worker.process = await world.startWorker(worker);
  } else if (part === 'model') {
    const ended = once(world.model, 'exit');
    world.model.kill('SIGKILL');
    await ended;
    await world.startModel();
  } else {
    // The first of a family: a server's children notice, and the supervisor starts it again. A rank's neighbours wait for it.
    send(pids[0] ?? 0, 'SIGKILL');
    if (isServer(part)) await isBack(world, part, pids[0] ?? 0);
  }
  return () => Promise.resolve();
}

async function isBack(world: World, part: Part, was: number): Promise<void> {
  for (let pid: number | undefined = was; pid === was || pid === undefined; pid = serverPid(world, part))
    await after(100);
}

function cut(world: World, part: Part): () => Promise<void> {
  const worker = workerOf(world, part);
  // One of two: they lose one another.
  const host = part === 'trainer' ? world.rankHosts[1] : worker?.host;
  if (host) {
    host.cutLink();
    return () => Promise.resolve(host.mendLink());
  }
  const links = isServer(part) ? world.linksTo(part) : Object.values(worker?.links ?? {});
  links.forEach((link) => link.cut());
  return () => Promise.resolve(links.forEach((link) => link.mend()));
}

const workerOf = (world: World, part: Part) => world.workers.find(({ pool }) => `worker-${pool}` === part);

const serverPid = (world: World, part: Part): number | undefined =>
  world.stack?.parts.find(({ name }) => name === part)?.pid;

function diskOf({ disks }: World, part: Part) {
  if (part === 'trainer') return disks.training;
  // Pools share the folder of the project, with the store and what is put aside.
  return part === 'temporal' || part === 'postgres' || part === 'elasticsearch' ? disks[part] : disks.project;
}

async function pidsOf(world: World, part: Part): Promise<number[]> {
  const worker = workerOf(world, part);
  if (worker) return [worker.process.pid];
  if (part === 'model') return world.model.pid === undefined ? [] : [world.model.pid];
  if (part === 'trainer') return ranksOf(world);
  const pid = serverPid(world, part);
  return pid === undefined ? [] : familyOf(pid);
}

/** The ranks of a job, the first of them first; none where no job has come up in time. */
async function ranksOf(world: World): Promise<number[]> {
  const deadline = Date.now() + RANKS_MS;
  for (;;) {
    const found = jobProcesses(world.trainingDir)
      .filter(({ command }) => RANK.test(command) && !AROUND_RANKS.test(command))
      .toSorted((a, b) => a.pid - b.pid);
    if (found.length > 0 || Date.now() > deadline) return found.map(({ pid }) => pid);
    await after(200);
  }
}
