import type { ArtifactRef } from '../../schemas/common';
import type { TrainingResult } from '../../schemas/training';
import type { TrainModelOutput } from '../../schemas/train-model';
import { failure } from '../errors';
import type { Registry } from '../stores/registry';
import { readResult } from './job-folder';

/** What a job has come to. @throws `InvariantBroken` where there is no result */
export async function readTrained(dir: string): Promise<TrainingResult> {
  const result = await readResult(dir);
  if (!result) throw failure('InvariantBroken', `A job that is through has left no result in ${dir}.`);
  return result;
}

export interface RecordTraining {
  workKey: string;
  name: string;
  plan: ArtifactRef;
  artifact: ArtifactRef;
  /** URIs of what it was made of. */
  inputs: string[];
  rest: Omit<TrainModelOutput, 'outcome' | 'workKey' | 'model'>;
}

/** Makes what was published the next version of the model, once. */
export function recordTrained(
  registry: Registry,
  { workKey, name, plan, artifact, inputs, rest }: RecordTraining,
): Promise<TrainModelOutput> {
  return registry.finishWork<TrainModelOutput>(workKey, async (transaction) => {
    await transaction.addArtifact(plan);
    const metrics = { ...rest.metrics, usage: rest.usage };
    const version = await transaction.addModelVersion({ name, artifact, metrics });
    await transaction.addLineage(artifact.uri, [plan.uri, ...inputs]);
    return { outcome: 'published', workKey, model: { name, version, artifact }, ...rest };
  });
}
