import type { LauncherConfig } from '../../../schemas/training-config';
import type { JobRequest } from './launcher';
import { jobFiles } from './slurm-script';

/** How far each step from the most urgent priority puts a job back; users may only put back. */
const NICE_STEP = 1_000;

/** The body of a submit in a version of the API: its fields were renamed with v0.0.39, and its numbers got other shapes. */
export function slurmDescription(
  version: number,
  job: JobRequest,
  script: string,
  config: Extract<LauncherConfig, { kind: 'slurm' }>,
): { script: string; job: Record<string, unknown> } {
  const { log } = jobFiles(job.dir, job.id);
  const { cpus, gpus, memoryBytes } = job.perNode;
  const partition = (job.spot ? config.spotPartition : undefined) ?? config.partition;
  // Slurm gives a job no environment but this.
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...job.env };
  const common = {
    name: job.id,
    current_working_directory: job.dir,
    standard_output: log,
    standard_error: log,
    ...(partition ? { partition } : {}),
    ...(config.account ? { account: config.account } : {}),
    tasks: job.nodes,
    tasks_per_node: 1,
    cpus_per_task: cpus,
    nice: (job.priority - 1) * NICE_STEP,
  };
  const minutes = Math.ceil(job.timeLimitSeconds / 60);
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
