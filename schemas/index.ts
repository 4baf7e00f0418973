import { buildFeaturesStage } from './build-features';
import { cleanDatasetStage } from './clean-dataset';
import { controlMetricStage } from './control-metric';
import { converseStage } from './converse';
import { distillModelStage } from './distill-model';
import { evaluateModelStage } from './evaluate-model';
import { importModelStage } from './import-model';
import { indexFeedStage } from './index-feed';
import { indexWindowStage } from './index-window';
import { nightlyRefreshStage } from './nightly-refresh';
import { promoteVersionStage } from './promote-version';
import { rebuildIndexStage } from './rebuild-index';
import { redTeamStage } from './red-team';
import { rethresholdDatasetStage } from './rethreshold-dataset';
import { rolloutStrategyStage } from './rollout-strategy';
import { runAgentStage } from './run-agent';
import type { StageDefinition } from './stage';
import { trainGuardStage } from './train-guard';
import { trainModelStage } from './train-model';
import { updateIndexStage } from './update-index';

/** Every stage of the pack. A new stage is one line here; the conformance suite, the help and the forms follow. */
export const STAGES = [
  cleanDatasetStage,
  rethresholdDatasetStage,
  buildFeaturesStage,
  rebuildIndexStage,
  updateIndexStage,
  indexFeedStage,
  trainGuardStage,
  redTeamStage,
  importModelStage,
  trainModelStage,
  distillModelStage,
  evaluateModelStage,
  promoteVersionStage,
  nightlyRefreshStage,
  rolloutStrategyStage,
  controlMetricStage,
  // Before the stage whose runs it starts: a form fills itself in from the latest run of its type.
  converseStage,
  runAgentStage,
] as unknown as readonly StageDefinition[];

/** Workflows that stages start by themselves: nobody else does. */
export const CHILD_STAGES = [indexWindowStage] as unknown as readonly StageDefinition[];

export * from './agent';
export * from './agent-config';
export * from './agent-loops';
export * from './build-features';
export * from './chunking';
export * from './clean-dataset';
export * from './cleaning-references';
export * from './common';
export * from './config';
export * from './control-config';
export * from './control-metric';
export * from './converse';
export * from './distill-model';
export * from './distillation-gate';
export * from './errors';
export * from './evaluate-model';
export * from './evaluation-cases';
export * from './features';
export * from './guard';
export * from './guard-sets';
export * from './import-model';
export * from './index-feed';
export * from './index-window';
export * from './models';
export * from './names';
export * from './nightly-refresh';
export * from './promote-version';
export * from './rebuild-index';
export * from './recipes';
export * from './red-team';
export * from './relevance';
export * from './rethreshold-dataset';
export * from './rollout-config';
export * from './rollout-strategy';
export * from './run-agent';
export * from './stage';
export * from './train-guard';
export * from './train-model';
export * from './training-config';
export * from './training-recipes';
export * from './training-run';
export * from './update-index';
export * from './versioning';
