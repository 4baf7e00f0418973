import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesConfig } from '../../../schemas/training-config';
import { failure } from '../../errors';
import type { JobRequest, JobStatus, Launcher, LogPiece } from './launcher';
import { KubernetesApi } from './kubernetes/api';
import { capacityOf } from './kubernetes/capacity';
import { KINDS, objectName } from './kubernetes/kinds';
import { statusOf } from './kubernetes/status';
import {
  createWhole,
  hasStarted,
  Launches,
  type LaunchOptions,
  logSoFar,
  type NodeEnd,
  pieceOf,
  readEnds,
  statusOfEnd,
} from './launch-folder';
import { hasEnded } from './states';
import { trainersFolder } from './torchrun';

export interface KubernetesOptions extends Pick<LaunchOptions, 'torchrun' | 'program'> {
  config: KubernetesConfig;
  /** Absolute folder of jobs: the claim's volume, at the same path here and there. */
  trainingDir: string;
  /** Instead of what `kubectl` would read. */
  kubeconfig?: string;
}

// Say that the cluster has taken the job, and that it was asked to end: an object that is gone says neither.
const SUBMITTED = 'kubernetes-submitted';
const STOPPED = 'kubernetes-stopped';
const CODE = 'code';
const POLL_MS = 1000;
// Beyond the grace: SIGKILL, the kubelet's news of it, and the garbage collection.
const STOP_MS = 60_000;

/** Jobs of a Kubernetes cluster, as objects of an operator. The same supervisor as on a plain host keeps each node. */
export function kubernetesLauncher(options: KubernetesOptions): Launcher {
  const { config, trainingDir } = options;
  const launches = new Launches(trainingDir);
  const kind = KINDS[config.job];
  const api = new KubernetesApi(config, kind, options.kubeconfig);

  async function status(id: string): Promise<JobStatus | undefined> {
    const launch = await launches.find(id);
    if (!launch) return undefined;
    const { folder, request } = launch;
    const name = objectName(id);
    const object = await api.object(name);
    if (object) {
      const [pods, ends] = [await api.pods(name), await readEnds(folder, request.nodes)];
      return statusOf(config.job, { object, pods, ends, nodes: request.nodes });
    }
    if (!existsSync(path.join(folder, SUBMITTED))) return undefined;
    return statusOfDeleted(
      await readEnds(folder, request.nodes),
      request.nodes,
      existsSync(path.join(folder, STOPPED)),
    );
  }

  return {
    async submit(job: JobRequest): Promise<{ found: boolean }> {
      const folder = path.join(job.dir, 'launches', job.id);
      const code = path.join(folder, CODE);
      const env = { PYTHONPATH: code, ...job.env };
      // Each node tells the others by the folder where it is.
      await launches.prepare({ ...job, env }, { ...options, ...config, rendezvousHost: '127.0.0.1' });
      const mark = path.join(folder, SUBMITTED);
      if (existsSync(mark)) return { found: true };
      await copyTrainers(code);
      const user = process.getuid && process.getgid ? { uid: process.getuid(), gid: process.getgid() } : undefined;
      const { graceSeconds } = config;
      const name = objectName(job.id);
      const found = await api.create(
        kind.manifest(job, { config, name, trainingDir, folder, code, graceSeconds, user }),
      );
      await createWhole(mark, '');
      return { found };
    },

    status,

    async logs(id: string, offset: number): Promise<LogPiece> {
      const launch = await launches.find(id);
      if (!launch) return { text: '', next: offset };
      const { folder, request } = launch;
      if (hasStarted(folder)) return logSoFar(folder, request.nodes, offset);
      // It has failed before any node began: what its first pod has said is all there is, while that is there.
      const now = await status(id);
      const [pod] = now && hasEnded(now.state) ? await api.pods(objectName(id)) : [];
      // Of one that no node has, the answer is none that the client can read.
      const name = pod?.spec?.nodeName === undefined ? undefined : pod.metadata?.name;
      const said = name === undefined ? '' : await api.podLog(name);
      return pieceOf(Buffer.from(said).subarray(offset), offset, true);
    },

    async stop(id: string): Promise<void> {
      const launch = await launches.find(id);
      if (!launch) return;
      const now = await status(id);
      const name = objectName(id);
      if (now === undefined) return;
      if (!hasEnded(now.state)) await createWhole(path.join(launch.folder, STOPPED), '');
      const until = Date.now() + launch.request.graceSeconds * 1000 + STOP_MS;
      // Of one that has ended, too: its operator may start pods again, or not have heard of the end of a node.
      if ((await api.object(name)) && !(await isOver())) await api.delete(name);
      while (!(await isOver())) {
        if (Date.now() > until) throw failure('Unavailable', await whatIsLeft(name));
        await sleep(POLL_MS);
      }

      /** Whether no pod runs, and none will be made. */
      async function isOver(): Promise<boolean> {
        const pods = await api.pods(name);
        if (pods.some(({ status: is }) => is?.phase !== 'Succeeded' && is?.phase !== 'Failed')) return false;
        const object = await api.object(name);
        return object === undefined || hasEnded(statusOf(config.job, { object, pods, ends: [], nodes: -1 }).state);
      }
    },

    async resume(id: string): Promise<void> {
      const now = await status(id);
      if (now?.state === 'paused') await api.patch(objectName(id), kind.resumed);
    },

    async capacity() {
      await api.checkKind();
      const nodes = await api.nodes();
      return nodes && capacityOf(nodes);
    },
  };

  async function whatIsLeft(name: string): Promise<string> {
    const left = (await api.pods(name)).map(
      ({ metadata, spec }) => `${metadata?.name} on ${spec?.nodeName ?? 'no node'}`,
    );
    return `Kubernetes has not ended ${name} yet; left: ${left.join(', ') || 'the object'}. Is a node away?`;
  }
}

/** How a job stands whose object is gone: deleted by `stop`, by somebody, or some time after it had ended. */
function statusOfDeleted(ends: readonly NodeEnd[], nodes: number, isStopped: boolean): JobStatus {
  if (ends.length === nodes) return statusOfEnd(ends);
  const native = 'deleted';
  if (isStopped) return { state: 'cancelled', native };
  return { state: 'lost', native, reason: 'somebody has deleted it, or its namespace' };
}

/** The trainers' code goes with the job: images need not have it, and a job keeps that which it began with. */
async function copyTrainers(code: string): Promise<void> {
  if (existsSync(code)) return;
  const aside = `${code}.${randomUUID()}`;
  const name = 'llm_pack_trainers';
  await cp(path.join(trainersFolder(), name), path.join(aside, name), {
    recursive: true,
    filter: (file) => path.basename(file) !== '__pycache__',
  });
  try {
    await rename(aside, code);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(code)) throw error;
  }
}
