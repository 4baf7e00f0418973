import path from 'node:path';
import type { JobRequest } from './launcher';
import { trainersFolder } from './torchrun';

/** Exit code of a script whose job has begun before; 75 is "try again" in sysexits.h. */
export const BEGAN_BEFORE = 75;

/** Files of a launch that only Slurm's jobs have. */
export const slurmFiles = (folder: string) => ({
  /** A folder, made by the one script that goes on; `job` in it is the number of its job. */
  began: path.join(folder, 'slurm-began'),
  /** What the script itself and Slurm say; ranks write to the logs of their nodes. */
  output: path.join(folder, 'slurm.log'),
  /** Number of the job, once Slurm has taken it. */
  submitted: path.join(folder, 'slurm-submitted'),
});

/**
 * The batch script of a job: a supervisor on each node, which meets the others at the first, where the script itself runs.
 *
 * A job may be started twice: by two submits of which the first seemed to fail, by a requeue, by a controller that lost the
 * last seconds before it was killed. Only the first script that makes its folder goes on. Whether to start again, and from
 * which checkpoint, is the workflow's to say.
 */
export function slurmScript({ nodes, perNode }: JobRequest, folder: string, python: string): string {
  const { began } = slurmFiles(folder);
  const supervise = path.join(trainersFolder(), 'llm_pack_trainers', 'supervise.py');
  const words = [python, '-I', '-S', supervise].map(quote).join(' ');
  // Nodes end one another, more gently than srun would; and a step takes no number of cores from its job.
  const size = `--nodes=${nodes} --ntasks=${nodes} --ntasks-per-node=1 --cpus-per-task=${perNode.cpus}`;
  return `#!/bin/bash
# Job of temporal-llm-pack.
mkdir ${quote(began)} || { echo 'This job has begun before: it is for the workflow to start another.' >&2; exit ${BEGAN_BEFORE}; }
echo "$SLURM_JOB_ID" > ${quote(path.join(began, 'job'))}
export HOME=\${HOME:-~}
command -v srun > /dev/null || . /etc/profile
on_each_node() {
  srun ${size} --kill-on-bad-exit=0 bash -c "exec \\"\\$@\\" $2" - ${words} "$1" ${quote(folder)}
}
on_each_node run '"$SLURM_PROCID" "$SLURM_LAUNCH_NODE_IPADDR"'
code=$?
# Where a supervisor was killed, this ends what is left on its node, and says so in the folder.
[ "$code" = 0 ] || on_each_node status '"$SLURM_PROCID"'
exit "$code"
`;
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
