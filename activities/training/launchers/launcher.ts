import type { JobState } from '../../../schemas/training';

/** What a job asks of each of its nodes. */
export interface NodeRequest {
  cpus: number;
  gpus: number;
  memoryBytes: number;
}

/** A job as a launcher starts it: the same program on each node, which torchrun joins to one. */
export interface JobRequest {
  /** Workflow id and attempt, made of a-z, 0-9 and "-", at most 63: a second submit of it finds the first. */
  id: string;
  /** Folder with `job.json`, seen by every node under this path; log and marks of the launcher go there too. */
  dir: string;
  nodes: number;
  processesPerNode: number;
  perNode: NodeRequest;
  /** Whether the nodes may be taken away while it runs. */
  spot: boolean;
  /** From the start; what takes longer is ended by the launcher. */
  timeLimitSeconds: number;
  /** From 1, the most urgent, to 5, for clusters that have a queue. */
  priority: number;
  /** Never secrets: they stand in job descriptions that others may read. */
  env: Record<string, string>;
}

export interface JobStatus {
  state: JobState;
  /** The launcher's own word for it, such as `NODE_FAIL`. */
  native: string;
  /** What the launcher says of it, for people. */
  reason?: string;
  /** Of the first node that failed, where it is known. */
  exitCode?: number;
}

/** A piece of a job's log. */
export interface LogPiece {
  text: string;
  /** Bytes from the beginning: where the next piece begins. */
  next: number;
}

/**
 * Where jobs run. All methods are idempotent and fail with `Unavailable` where the launcher does not answer, which says nothing
 * of the job.
 */
export interface Launcher {
  /** Starts a job, or finds the one that has its id, whatever became of it. @returns whether it was there. */
  submit(job: JobRequest): Promise<{ found: boolean }>;
  /** Undefined where there is no such job, and none was. */
  status(id: string): Promise<JobStatus | undefined>;
  /** What the job has written from an offset on, at most 64 KiB. */
  logs(id: string, offset: number): Promise<LogPiece>;
  /** Ends a job, and returns when nothing of it runs any more. Of one that has ended, or was never there, nothing. */
  stop(id: string): Promise<void>;
  /** Lets a job go on that the launcher itself has suspended. */
  resume(id: string): Promise<void>;
  /** What it can give to one node, and how many: a job that asks for more is refused before it is submitted. Null: not known. */
  capacity(): Promise<{ nodes: number; perNode: NodeRequest } | null>;
}
