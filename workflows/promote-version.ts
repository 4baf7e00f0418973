import { ApplicationFailure } from '@temporalio/workflow';
import { errorMessage } from '../schemas/errors';
import { promoteVersionStage, type PromoteVersionOutput } from '../schemas/promote-version';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

/** Makes a version of a model or a guard the live one of its name, where a verdict or a person says that it may. */
export const promoteVersion = stageWorkflow(
  promoteVersionStage,
  { phases: ['plan', 'begin', 'approve', 'record'] },
  async (run): Promise<PromoteVersionOutput> => {
    const { kind, name, version: wanted, onUnproven, force, dryRun } = run.input;
    const { sha256, after, objection, ...planned } = await run.step('plan', () =>
      cpu().planPromotion({ kind, name, version: wanted }),
    );
    const { version, previous } = planned;
    run.board.showFindings(
      `**${name}**: ${previous === null ? 'nothing' : `version ${previous}`} → **version ${version}**${objection ? `; ${objection}` : ''}.`,
    );

    const work = {
      stage: promoteVersionStage.name,
      subject: name,
      codeVersion: promoteVersionStage.codeVersion,
      inputs: [sha256],
      recipe: { kind, name, version, after },
      force,
    };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts: { moved: 0 }, name, ...planned };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as PromoteVersionOutput), outcome: 'reused' };

    if (objection !== null && onUnproven === 'fail') {
      throw ApplicationFailure.nonRetryable(errorMessage('GateRefused', `${objection}.`), 'GateRefused');
    }
    const decision = await run.hold('approve', onUnproven === 'hold' ? objection : null);
    const approval = decision ? { approval: { by: decision.by, note: decision.note } } : {};
    return run.step('record', () => cpu().recordPromotion({ workKey, input: run.input, planned, after, ...approval }));
  },
);
