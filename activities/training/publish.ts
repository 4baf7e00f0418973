import type { ArtifactRef } from '../../schemas/common';
import type { ModelVersion } from '../../schemas/models';
import type { TrainingResult } from '../../schemas/training';
import type { TrainModelOutput } from '../../schemas/train-model';
import { failure } from '../errors';
import type { Registry } from '../stores/registry';
import { readResult } from './job-folder';
import type { PublishedModel } from './models/publish-model';

/** What a job has come to. @throws `InvariantBroken` where there is no result */
export async function readTrained(dir: string): Promise<TrainingResult> {
  const result = await readResult(dir);
  if (!result) throw failure('InvariantBroken', 'A job that is through has left no result.');
  return result;
}

export interface RecordTraining {
  workKey: string;
  name: string;
  plan: ArtifactRef;
  model: PublishedModel;
  /** The model that it was trained from; null for a new one. */
  base: Pick<ModelVersion, 'name' | 'version' | 'licence'> | null;
  /** URIs of what it was made of. */
  inputs: string[];
  rest: Omit<TrainModelOutput, 'outcome' | 'workKey' | 'model'>;
}

/** Makes what was published the next version of the model, once. */
export function recordTrained(
  registry: Registry,
  { workKey, name, plan, model, base, inputs, rest }: RecordTraining,
): Promise<TrainModelOutput> {
  const { artifact, kind, architecture, parameters, licence } = model;
  return registry.finishWork<TrainModelOutput>(workKey, async (transaction) => {
    await transaction.addArtifact(plan);
    const version = await transaction.addModelVersion({
      name,
      artifact,
      kind,
      architecture,
      parameters,
      // What was trained from a model may be used as that may.
      licence: base?.licence ?? licence ?? 'unknown',
      source: `training:${workKey}`,
      base: base && `${base.name}@${base.version}`,
      metrics: { ...rest.metrics, usage: rest.usage },
    });
    await transaction.addLineage(
      artifact.uri,
      [plan.uri, ...inputs].filter((uri) => uri !== artifact.uri),
    );
    return { outcome: 'published', workKey, model: { name, version, artifact }, ...rest };
  });
}
