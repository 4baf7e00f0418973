import { createHash } from 'node:crypto';
import type { KubernetesConfig } from '../../../../schemas/training-config';
import type { JobRequest } from '../launcher';
import { jobSet } from './job-set';
import type { ManifestOptions } from './pod';
import { pytorchJob } from './pytorch-job';
import { trainJob } from './train-job';

export interface Kind {
  group: string;
  version: string;
  plural: string;
  manifest: (job: JobRequest, options: ManifestOptions) => object;
  /** Label of its pods with the object's name. */
  podLabel: string;
  /** What lets a suspended one go on. */
  resumed: object;
  /** What has to be installed in the cluster. */
  operator: string;
}

export const KINDS: Record<KubernetesConfig['job'], Kind> = {
  PyTorchJob: {
    ...{ group: 'kubeflow.org', version: 'v1', plural: 'pytorchjobs', manifest: pytorchJob },
    podLabel: 'training.kubeflow.org/job-name',
    resumed: { spec: { runPolicy: { suspend: false } } },
    operator: 'the Kubeflow Training Operator (1.8 or 1.9)',
  },
  TrainJob: {
    ...{ group: 'trainer.kubeflow.org', version: 'v1alpha1', plural: 'trainjobs', manifest: trainJob },
    // It makes a JobSet of its own name.
    podLabel: 'jobset.sigs.k8s.io/jobset-name',
    resumed: { spec: { suspend: false } },
    operator: 'Kubeflow Trainer (2.2 or later)',
  },
  JobSet: {
    ...{ group: 'jobset.x-k8s.io', version: 'v1alpha2', plural: 'jobsets', manifest: jobSet },
    podLabel: 'jobset.sigs.k8s.io/jobset-name',
    resumed: { spec: { suspend: false } },
    operator: 'JobSet (0.5 or later)',
  },
};

/** Operators add up to 18 characters (`-worker-63`, `-node-0-63-x7k2p`) and want a DNS label of 63, which begins with a letter. */
const NAME_LENGTH = 45;

/** Name of a job's object, always the same. One that is too long is cut, and told from others by a hash. */
export function objectName(id: string): string {
  const name = `train-${id}`;
  if (name.length <= NAME_LENGTH) return name;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 10);
  return `${name.slice(0, NAME_LENGTH - 11).replace(/-+$/, '')}-${hash}`;
}
