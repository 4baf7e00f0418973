import path from 'node:path';
import type { JobRequest } from './launcher';

/** Stands for where the nodes find one another, in the words of a command; the script puts it in. */
export const RENDEZVOUS = '{rendezvous}';

/** What the script answers where a job of its id has begun before: exit code 75 is "try again" in sysexits.h. */
export const BEGAN_BEFORE = 75;

/** What a job leaves in its folder, by which it is known after Slurm has forgotten it. */
export const jobFiles = (dir: string, id: string) => ({
  log: path.join(dir, `${id}.log`),
  /** A folder, made by the one script that may run; the number of its job is a file in it. */
  began: path.join(dir, `${id}.began`),
  /** Exit code of all, written when the program has ended by itself. */
  exit: path.join(dir, `${id}.exit`),
});

/**
 * The batch script of a job: one task on each node, which find one another on the first, where the script itself runs.
 *
 * A job may be started twice: by two submits of which the first seemed to fail, by a requeue, by a controller that lost the
 * last seconds before it was killed. Only the first script that makes its folder goes on. Whether to start again, and from
 * which checkpoint, is the workflow's to say.
 *
 * @param command the words that every node runs, with {@link RENDEZVOUS} in them.
 */
export function slurmScript(job: JobRequest, command: string[]): string {
  const { began, exit } = jobFiles(job.dir, job.id);
  const words = command.map((word) => quoted(word).replaceAll(RENDEZVOUS, `'"$rendezvous"'`));
  return `#!/bin/bash
# Job of temporal-llm-pack.
set -u
mkdir ${quoted(began)} || { echo 'This job has begun before: it is for the workflow to start another.' >&2; exit ${BEGAN_BEFORE}; }
echo "$SLURM_JOB_ID" > ${quoted(path.join(began, 'job'))}
command -v srun > /dev/null || . /etc/profile
# Of the ports that no system gives out by itself, one by the job's number, for jobs that share a node.
rendezvous="$(hostname):$((20000 + SLURM_JOB_ID % 10000))"
srun --nodes=${job.nodes} --ntasks=${job.nodes} --ntasks-per-node=1 --kill-on-bad-exit=1 ${words.join(' ')}
code=$?
echo "$code" > ${quoted(`${exit}.new`)} && mv ${quoted(`${exit}.new`)} ${quoted(exit)}
exit "$code"
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
