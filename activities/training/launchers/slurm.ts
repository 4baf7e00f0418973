import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { LauncherConfig } from '../../../schemas/training-config';
import { failure, isFailure } from '../../errors';
import type { JobRequest, JobStatus, Launcher, LogPiece, NodeRequest } from './launcher';
import { LOG_BYTES, logPiece } from './log-piece';
import { slurmDescription } from './slurm-description';
import { isAboutRequest, isNoSuchJob, SlurmRest, textOf } from './slurm-rest';
import { jobFiles, RENDEZVOUS, slurmScript } from './slurm-script';
import { type SlurmJob, slurmJobs, slurmNodes, slurmSubmitted } from './slurm-shapes';
import { type ExitMark, statusOf, statusOfForgotten } from './slurm-status';
import { hasEnded } from './states';

export interface SlurmOptions {
  config: Extract<LauncherConfig, { kind: 'slurm' }>;
  /** Folder of the launcher's marks, one file a job, kept for as long as jobs are asked for; every worker sees it. */
  marks: string;
  /** The words that every node of a job runs; `rendezvous` is where they find one another, as host:port. */
  command: (job: JobRequest, rendezvous: string) => string[];
  env?: Readonly<Record<string, string | undefined>>;
}

/** What is known of a job that was submitted, or was about to be: then without its number. */
const markSchema = z.object({ dir: z.string(), job: z.int().positive().optional() });
type Mark = z.output<typeof markSchema>;

const POLL_MS = 1_000;
/** A submit whose answer was lost may be under way still: the controller takes it within this, or not at all. */
const LOOKS = 3;
/** What may end later than this after it was asked to, is said to the caller, who asks again. */
const STOP_MS = 300_000;

/**
 * Jobs of Slurm, by slurmrestd. A job's name is its id. Slurm forgets an ended job after MinJobAge (5 minutes) and may lose
 * what happened in the last seconds before its controller was killed, so a mark is written before and after each submit,
 * and the job's own script leaves a mark when it begins and ends.
 */
export class SlurmLauncher implements Launcher {
  private readonly rest: SlurmRest;

  constructor(private readonly options: SlurmOptions) {
    const { url, user, tokenVariable } = options.config;
    this.rest = new SlurmRest({ url, user, tokenVariable, env: options.env ?? process.env });
  }

  async submit(job: JobRequest): Promise<{ found: boolean }> {
    const mark = await this.mark(job.id);
    // Begun without a number in the mark: it was submitted, has run, and is forgotten already.
    if (mark?.job || (await this.adopt(job)) || (await hasBegun(job))) return { found: true };
    await this.writeMark(job.id, { dir: job.dir });
    const script = slurmScript(job, this.options.command(job, RENDEZVOUS));
    const body = slurmDescription(await this.rest.version(), job, script, this.options.config);
    try {
      const answer = await this.rest.call('POST', 'job/submit', body);
      const number = slurmSubmitted.safeParse(answer.body).data?.job_id;
      // A job that has to wait for nodes that are down is submitted all the same, and an error says so.
      if (number) {
        await this.writeMark(job.id, { dir: job.dir, job: number });
        return { found: false };
      }
      if (answer.status === 400 || isAboutRequest(answer.errors)) {
        throw failure('LauncherRefused', `Slurm at ${this.options.config.url}: ${textOf(answer.errors)}`);
      }
      throw this.rest.unavailable(textOf(answer.errors) || `answers ${answer.status} to a submit`);
    } catch (error) {
      if (!isFailure(error, 'Unavailable')) throw error;
      for (let look = 1; look <= LOOKS; look += 1) {
        await delay(POLL_MS);
        if (await this.adopt(job)) return { found: false };
      }
      throw error;
    }
  }

  async status(id: string): Promise<JobStatus | undefined> {
    const mark = await this.mark(id);
    if (!mark) return undefined;
    const job = await this.find(id, mark);
    const exit = await readExit(mark.dir, id);
    if (job) return statusOf(job, exit);
    return mark.job || (await hasBegun({ ...mark, id })) ? statusOfForgotten(exit) : undefined;
  }

  async logs(id: string, offset: number): Promise<LogPiece> {
    const mark = await this.mark(id);
    return mark ? readPiece(jobFiles(mark.dir, id).log, offset) : { text: '', next: offset };
  }

