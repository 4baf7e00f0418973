import type { JobRequest } from '../launcher';
import { objectLabels, podSpec, type ManifestOptions } from './pod';

const KEPT_SECONDS = 86_400;

/** A PyTorchJob: node 0 is its master, the others its workers. The operator numbers them in `RANK`. */
export function pytorchJob(job: JobRequest, options: ManifestOptions): object {
  const replicas = (count: number): object => ({
    replicas: count,
    restartPolicy: 'Never',
    template: { metadata: { labels: objectLabels(options) }, spec: podSpec(job, options, 'pytorch', '$(RANK)') },
  });
  return {
    apiVersion: 'kubeflow.org/v1',
    kind: 'PyTorchJob',
    metadata: { name: options.name, labels: objectLabels(options) },
    spec: {
      runPolicy: { backoffLimit: 0, cleanPodPolicy: 'Running', ttlSecondsAfterFinished: KEPT_SECONDS },
      pytorchReplicaSpecs: { Master: replicas(1), ...(job.nodes > 1 ? { Worker: replicas(job.nodes - 1) } : {}) },
    },
  };
}
