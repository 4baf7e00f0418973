import type { TrainingConfig } from '../../schemas/training-config';
import type { AllowedSources } from '../cleaning/source/allowed';
import type { Report } from '../kit/heartbeat';
import type { ArtifactStore } from '../stores/artifact-store';
import type { Registry } from '../stores/registry';
import type { Launcher } from './launchers/launcher';

/** Where models are trained, opened once a worker. */
export interface TrainingParts {
  /** Absolute folder of jobs. */
  dir: string;
  launchers: TrainingConfig['launchers'];
  /** ISO 4217 code of the currency of their prices. */
  currency: string;
  /** Opens a launcher, once; nothing is started. */
  open(name: string): Promise<Launcher>;
  /** Makes what a launcher of this host needs, once: the trainers' Python, 3 GB of downloads. Others need nothing. */
  prepare(name: string, report: Report, signal: AbortSignal): Promise<void>;
}

export interface TrainingDependencies {
  store: ArtifactStore;
  registry: Registry;
  sources: AllowedSources;
  /** Queue of this host: the processes of a local job are seen by no other. */
  hostQueue: string;
  training: TrainingParts;
}
