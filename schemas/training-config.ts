import * as z from 'zod';
import { slug } from './common';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

/** What an hour costs, in one currency for all launchers: of a GPU, of a CPU core, and the share of both that spot nodes cost. */
const prices = z
  .strictObject({
    gpuHour: z.number().min(0).max(10_000).default(0),
    cpuHour: z.number().min(0).max(10_000).default(0),
    spotShare: z.number().min(0).max(1).default(1),
  })
  .prefault({});

const watched = {
  /** Nodes of a job watch one another: where nothing is heard of one for so long it is lost, and the others end. */
  nodeTimeoutSeconds: z.number().min(2).max(600).default(15),
  /** From the wish to stop until what still runs is killed: a step and a checkpoint have to fit in. */
  graceSeconds: z.number().min(1).max(3600).default(30),
};

/** torchrun on this host, or on several that are reached by a command. */
const local = z.strictObject({
  kind: z.literal('local'),
  /** For each node the words before its command, such as `['ssh', 'gpu-2']`; one node, this host, when left out. */
  nodes: z
    .array(z.array(z.string().min(1)))
    .min(1)
    .max(64)
    .default([[]]),
  /** Address of the first node, where the others find it. */
  rendezvousHost: z.string().default('127.0.0.1'),
  ...watched,
  prices,
});

const ray = z.strictObject({
  kind: z.literal('ray'),
  /** Of the dashboard, as in `http://head:8265`. */
  url: z.url({ protocol: /^https?$/ }),
  tokenVariable: variable.optional(),
  /** Interpreter with Ray in it on the cluster's nodes; only jobs of several nodes need it. */
  python: z.string().min(1).default('python3'),
  ...watched,
  prices,
});

/** Jobs run as `user`, which has to be the worker's own account, for both write to the folder of jobs. */
const slurm = z.strictObject({
  kind: z.literal('slurm'),
  /** Of slurmrestd, as in `http://controller:6820`. */
  url: z.url({ protocol: /^https?$/ }),
  user: z.string().min(1),
  /** Variable with the JSON Web Token of `scontrol token`. */
  tokenVariable: variable.default('SLURM_JWT'),
  partition: z.string().optional(),
  /** For jobs that may be preempted; the same when left out. */
  spotPartition: z.string().optional(),
  account: z.string().optional(),
  ...watched,
  prices,
});

const labels = z.record(z.string().min(1), z.string());

const kubernetes = z.strictObject({
  kind: z.literal('kubernetes'),
  /** Context of the kubeconfig; the current one, or the pod's own account, when left out. */
  context: z.string().optional(),
  namespace: z.string().default('default'),
  job: z.enum(['PyTorchJob', 'TrainJob', 'JobSet']).default('PyTorchJob'),
  /** With Python and what `trainers/requirements.lock.txt` names. */
  image: z.string().min(1),
  /** Interpreter in the image. */
  python: z.string().min(1).default('python3'),
  /** Claim of the volume with the folder of jobs, mounted at the same path. */
  volumeClaim: z.string().min(1),
  /** Of objects and pods, such as `kueue.x-k8s.io/queue-name`. */
  labels: labels.default({}),
  /** PriorityClasses for the priorities from 1, the most urgent, on. A TrainJob has that of its runtime. */
  priorityClasses: z.array(z.string().min(1)).max(5).default([]),
  /** Where pods of jobs go that may be taken away. */
  spot: z
    .strictObject({
      nodeSelector: labels.default({}),
      tolerations: z
        .array(
          z.strictObject({
            key: z.string().min(1),
            operator: z.enum(['Exists', 'Equal']).default('Exists'),
            value: z.string().optional(),
            effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
  /** Training runtime of a TrainJob, which has a replicated job `node` with a container of that name. */
  runtime: z
    .strictObject({
      name: z.string().min(1).default('torch-distributed'),
      kind: z.enum(['ClusterTrainingRuntime', 'TrainingRuntime']).default('ClusterTrainingRuntime'),
    })
    .prefault({}),
  ...watched,
  prices,
});
export type KubernetesConfig = z.output<typeof kubernetes>;

export const launcherConfig = z.discriminatedUnion('kind', [local, ray, slurm, kubernetes]);
export type LauncherConfig = z.output<typeof launcherConfig>;

export const trainingConfig = z.strictObject({
  /** Folder of jobs, relative to the project: data, checkpoints, logs. Every node of a launcher must see it by the same path. */
  dir: z.string().min(1).default('.llm-pack/training'),
  /** Python with what the trainers need; made from the locked requirements on first use when left out. */
  python: z.string().min(1).optional(),
  launchers: z.record(slug, launcherConfig).default({ local: launcherConfig.parse({ kind: 'local' }) }),
});
export type TrainingConfig = z.output<typeof trainingConfig>;
