import type { DatasetVersion } from '../../../schemas/clean-dataset';
import type { ArtifactRef } from '../../../schemas/common';
import type { CleaningRules, RecipeName, RuleOverrides } from '../../../schemas/recipes';
import { failure } from '../../errors';
import type { ArtifactStore } from '../../stores/artifact-store';
import { findVersion } from '../../stores/find-version';
import type { Registry } from '../../stores/registry';
import { rethresholdRules } from './compatible';
import { hasScores, metaOfCleaned } from './unit-rows';

export interface RethresholdPlan {
  from: DatasetVersion;
  rejects: ArtifactRef;
  recipe: RecipeName;
  rules: CleaningRules;
  units: number;
  /** Files and documents that were read for the dataset. */
  files: number;
  read: number;
}

/**
 * Finds the dataset (`name` or `name@version`) with its rejects, and the rules to apply to their scores.
 * @throws `DatasetNotFound`; `ScoresMissing` where its scores do not answer what the rules ask.
 */
export async function planRethreshold(
  store: ArtifactStore,
  registry: Pick<Registry, 'cleanedVersion'>,
  wanted: { dataset: string; recipe?: RecipeName | undefined; overrides: RuleOverrides },
): Promise<RethresholdPlan> {
  const found = await findVersion('dataset', wanted.dataset, (...named) => registry.cleanedVersion(...named));
  const { dataset: from, rejects, counts } = found;
  const missing = (what: string) => failure('ScoresMissing', `${from.name}@${from.version}: ${what}.`);
  if (!rejects || !(await hasScores(store, from.artifact))) throw missing('its documents were kept without scores');
  const kept = await metaOfCleaned(store, from.artifact);
  const dropped = await metaOfCleaned(store, rejects);
  const { rules, problems } = rethresholdRules(kept.rules, wanted.recipe, wanted.overrides);
  if (problems.length > 0) throw missing(problems.join('; '));
  const units = Math.max(-1, ...Object.values(kept.units), ...Object.values(dropped.units)) + 1;
  const recipe = wanted.recipe ?? kept.recipe;
  return { from, rejects, recipe, rules, units, files: counts.files, read: counts.read };
}
