import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, isFailure } from '../../errors';
import { readBytes } from '../job-folder';
import type { JobRequest, JobStatus, Launcher, LogPiece, NodeRequest } from './launcher';
import { createWhole, hasStarted, Launches, type LaunchOptions, logSoFar, pieceOf, readEnds } from './launch-folder';
import { slurmDescription, type SlurmPlace } from './slurm-description';
import { isAboutRequest, isNoSuchJob, type SlurmAccess, SlurmRest, textOf } from './slurm-rest';
import { slurmFiles, slurmScript } from './slurm-script';
import { type SlurmJob, slurmJobs, slurmNodes, slurmSubmitted } from './slurm-shapes';
import { type NodesTold, statusOf, statusOfForgotten } from './slurm-status';
import { hasEnded } from './states';

export interface SlurmOptions extends Omit<LaunchOptions, 'rendezvousHost'>, SlurmAccess, SlurmPlace {
  /** Absolute folder of jobs, the same on every node. */
  trainingDir: string;
}

/** Which job of Slurm's is meant: its name and its working folder, which tells it from those of others. */
type JobName = Pick<JobRequest, 'id' | 'dir'>;

const POLL_MS = 1_000;
/** A submit whose answer was lost may be under way still: the controller takes it within so many looks, or not at all. */
const LOOKS = 3;
// Beyond the grace: what the supervisors take to see the wish, to kill, and the news of it.
const STOP_MS = 15_000;
// Beyond that: Slurm's own SIGTERM, its KillWait (30 s by default) and SIGKILL.
const CANCEL_MS = 90_000;
const PIECE_BYTES = 65_536;

/**
 * Jobs of Slurm, by slurmrestd. The same supervisor as on a plain host keeps each node, in a step of the job.
 *
 * A job's name is the id of the request. Slurm forgets a job some minutes after its end (MinJobAge), and a controller that is
 * killed may forget the last seconds: so the number that it gave, the beginning of its script and the end of each node are
 * files in the job's folder.
 */
