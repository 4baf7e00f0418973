import type { AllowedSources } from '../cleaning/source/allowed';
import type { ArtifactStore } from '../stores/artifact-store';
import type { Registry } from '../stores/registry';
import type { ModelShelf } from './model-shelf';

/** Where students are made and measured, opened once a worker. */
export interface DistillationParts {
  shelf: ModelShelf;
  /** What an hour of a host of the gpu pool costs; 0 where nobody has said. */
  hostHour: number;
}

export interface DistillationDependencies {
  store: ArtifactStore;
  registry: Registry;
  sources: AllowedSources;
  distillation: DistillationParts;
}
