import path from 'node:path';
import { packageRoot } from '../../kit/package-root';
import type { JobRequest } from './launcher';

/** What ranks run: `python -m` this, with the job's folder. */
const TRAINER_MODULE = 'llm_pack_trainers.run';

/** The folder that the trainers' package lies in. */
export const trainersFolder = (): string => path.join(packageRoot(), 'trainers');

export interface TorchrunOptions {
  /** Interpreter with what the trainers need, as the nodes see it. */
  python: string;
  /** Instead of torchrun, in tests that need none of it. */
  torchrun?: readonly string[];
  /** Instead of the trainer: the words after torchrun's own options. */
  program?: readonly string[];
}

/**
 * The command that each node runs. In those of several nodes `{endpoint}`, `{is_host}` and `{address}` stand for what only
 * the node itself knows, and are filled in there: where the nodes meet (address:port), whether it is this node, and its own
 * address; the host's name, which torchrun would take, may be known to nobody else.
 */
export function torchrunCommand(
  job: Pick<JobRequest, 'id' | 'dir' | 'nodes' | 'processesPerNode'>,
  { python, torchrun = [python, '-m', 'torch.distributed.run'], program = ['-m', TRAINER_MODULE] }: TorchrunOptions,
): string[] {
  const rendezvous =
    job.nodes === 1
      ? ['--standalone', '--local-addr', '127.0.0.1']
      : [
          ...['--rdzv-backend', 'c10d', '--rdzv-id', job.id, '--rdzv-endpoint', '{endpoint}'],
          ...['--rdzv-conf', 'is_host={is_host}', '--local-addr', '{address}'],
        ];
  return [
    ...torchrun,
    ...['--nnodes', String(job.nodes), '--nproc-per-node', String(job.processesPerNode)],
    // Temporal retries, with a new attempt that goes on from a checkpoint; torchrun would begin anew within this one.
    ...['--max-restarts', '0'],
    ...rendezvous,
    ...program,
    job.dir,
  ];
}

/** Variables of torchrun and its ranks; the job's own come last. */
export function torchrunEnvironment(
  job: Pick<JobRequest, 'env' | 'perNode' | 'processesPerNode'>,
): Record<string, string> {
  return {
    PYTHONPATH: trainersFolder(),
    PYTHONUNBUFFERED: '1',
    // Python's text is then UTF-8 in every locale, that of a log included.
    PYTHONUTF8: '1',
    // Ranks that each take all cores are many times slower than ranks that share them.
    OMP_NUM_THREADS: String(Math.max(1, Math.floor(job.perNode.cpus / job.processesPerNode))),
    // Shared, the store goes down with the first process group, and a second one in the same job hangs.
    TORCH_DISABLE_SHARE_RDZV_TCP_STORE: '1',
    // A job that asks for no GPU leaves those of the node to others.
    ...(job.perNode.gpus === 0 ? { CUDA_VISIBLE_DEVICES: '' } : {}),
    ...job.env,
  };
}
