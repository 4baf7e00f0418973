import path from 'node:path';
import type { KubernetesConfig } from '../../../../schemas/training-config';
import type { JobRequest } from '../launcher';

/** What the manifests of all kinds are made of. */
export interface ManifestOptions {
  config: Pick<
    KubernetesConfig,
    'image' | 'python' | 'volumeClaim' | 'labels' | 'priorityClasses' | 'spot' | 'runtime'
  >;
  /** Of the object, by `objectName`. */
  name: string;
  /** Absolute folder of jobs: the claim's volume, at the same path. */
  trainingDir: string;
  /** The launch's own, with `request.json`. */
  folder: string;
  /** With the package of the trainers in it, on the claim's volume. */
  code: string;
  graceSeconds: number;
  /** Whose files those of a job are. */
  user: { uid: number; gid: number } | undefined;
}

/** From the pod's start, beyond the time limit that the supervisor keeps: pulling an image of many GB. */
const PULL_SECONDS = 1800;
/** Beyond the grace: the supervisor ends what did not heed it, and says how it ended. */
const LAST_WORDS_SECONDS = 15;
/** A node of which nothing is heard is marked after 50 s; the job need not wait for five minutes more, the default. */
const NODE_AWAY_SECONDS = 10;

/**
 * The command of a node. The supervisor is the same in all kinds, and as on a plain host: it writes the log and the end to the
 * job's folder, starts a node once whatever restarts its pod, and notices a silent one. Nodes find one another by that folder,
 * so no service and no name is needed, nor what each operator puts into the environment beside the number of the node.
 * @param node as Kubernetes fills it in: `$(VARIABLE)`.
 */
export const nodeCommand = ({ config, code, folder }: ManifestOptions, node: string): string[] => {
  const script = path.join(code, 'llm_pack_trainers', 'supervise.py');
  return [config.python, '-I', '-S', script, 'run', literal(folder), node, '$(POD_IP)'];
};

// Kubernetes takes "$(" for the beginning of a variable.
const literal = (text: string): string => text.replaceAll('$(', '$$$$(');

/** Variables of the supervisor; the job's own stand in `request.json`. A user without an entry in passwd has no home. */
export const environment = (): object[] => [
  { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  { name: 'HOME', value: '/tmp' },
  { name: 'USER', value: 'trainer' },
];

/** As much as it asks for and no more: such pods are the last to be evicted for others. */
export function resources({ perNode: { cpus, gpus, memoryBytes } }: JobRequest): object {
  const amounts = {
    cpu: String(cpus),
    memory: String(memoryBytes),
    ...(gpus > 0 ? { 'nvidia.com/gpu': String(gpus) } : {}),
  };
  return { requests: amounts, limits: amounts };
}

export const volumes = ({ config }: ManifestOptions): object[] => [
  { name: 'training', persistentVolumeClaim: { claimName: config.volumeClaim } },
  // Of the 64 MiB that a container has by itself, NCCL and loaders of data run out.
  { name: 'shm', emptyDir: { medium: 'Memory' } },
];

export const volumeMounts = ({ trainingDir }: ManifestOptions): object[] => [
  { name: 'training', mountPath: trainingDir },
  { name: 'shm', mountPath: '/dev/shm' },
];

/** Where the pods of a job may run. */
export function placement(job: JobRequest, { config }: ManifestOptions): object {
  const away = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'].map((key) => ({
    ...{ key, operator: 'Exists', effect: 'NoExecute' },
    tolerationSeconds: NODE_AWAY_SECONDS,
  }));
  const { nodeSelector, tolerations } = job.spot ? config.spot : { nodeSelector: {}, tolerations: [] };
  return {
    tolerations: [...away, ...tolerations],
    ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
  };
}

export const terminationSeconds = ({ graceSeconds }: ManifestOptions): number => graceSeconds + LAST_WORDS_SECONDS;

export const podSecurity = ({ user }: ManifestOptions): object => ({
  ...(user ? { runAsUser: user.uid, runAsGroup: user.gid } : {}),
  seccompProfile: { type: 'RuntimeDefault' },
});

export const containerSecurity = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

export const objectLabels = ({ config }: ManifestOptions): Record<string, string> => ({
  ...config.labels,
  'app.kubernetes.io/managed-by': 'temporal-llm-pack',
});

/** The pod of a node, for kinds that take a whole one. @param container the name that its operator wants. */
export function podSpec(job: JobRequest, options: ManifestOptions, container: string, node: string): object {
  const priorityClassName = options.config.priorityClasses[job.priority - 1];
  return {
    // Temporal retries, with a new attempt that goes on from a checkpoint.
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: terminationSeconds(options),
    activeDeadlineSeconds: Math.ceil(job.timeLimitSeconds) + terminationSeconds(options) + PULL_SECONDS,
    ...(priorityClassName ? { priorityClassName } : {}),
    ...placement(job, options),
    securityContext: podSecurity(options),
    containers: [
      {
        name: container,
        image: options.config.image,
        command: nodeCommand(options, node),
        env: environment(),
        resources: resources(job),
        volumeMounts: volumeMounts(options),
        securityContext: containerSecurity,
      },
    ],
    volumes: volumes(options),
  };
}
