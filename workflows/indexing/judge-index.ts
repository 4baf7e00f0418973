import { ApplicationFailure } from '@temporalio/workflow';
import type { Judged } from '../../activities/indexing';
import type { ArtifactRef } from '../../schemas/common';
import { errorMessage } from '../../schemas/errors';
import { type IndexVersion, type RebuildIndexInput, rebuildIndexStage } from '../../schemas/rebuild-index';
import type { GoldenOptions } from '../../schemas/relevance';
import { countVerdict } from '../kit/meter';
import { gpu } from '../kit/pools';
import type { StageRun } from '../kit/stage';

/**
 * Fits how a new index is searched, scores it against the live one, and waits for a person where it may answer worse.
 * @throws `GateRefused` instead, where the input says so; `Rejected`.
 */
export async function judgeIndex(
  run: StageRun<RebuildIndexInput>,
  { margin, onWorse }: GoldenOptions,
  { workKey, index, golden }: { workKey: string; index: IndexVersion; golden: ArtifactRef },
): Promise<Judged> {
  const fitted = await run.step('fit', () => gpu().fitSearch({ physical: index.physical, golden }));
  run.board.showFindings(...fitted.findings);
  for (const warning of fitted.warnings) run.board.warn(warning);

  const gate = await run.step('gate', () => gpu().gateIndex({ workKey, index, golden, margin }));
  run.board.showFindings(gate.table);
  for (const warning of gate.warnings) run.board.warn(warning);
  countVerdict(rebuildIndexStage.name, gate.objection === null ? 'promote' : onWorse === 'fail' ? 'reject' : 'hold');
  if (gate.objection !== null && onWorse === 'fail') {
    throw ApplicationFailure.nonRetryable(errorMessage('GateRefused', `${gate.objection}.`), 'GateRefused');
  }
  const decision = await run.hold('approve', gate.objection);
  return {
    ...{ golden, evaluation: gate.evaluation, profile: fitted.profile },
    ...(decision ? { approval: { by: decision.by, note: decision.note } } : {}),
  };
}
