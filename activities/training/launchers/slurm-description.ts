import type { JobRequest } from './launcher';

/** Where jobs go, and as whose. */
export interface SlurmPlace {
  partition?: string | undefined;
  /** For jobs that may be preempted. */
  spotPartition?: string | undefined;
  account?: string | undefined;
}

/** How far each step from the most urgent priority puts a job back; users may only put back. */
const NICE_STEP = 1_000;
// Slurm counts minutes. The supervisors end a job at its limit; Slurm where they do not.
const SPARE_MINUTES = 2;

/**
 * The body of a submit in a version of the API: its fields were renamed with v0.0.39, and its numbers got other shapes.
 * @param output file for what the script and Slurm say.
 * @param graceSeconds what a job may take to end at its time limit.
 */
export function slurmDescription(
  version: number,
  job: JobRequest,
  { script, output, graceSeconds }: { script: string; output: string; graceSeconds: number },
  place: SlurmPlace,
): { script: string; job: Record<string, unknown> } {
  const { cpus, gpus, memoryBytes } = job.perNode;
  const partition = (job.spot ? place.spotPartition : undefined) ?? place.partition;
  // Slurm gives a job no environment but this. Ranks get the job's own again by the request; srun may need it too.
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...job.env };
  const common = {
    name: job.id,
    current_working_directory: job.dir,
    standard_output: output,
    standard_error: output,
    ...(partition ? { partition } : {}),
    ...(place.account ? { account: place.account } : {}),
    tasks: job.nodes,
    tasks_per_node: 1,
    cpus_per_task: cpus,
    nice: (job.priority - 1) * NICE_STEP,
  };
  const minutes = Math.ceil((job.timeLimitSeconds + graceSeconds) / 60) + SPARE_MINUTES;
  const mebibytes = Math.ceil(memoryBytes / 2 ** 20);
  // Whether it starts again is the workflow's to say, with the checkpoint that it found.
  if (version <= 38) {
    return {
      script,
      job: {
        ...common,
        environment,
        nodes: [job.nodes, job.nodes],
        time_limit: minutes,
        memory_per_node: mebibytes,
        // Of `requeue` only true is read.
        no_requeue: true,
        open_mode: 'append',
        ...(gpus > 0 ? { gres: `gpu:${gpus}` } : {}),
      },
    };
  }
  return {
    script,
    job: {
      ...common,
      environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      minimum_nodes: job.nodes,
      maximum_nodes: job.nodes,
      time_limit: { set: true, number: minutes },
      memory_per_node: { set: true, number: mebibytes },
      requeue: false,
      ...(gpus > 0 ? { tres_per_node: `gres/gpu:${gpus}` } : {}),
    },
  };
}
