import type { JobRequest } from '../launcher';
import { objectLabels, podSpec, type ManifestOptions } from './pod';

const KEPT_SECONDS = 86_400;

/** A JobSet of one indexed Job, each of whose pods is a node. */
export const jobSet = (job: JobRequest, options: ManifestOptions): object => ({
  apiVersion: 'jobset.x-k8s.io/v1alpha2',
  kind: 'JobSet',
  metadata: { name: options.name, labels: objectLabels(options) },
  spec: {
    failurePolicy: { maxRestarts: 0 },
    ttlSecondsAfterFinished: KEPT_SECONDS,
    replicatedJobs: [
      {
        name: 'node',
        replicas: 1,
        template: {
          spec: {
            ...{ completionMode: 'Indexed', completions: job.nodes, parallelism: job.nodes, backoffLimit: 0 },
            template: {
              metadata: { labels: objectLabels(options) },
              spec: podSpec(job, options, 'node', '$(JOB_COMPLETION_INDEX)'),
            },
          },
        },
      },
    ],
  },
});
