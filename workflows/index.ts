import type * as BuildFeatures from './build-features';
import type * as CleanDataset from './clean-dataset';
import type * as ControlMetric from './control-metric';
import type * as Converse from './converse';
import type * as DistillModel from './distill-model';
import type * as EvaluateModel from './evaluate-model';
import type * as ImportModel from './import-model';
import type * as IndexFeed from './index-feed';
import type * as IndexWindow from './index-window';
import type * as NightlyRefresh from './nightly-refresh';
import type * as PromoteVersion from './promote-version';
import type * as RebuildIndex from './rebuild-index';
import type * as RedTeam from './red-team';
import type * as RethresholdDataset from './rethreshold-dataset';
import type * as RolloutStrategy from './rollout-strategy';
import type * as RunAgent from './run-agent';
import type * as TrainGuard from './train-guard';
import type * as TrainModel from './train-model';
import type * as UpdateIndex from './update-index';

/**
 * Every workflow of the pack, for a worker's bundle. A team's own bundle re-exports it:
 * `export * from 'temporal-llm-pack/workflows'`.
 *
 * Each is loaded within the runs of its own kind: a run has modules of its own, and the schemas of all stages together would take 40 ms of a
 * core at the beginning of each.
 */
export const buildFeatures = loaded('buildFeatures', () => require('./build-features') as typeof BuildFeatures);
export const cleanDataset = loaded('cleanDataset', () => require('./clean-dataset') as typeof CleanDataset);
export const controlMetric = loaded('controlMetric', () => require('./control-metric') as typeof ControlMetric);
export const converse = loaded('converse', () => require('./converse') as typeof Converse);
export const distillModel = loaded('distillModel', () => require('./distill-model') as typeof DistillModel);
export const evaluateModel = loaded('evaluateModel', () => require('./evaluate-model') as typeof EvaluateModel);
export const importModel = loaded('importModel', () => require('./import-model') as typeof ImportModel);
export const indexFeed = loaded('indexFeed', () => require('./index-feed') as typeof IndexFeed);
export const indexWindow = loaded('indexWindow', () => require('./index-window') as typeof IndexWindow);
export const nightlyRefresh = loaded('nightlyRefresh', () => require('./nightly-refresh') as typeof NightlyRefresh);
export const promoteVersion = loaded('promoteVersion', () => require('./promote-version') as typeof PromoteVersion);
export const rebuildIndex = loaded('rebuildIndex', () => require('./rebuild-index') as typeof RebuildIndex);
export const redTeam = loaded('redTeam', () => require('./red-team') as typeof RedTeam);
export const rethresholdDataset = loaded(
  'rethresholdDataset',
  () => require('./rethreshold-dataset') as typeof RethresholdDataset,
);
export const rolloutStrategy = loaded('rolloutStrategy', () => require('./rollout-strategy') as typeof RolloutStrategy);
export const runAgent = loaded('runAgent', () => require('./run-agent') as typeof RunAgent);
export const trainGuard = loaded('trainGuard', () => require('./train-guard') as typeof TrainGuard);
export const trainModel = loaded('trainModel', () => require('./train-model') as typeof TrainModel);
export const updateIndex = loaded('updateIndex', () => require('./update-index') as typeof UpdateIndex);

/** The workflow of that name; its module is loaded when it is called. */
function loaded<N extends string, M extends Record<N, (...args: never[]) => unknown>>(name: N, load: () => M): M[N] {
  return ((...args: never[]) => load()[name](...args)) as M[N];
}