export function slurmLauncher(options: SlurmOptions): Launcher {
  const launches = new Launches(options.trainingDir);
  const rest = new SlurmRest(options);

  /** All jobs of a name, the earliest first: more than one where the answer to a submit was lost. */
  async function byName({ id, dir }: JobName): Promise<SlurmJob[]> {
    const jobs = await rest.read(slurmJobs, 'jobs');
    return jobs.filter((job) => job.name === id && job.dir === dir);
  }

  const running = async (job: JobName): Promise<SlurmJob[]> =>
    (await byName(job)).filter((each) => !hasEnded(stateOf(each)));

  /** Slurm's record of a job. Numbers begin anew where a controller has lost its memory: name and folder decide. */
  async function find(job: JobName, folder: string): Promise<SlurmJob | undefined> {
    const { began, submitted } = slurmFiles(folder);
    const number = (await numberIn(path.join(began, 'job'))) ?? (await numberIn(submitted));
    if (number !== undefined) {
      const answer = await rest.call('GET', `job/${number}`);
      if (!isNoSuchJob(answer)) {
        const read = slurmJobs.safeParse(answer.body);
        if (!read.success || answer.status >= 400) throw rest.unavailable(textOf(answer.errors));
        const found = read.data.find(({ name, dir }) => name === job.id && dir === job.dir);
        if (found) return found;
      }
    }
    const jobs = await byName(job);
    return jobs.find((each) => !hasEnded(stateOf(each))) ?? jobs.at(-1);
  }

  async function status(id: string): Promise<JobStatus | undefined> {
    const launch = await launches.find(id);
    if (!launch) return undefined;
    const { folder, request } = launch;
    const job = await find(request, folder);
    // Read after Slurm was asked: the nodes of what it calls ended have told their end before.
    const told = await nodesOf(folder, request.nodes);
    if (job) return statusOf(job, told);
    const { began, submitted } = slurmFiles(folder);
    return existsSync(submitted) || existsSync(began) ? statusOfForgotten(told) : undefined;
  }

  /** Hands a job to Slurm. @throws `LauncherRefused`; `Unavailable` where it may have taken it or not. */
  async function send(job: JobRequest, folder: string): Promise<void> {
    const { output, submitted } = slurmFiles(folder);
    const script = slurmScript(job, folder, options.python);
    const { graceSeconds } = options;
    const body = slurmDescription(await rest.version(), job, { script, output, graceSeconds }, options);
    const answer = await rest.call('POST', 'job/submit', body);
    const number = slurmSubmitted.safeParse(answer.body).data?.job_id;
    // One that has to wait for nodes that are down is taken all the same, and an error says so.
    if (number) return void (await createWhole(submitted, String(number)));
    const said = textOf(answer.errors) || `answers ${answer.status} to a submit`;
    if (answer.status === 400 || isAboutRequest(answer.errors))
      throw failure('LauncherRefused', `Slurm at ${options.url}: ${said}.`);
    throw rest.unavailable(said);
  }

  async function cancel(jobs: readonly SlurmJob[], signal = ''): Promise<void> {
    for (const { id } of jobs) {
      const answer = await rest.call('DELETE', `job/${id}${signal && `?signal=${signal}`}`);
      if (answer.status >= 400 && !isNoSuchJob(answer)) throw rest.unavailable(textOf(answer.errors));
    }
  }

  return {
    async submit(job: JobRequest): Promise<{ found: boolean }> {
      // The nodes learn from Slurm where they meet.
      const folder = await launches.prepare(job, { ...options, rendezvousHost: '127.0.0.1' });
      const { began, submitted } = slurmFiles(folder);
      /** Whether Slurm has it, or had it and has forgotten it. */
      const isThere = async (): Promise<boolean> => {
        const [known] = await byName(job);
        if (known) await createWhole(submitted, String(known.id));
        return known !== undefined || existsSync(began);
      };
      if (existsSync(submitted) || (await isThere())) return { found: true };
      try {
        await send(job, folder);
      } catch (error) {
        if (!isFailure(error, 'Unavailable')) throw error;
        for (let look = 0; look < LOOKS; look += 1) {
          await sleep(POLL_MS);
          if (await isThere()) return { found: false };
        }
        throw error;
      }
      return { found: false };
    },

    status,

    async logs(id: string, offset: number): Promise<LogPiece> {
      const launch = await launches.find(id);
      if (!launch) return { text: '', next: offset };
      const { folder, request } = launch;
      if (hasStarted(folder)) return logSoFar(folder, request.nodes, offset);
      // It has ended before any node began: what the script and Slurm say is all there is.
      const state = (await status(id))?.state;
      if (!state || !hasEnded(state)) return { text: '', next: offset };
      return pieceOf(await readBytes(slurmFiles(folder).output, offset, PIECE_BYTES), offset, true);
    },

    async stop(id: string): Promise<void> {
      const launch = await launches.find(id);
      if (!launch) return;
      const { folder, request } = launch;
      let left = await running(request);
      if (left.length === 0) return;
      // The supervisors look for it. Slurm's own way would give the ranks its KillWait, not the grace.
      await writeFile(path.join(folder, 'stop'), '');
      await cancel(left.filter((job) => stateOf(job) !== 'running'));
      const until = Date.now() + request.graceSeconds * 1_000 + STOP_MS;
      let isCancelled = false;
      while ((left = await running(request)).length > 0) {
        if (Date.now() > until + CANCEL_MS)
          throw rest.unavailable(`job ${left[0]?.id} (${id}) has not ended yet: is a node down?`);
        if (Date.now() > until && !isCancelled) {
          await cancel(left);
          isCancelled = true;
        }
        await sleep(POLL_MS);
      }
    },

    async resume(id: string): Promise<void> {
      const launch = await launches.find(id);
      const job = launch && (await find(launch.request, launch.folder));
      if (job?.states.includes('STOPPED')) await cancel([job], 'CONT');
      if (job?.states.includes('SUSPENDED'))
        throw rest.unavailable(`job ${job.id} is suspended, which only an operator can end: scontrol resume ${job.id}`);
    },

    async capacity(): Promise<{ nodes: number; perNode: NodeRequest } | null> {
      const { partition } = options;
      const { nodes } = await rest.read(slurmNodes, 'nodes');
      const ours = nodes.filter(({ partitions }) => !partition || partitions.includes(partition));
      if (ours.length === 0) return null;
      // Nodes of a partition may differ: what none of them has is refused, the rest is for Slurm to say.
      const most = (name: keyof NodeRequest): number => ours.reduce((found, node) => Math.max(found, node[name]), 0);
      const perNode = { cpus: most('cpus'), gpus: most('gpus'), memoryBytes: most('memoryBytes') };
      return { nodes: ours.length, perNode };
    },
  };
}

const NOTHING_TOLD: NodesTold = { ends: [], all: false };
const stateOf = (job: SlurmJob) => statusOf(job, NOTHING_TOLD).state;

async function nodesOf(folder: string, nodes: number): Promise<NodesTold> {
  const ends = await readEnds(folder, nodes);
  return { ends, all: ends.length === nodes };
}

async function numberIn(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return Number(text) || undefined;
}
