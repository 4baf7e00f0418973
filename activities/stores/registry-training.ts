import type { Database } from './registry-database';

/** What a run needs to train: the folder of its job, which only one run may use, and devices. */
export interface TrainingClaim {
  job: string;
  workKey: string;
  workflowId: string;
  /** First run of the workflow. */
  runId: string;
  launcher: string;
  /** Of all nodes. */
  cpus: number;
  gpus: number;
  /** From 1, the most urgent, to 5. */
  priority: number;
  fairnessKey: string;
}

export interface Devices {
  cpus: number;
  gpus: number;
}

/** How a claim stands. */
export type ClaimAnswer =
  | { state: 'granted' }
  /** Another run does the same work. */
  | { state: 'taken'; by: string }
  /** Devices that are free, and claims that come first. */
  | { state: 'waits'; free: Devices; ahead: number };

/** A claim whose run has not been heard of. */
export interface SilentClaim {
  job: string;
  workflowId: string;
  runId: string;
  submission: string | null;
}

// A waiting run asks every few seconds, a training one is heard of as often.
const SILENT_SECONDS = 60;

interface ClaimRow extends Devices {
  job: string;
  run_id: string;
  workflow_id: string;
  granted: boolean;
  idle: boolean;
  silent: boolean;
}

/** Who may train where, in what order. */
export class TrainingRegistry {
  constructor(private readonly database: Database) {}

  /**
   * Asks for a job's folder and devices, and tells that the run is still there. Whoever has them keeps them. Among those that
   * wait the most urgent goes first, then who has the fewest devices, then who asked first; nobody goes past it, or a large
   * job would never find all of its devices free at once.
   * @param capacity null where the launcher has a queue of its own.
   */
  claim(claim: TrainingClaim, capacity: Devices | null): Promise<ClaimAnswer> {
    return this.database.transaction(async (query) => {
      await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`llm_pack.training/${claim.launcher}`]);
      await query(
        `insert into llm_pack.training_claims as known
           (job, work_key, workflow_id, run_id, launcher, cpus, gpus, priority, fairness_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (job) do update set seen_at = now(), asked_at = coalesce(known.asked_at, now())
           where known.run_id = excluded.run_id`,
        [
          claim.job,
          claim.workKey,
          claim.workflowId,
          claim.runId,
          claim.launcher,
          claim.cpus,
          claim.gpus,
          claim.priority,
          claim.fairnessKey,
        ],
      );
      const rows = await query<ClaimRow>(
        `select job, run_id, workflow_id, cpus, gpus, granted_at is not null as granted,
           asked_at is null as idle, seen_at < now() - make_interval(secs => $2) as silent
         from llm_pack.training_claims c where launcher = $1
         order by priority, (select coalesce(sum(greatest(h.cpus, h.gpus)), 0) from llm_pack.training_claims h
           where h.launcher = c.launcher and h.fairness_key = c.fairness_key and h.granted_at is not null),
           asked_at, job`,
        [claim.launcher, SILENT_SECONDS],
      );
      const mine = rows.find(({ job }) => job === claim.job);
      // The folder is one job's whichever launcher it runs on.
      if (mine?.run_id !== claim.runId) return { state: 'taken', by: mine?.workflow_id ?? 'another launcher' };
      if (mine.granted) return { state: 'granted' };
      const waiting = rows.filter(({ granted, idle, silent }) => !granted && !idle && !silent);
      const ahead = waiting.findIndex(({ job }) => job === claim.job);
      const free = freeOf(capacity, rows);
      const fits = free === null || (claim.cpus <= free.cpus && claim.gpus <= free.gpus);
      if (free !== null && !(ahead === 0 && fits)) return { state: 'waits', free, ahead };
      await query('update llm_pack.training_claims set granted_at = now() where job = $1', [claim.job]);
      return { state: 'granted' };
    });
  }

  /**
   * Says that a run is still there, and what it has submitted.
   * @returns false where it does not hold its devices any more, and must not submit.
   */
  async seen(job: string, runId: string, submission: string): Promise<boolean> {
    const rows = await this.database.query(
      `update llm_pack.training_claims set seen_at = now(), submission = $3
       where job = $1 and run_id = $2 and granted_at is not null returning 1`,
      [job, runId, submission],
    );
    return rows.length > 0;
  }

  /** Gives back the devices of a job that does not run; its folder stays the run's. */
  async yieldDevices(job: string, runId: string): Promise<void> {
    await this.database.query(
      'update llm_pack.training_claims set granted_at = null, asked_at = null, seen_at = now() where job = $1 and run_id = $2',
      [job, runId],
    );
  }

  /** Gives everything back. */
  async release(job: string, runId: string): Promise<void> {
    await this.database.query('delete from llm_pack.training_claims where job = $1 and run_id = $2', [job, runId]);
  }

  /** Claims of runs that have not been heard of. */
  async silent(launcher: string): Promise<SilentClaim[]> {
    return this.database.query<SilentClaim>(
      `select job, workflow_id as "workflowId", run_id as "runId", submission from llm_pack.training_claims
       where launcher = $1 and seen_at < now() - make_interval(secs => $2)`,
      [launcher, SILENT_SECONDS],
    );
  }

  /**
   * Says of a silent run that it goes on, so that it is not looked for again for a while. One that waits in line stays silent:
   * others go past it.
   */
  async goesOn({ job, runId }: SilentClaim): Promise<void> {
    await this.database.query(
      `update llm_pack.training_claims set seen_at = now()
       where job = $1 and run_id = $2 and (granted_at is not null or asked_at is null)`,
      [job, runId],
    );
  }

  /** Takes a claim back whose job is gone, unless its run was heard of meanwhile. */
  async takeBack({ job, runId }: SilentClaim): Promise<void> {
    await this.database.query(
      `delete from llm_pack.training_claims
       where job = $1 and run_id = $2 and seen_at < now() - make_interval(secs => $3)`,
      [job, runId, SILENT_SECONDS],
    );
  }
}

function freeOf(capacity: Devices | null, rows: readonly ClaimRow[]): Devices | null {
  if (capacity === null) return null;
  const used = rows.filter(({ granted }) => granted);
  const sum = (of: keyof Devices) => used.reduce((total, row) => total + row[of], 0);
  return { cpus: capacity.cpus - sum('cpus'), gpus: capacity.gpus - sum('gpus') };
}
