import type { JobRequest } from '../launcher';
import {
  containerSecurity,
  environment,
  nodeCommand,
  objectLabels,
  placement,
  podSecurity,
  resources,
  terminationSeconds,
  volumeMounts,
  volumes,
  type ManifestOptions,
} from './pod';

/**
 * A TrainJob: the container and the pod of the training runtime that the configuration names, with what a job adds to them. What
 * it can not say (restarts, priority class, the token of the service account) the runtime has to.
 */
export const trainJob = (job: JobRequest, options: ManifestOptions): object => ({
  apiVersion: 'trainer.kubeflow.org/v1alpha1',
  kind: 'TrainJob',
  metadata: { name: options.name, labels: objectLabels(options) },
  spec: {
    runtimeRef: options.config.runtime,
    trainer: {
      image: options.config.image,
      command: nodeCommand(options, '$(JOB_COMPLETION_INDEX)'),
      env: environment(),
      numNodes: job.nodes,
      numProcPerNode: job.processesPerNode,
      resourcesPerNode: resources(job),
    },
    runtimePatches: [
      {
        manager: 'temporal-llm-pack/launcher',
        trainingRuntimeSpec: {
          template: {
            spec: { replicatedJobs: [{ name: 'node', template: { spec: { template: pod(job, options) } } }] },
          },
        },
      },
    ],
  },
});

const pod = (job: JobRequest, options: ManifestOptions): object => ({
  metadata: { labels: objectLabels(options) },
  spec: {
    ...placement(job, options),
    terminationGracePeriodSeconds: terminationSeconds(options),
    securityContext: podSecurity(options),
    containers: [{ name: 'node', volumeMounts: volumeMounts(options), securityContext: containerSecurity }],
    volumes: volumes(options),
  },
});
