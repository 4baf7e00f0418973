import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../../errors';
import type { JobRequest, JobStatus, Launcher, LogPiece, NodeRequest } from './launcher';
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
import { type RayJob, RayRest } from './ray-rest';
import { hasEnded, stateOf } from './states';
import { trainersFolder } from './torchrun';

export interface RayOptions extends Omit<LaunchOptions, 'rendezvousHost'> {
  /** Of the dashboard. */
  url: string;
  token?: string;
  /** Interpreter with Ray in it, on the cluster. */
  rayPython: string;
  /** Absolute folder of jobs, the same on every node. */
  trainingDir: string;
  /** Longest that an answer may take, in milliseconds; 30 s. */
  answerMs?: number;
}

// Says that Ray has taken the job: where Ray knows nothing of one that has it, its head was lost.
const SUBMITTED = 'ray-submitted';
const POLL_MS = 500;
// Beyond the grace: SIGKILL, the end of Ray's own processes, and the news of it.
const STOP_MS = 30_000;

/** Jobs of a Ray cluster, by the REST interface of its dashboard. The same supervisor as on a plain host keeps each node. */
export function rayLauncher(options: RayOptions): Launcher {
  const launches = new Launches(options.trainingDir);
  const rest = new RayRest(options.url, options.token, options.answerMs);

  async function status(id: string): Promise<JobStatus | undefined> {
    const launch = await launches.find(id);
    if (!launch) return undefined;
    const { folder, request } = launch;
    const [job, ends] = [await rest.job(id), await readEnds(folder, request.nodes)];
    if (job) return judge(job, ends, hasStarted(folder));
    if (!existsSync(path.join(folder, SUBMITTED))) return undefined;
    if (ends.length === request.nodes) return statusOfEnd(ends);
    return { state: 'lost', native: 'unknown to Ray', reason: 'Ray has lost it: its head was started anew' };
  }

  return {
    async submit(job: JobRequest): Promise<{ found: boolean }> {
      // The nodes learn from Ray where they meet.
      const folder = await launches.prepare(job, { ...options, rendezvousHost: '127.0.0.1' });
      const mark = path.join(folder, SUBMITTED);
      if (existsSync(mark)) return { found: true };
      const found = await rest.submit({
        submission_id: job.id,
        entrypoint: entrypoint(job, folder, options),
        ...resources(job),
        runtime_env: { env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(options.graceSeconds + 5) } },
        metadata: { job_dir: job.dir },
      });
      await createWhole(mark, '');
      return { found };
    },

    status,

    async logs(id: string, offset: number): Promise<LogPiece> {
      const launch = await launches.find(id);
      if (!launch) return { text: '', next: offset };
      const { folder, request } = launch;
      if (hasStarted(folder)) return logSoFar(folder, request.nodes, offset);
      // It has failed before any node began: what Ray itself says is all there is.
      const job = await rest.job(id);
      if (!job || !hasEnded(stateOf('ray', job.status))) return { text: '', next: offset };
      return pieceOf(Buffer.from(await rest.logs(id)).subarray(offset), offset, true);
    },

    async stop(id: string): Promise<void> {
      const launch = await launches.find(id);
      if (!launch) return;
      const until = Date.now() + launch.request.graceSeconds * 1000 + STOP_MS;
      const over = async (): Promise<boolean> => {
        const now = await status(id);
        return now === undefined || hasEnded(now.state);
      };
      if (await over()) return;
      await rest.stop(id);
      while (!(await over())) {
        if (Date.now() > until) throw failure('Unavailable', `Ray has not stopped ${id} yet.`);
        await sleep(POLL_MS);
      }
    },

    // Ray suspends nothing.
    resume: () => Promise.resolve(),

    async capacity(): Promise<{ nodes: number; perNode: NodeRequest }> {
      const nodes = await rest.nodes();
      const least = (name: keyof NodeRequest): number =>
        nodes.length ? nodes.reduce((found, node) => Math.min(found, node[name]), Infinity) : 0;
      const perNode = { cpus: least('cpus'), gpus: least('gpus'), memoryBytes: least('memoryBytes') };
      return { nodes: nodes.length, perNode };
    },
  };
}

/** One node is the entry point itself, wherever Ray finds room; several are placed by a small one that asks for no room. */
function entrypoint(job: JobRequest, folder: string, { python, rayPython }: RayOptions): string {
  const script = (name: string): string => path.join(trainersFolder(), 'llm_pack_trainers', name);
  const words =
    job.nodes === 1
      ? [python, '-I', '-S', script('supervise.py'), 'run', folder, '0']
      : [rayPython, script('ray_entry.py'), folder, python, JSON.stringify(job.perNode)];
  // In the place of Ray's shell: signals go to the processes that it knows.
  return `exec ${words.map(quote).join(' ')}`;
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const resources = ({ nodes, perNode: { cpus, gpus, memoryBytes } }: JobRequest): object =>
  nodes === 1
    ? { entrypoint_num_cpus: cpus, entrypoint_num_gpus: gpus, entrypoint_memory: memoryBytes }
    : { entrypoint_num_cpus: 0 };

function judge(job: RayJob, ends: readonly NodeEnd[], started: boolean): JobStatus {
  const state = stateOf('ray', job.status, job.error_type ?? undefined);
  if (state === 'running' && !started)
    return { state: 'queued', native: job.status, reason: 'Ray has not placed all its nodes yet' };
  // To Ray every end but success is the same; the nodes tell a loss from a failure.
  if (state === 'failed' && ends.length > 0) return { ...statusOfEnd(ends), native: job.status };
  return { state, native: job.status, ...(hasEnded(state) ? { reason: job.message } : {}) };
}
