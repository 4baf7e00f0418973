import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { PackConfig } from '../schemas/config';
import type { Pool } from '../schemas/names';
import { createAgentActivities } from './agent';
import type { AgentParts } from './agent/parts';
import { createCleaningActivities } from './cleaning';
import type { AllowedSources } from './cleaning/source/allowed';
import { createFindEarlier } from './cleaning/find-earlier';
import { createRecordDataset } from './cleaning/record-dataset';
import { createReferenceActivities } from './cleaning/references';
import { createDistillationActivities, createStudentActivities } from './distillation';
import type { DistillationParts } from './distillation/dependencies';
import { type ControlParts, createControlActivities } from './control';
import type { OpenEncoder } from './encoder/wanted';
import { createEvaluationActivities } from './evaluation';
import { createSampleActivities } from './evaluation/sample-activities';
import type { OwnMetrics } from './evaluation/tasks/own-metrics';
import { createFeatureActivities } from './features';
import { createRecordFeatures } from './features/record-features';
import { createGuardActivities } from './guard';
import { createModelAttackActivities } from './guard/red-team/model-activities';
import { createIndexingActivities } from './indexing';
import { createWorkActivities } from './kit/work';
import { createNightlyActivities } from './nightly';
import { createRelevanceActivities } from './relevance';
import { createPromotionActivities } from './promotion';
import { createRolloutActivities, type RolloutParts } from './rollout';
import type { ArtifactStore } from './stores/artifact-store';
import type { Registry } from './stores/registry';
import { createTrainingActivities } from './training';
import type { TrainingParts } from './training/dependencies';
import { createImportActivities, type ImportPlaces } from './training/models/import-activities';
import { createMiningActivities } from './training/mining';
import { createUpdateActivities } from './updating';

/** The outside world of the activities, opened once a worker. */
export interface ActivityDependencies {
  store: ArtifactStore;
  registry: Registry;
  search: Elasticsearch;
  /** The configured encoders, each loaded on first use. */
  encoder: OpenEncoder;
  /** Where sources may lie. */
  sources: AllowedSources;
  /** Queue of this host, for work on files that no other host sees. */
  hostQueue: string;
  /** Threads for cpu-heavy work: as many as the pool has slots. */
  threads: number;
  index: PackConfig['index'];
  /** Models and tools of agents. */
  agent: AgentParts;
  /** Where models are trained. */
  training: TrainingParts;
  /** Where models are imported from. */
  models: ImportPlaces;
  /** Where students are made and measured. */
  distillation: DistillationParts;
  /** Metrics of a project's own. */
  evaluation: { metrics: OwnMetrics };
  /** Where rollouts get their metrics. */
  rollout: RolloutParts;
  /** Where set-point control gets its metrics. */
  control: ControlParts;
}

const createCpuActivities = (dependencies: ActivityDependencies) => {
  const { embedUnit: _embed, planIndex: _plan, ...indexing } = createIndexingActivities(dependencies);
  const { fitSearch: _fit, gateIndex: _gate, ...relevance } = createRelevanceActivities(dependencies);
  const { embedFeatureTexts: _texts, describeEncoder: _encoder, ...features } = createFeatureActivities(dependencies);
  const { embedDelta: _delta, embedChanges: _changes, ...updating } = createUpdateActivities(dependencies);
  return {
    ...createWorkActivities(dependencies),
    ...createCleaningActivities(dependencies),
    ...createRecordDataset(dependencies),
    ...createFindEarlier(dependencies),
    ...createReferenceActivities(dependencies),
    ...createEvaluationActivities(dependencies),
    ...createSampleActivities(dependencies),
    ...features,
    ...createRecordFeatures(dependencies),
    ...createGuardActivities(dependencies),
    ...createImportActivities(dependencies),
    ...createNightlyActivities(dependencies),
    ...createPromotionActivities(dependencies),
    ...indexing,
    ...relevance,
    ...createRolloutActivities(dependencies),
    ...createControlActivities(dependencies),
    ...createTrainingActivities(dependencies),
    ...createDistillationActivities(dependencies),
    ...updating,
  };
};

/** Only what needs the encoder runs on the gpu pool. */
const createGpuActivities = (dependencies: ActivityDependencies) => {
  const { embedUnit, planIndex } = createIndexingActivities(dependencies);
  const { fitSearch, gateIndex } = createRelevanceActivities(dependencies);
  const { embedFeatureTexts, describeEncoder } = createFeatureActivities(dependencies);
  const { embedDelta, embedChanges } = createUpdateActivities(dependencies);
  return {
    ...{ embedUnit, planIndex, fitSearch, gateIndex, embedFeatureTexts, describeEncoder, embedDelta, embedChanges },
    ...createMiningActivities(dependencies),
    ...createStudentActivities(dependencies),
    ...createSampleActivities(dependencies),
  };
};

/** The calls of agents, which wait for models and tools: on the queue of their workflows, so that a step costs little. */
const createLlmActivities = (dependencies: ActivityDependencies) => ({
  ...createAgentActivities(dependencies.agent),
  ...createModelAttackActivities(dependencies.agent),
  ...createSampleActivities(dependencies),
});

/** What workflows call; they import these types and nothing else of this folder. */
export type CpuActivities = ReturnType<typeof createCpuActivities>;
export type LlmActivities = ReturnType<typeof createLlmActivities>;
export type GpuActivities = ReturnType<typeof createGpuActivities>;

/** The activities of each pool that has any. */
export function createActivities(dependencies: ActivityDependencies): Record<Pool, object> {
  return {
    llm: createLlmActivities(dependencies),
    cpu: createCpuActivities(dependencies),
    gpu: createGpuActivities(dependencies),
  };
}