  /** Slurm sends SIGTERM to all of the job, and SIGKILL after KillWait (30 s). */
  async stop(id: string): Promise<void> {
    const until = Date.now() + STOP_MS;
    for (let asked = false; ; asked = true) {
      const left = (await this.byName(id)).filter((job) => !hasEnded(statusOf(job).state));
      if (left.length === 0) return;
      if (!asked) {
        for (const job of left) {
          const answer = await this.rest.call('DELETE', `job/${job.id}`);
          if (answer.status >= 400 && !isNoSuchJob(answer)) throw this.rest.unavailable(textOf(answer.errors));
        }
      }
      if (Date.now() > until) {
        throw this.rest.unavailable(`job ${left[0]?.id} (${id}) has not ended for ${STOP_MS / 1_000} s: is a node down?`);
      }
      await delay(POLL_MS);
    }
  }

  async resume(id: string): Promise<void> {
    const mark = await this.mark(id);
    const job = mark && (await this.find(id, mark));
    if (!job) return;
    if (job.states.includes('STOPPED')) {
      const answer = await this.rest.call('DELETE', `job/${job.id}?signal=CONT`);
      if (answer.status >= 400) throw this.rest.unavailable(textOf(answer.errors));
    }
    if (job.states.includes('SUSPENDED')) {
      throw this.rest.unavailable(
        `job ${job.id} (${id}) is suspended, which only an operator can end: \`scontrol resume ${job.id}\``,
      );
    }
  }

  async capacity(): Promise<{ nodes: number; perNode: NodeRequest } | null> {
    const { partition } = this.options.config;
    const { nodes } = await this.rest.read(slurmNodes, 'nodes');
    const ours = nodes.filter(({ partitions }) => !partition || partitions.includes(partition));
    if (ours.length === 0) return null;
    const most = (key: keyof NodeRequest) => Math.max(...ours.map((node) => node[key]));
    return {
      nodes: ours.length,
      perNode: { cpus: most('cpus'), gpus: most('gpus'), memoryBytes: most('memoryBytes') },
    };
  }

  /** Slurm's record of a marked job. Numbers begin anew where a controller lost its state: the name decides. */
  private async find(id: string, mark: Mark): Promise<SlurmJob | undefined> {
    if (mark.job) {
      const answer = await this.rest.call('GET', `job/${mark.job}`);
      if (!isNoSuchJob(answer)) {
        const read = slurmJobs.safeParse(answer.body);
        if (!read.success || answer.status >= 400) throw this.rest.unavailable(textOf(answer.errors));
        const job = read.data.find(({ name }) => name === id);
        if (job) return job;
      }
    }
    return this.ofName(id, mark.dir);
  }

  /** Of several jobs of one name, the one whose script runs. */
  private async ofName(id: string, dir: string): Promise<SlurmJob | undefined> {
    const jobs = await this.byName(id);
    const began = Number(await readFile(path.join(jobFiles(dir, id).began, 'job'), 'utf8').catch(() => ''));
    return jobs.find((job) => job.id === began) ?? jobs.find((job) => !hasEnded(statusOf(job).state)) ?? jobs.at(-1);
  }

  private async byName(id: string): Promise<SlurmJob[]> {
    const jobs = await this.rest.read(slurmJobs, 'jobs');
    return jobs.filter(({ name }) => name === id);
  }

  /** Marks a job that Slurm has under this id, if it has one. */
  private async adopt({ id, dir }: { id: string; dir: string }): Promise<boolean> {
    const job = await this.ofName(id, dir);
    if (job) await this.writeMark(id, { dir, job: job.id });
    return job !== undefined;
  }

  private markFile = (id: string): string => path.join(this.options.marks, `${id}.json`);

  private async mark(id: string): Promise<Mark | undefined> {
    const text = await readIfThere(this.markFile(id));
    return text === undefined ? undefined : markSchema.parse(JSON.parse(text));
  }

  private async writeMark(id: string, mark: Mark): Promise<void> {
    await mkdir(this.options.marks, { recursive: true });
    const aside = `${this.markFile(id)}.new`;
    await writeFile(aside, JSON.stringify(mark), { flush: true });
    await rename(aside, this.markFile(id));
  }
}

const hasBegun = ({ dir, id }: { dir: string; id: string }): Promise<boolean> =>
  stat(jobFiles(dir, id).began).then(
    () => true,
    (error: unknown) => absent(error) ?? false,
  );

async function readExit(dir: string, id: string): Promise<ExitMark | undefined> {
  const file = jobFiles(dir, id).exit;
  const text = await readIfThere(file);
  return text === undefined ? undefined : { code: Number(text), at: (await stat(file)).mtimeMs };
}

async function readPiece(file: string, offset: number): Promise<LogPiece> {
  const handle = await open(file).catch(absent);
  if (!handle) return { text: '', next: offset };
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(LOG_BYTES), 0, LOG_BYTES, offset);
    return logPiece(buffer.subarray(0, bytesRead), offset);
  } finally {
    await handle.close();
  }
}

const readIfThere = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(absent);

/** For what is not there yet. */
function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
