import { trainGuardStage, type GuardQuality, type TrainGuardOutput } from '../schemas/train-guard';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

/** Trains a guard on sets of attacks and harmless texts, measures it on what it has not learnt from, and publishes it. */
export const trainGuard = stageWorkflow(
  trainGuardStage,
  { phases: ['plan', 'begin', 'folds', 'families', 'fit', 'report', 'approve', 'publish', 'record', 'tidy'] },
  async (run): Promise<TrainGuardOutput> => {
    const { name, attacks, benign, seed, falsePositives, minRecall, force, dryRun } = run.input;
    const { plan, counts, folds, families } = await run.step('plan', () =>
      cpu().planGuard({ name, attacks, benign, seed }),
    );
    run.board.count({ attacks: counts.attacks, benign: counts.benign, cases: counts.cases });

    const work = {
      stage: trainGuardStage.name,
      subject: name,
      codeVersion: trainGuardStage.codeVersion,
      inputs: [plan.sha256],
      recipe: { name, seed, falsePositives },
      force,
    };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as TrainGuardOutput), outcome: 'reused' };
    run.onStop(async (how) => {
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    const learning = { workKey, plan, seed, falsePositives };
    await run.units('folds', {
      total: folds,
      initial: 0,
      start: (unit) => cpu().scoreGuardFold({ ...learning, unit }),
      fold: (texts, more) => texts + more.texts,
      counts: (texts) => ({ 'cross-validated': texts }),
    });
    await run.units('families', {
      total: families.length,
      initial: 0,
      start: (unit) => cpu().tryGuardWithout({ ...learning, unit, family: families[unit] ?? '' }),
      fold: (tried) => tried + 1,
    });
    const { quality } = await run.step('fit', () => cpu().fitGuard({ ...learning, folds, families: families.length }));
    run.board.showFindings(described(quality));
    const report = await run.step('report', () => cpu().reportGuard({ name, counts, quality, falsePositives }));
    run.board.showReport(report.uri);

    const { recall } = quality;
    const weak =
      recall.share < minRecall ? `it stops ${recall.share} of held-out attacks, less than ${minRecall}` : null;
    const decision = await run.hold('approve', weak);
    const approval = decision ? { approval: { by: decision.by, note: decision.note } } : {};

    const artifact = await run.step('publish', () => cpu().publishGuard({ workKey, counts }));
    const output = await run.step('record', () =>
      cpu().recordGuard({ workKey, name, plan, artifact, report, counts, quality, ...approval }),
    );
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return output;
  },
);

const described = ({ recall, falsePositives }: GuardQuality): string =>
  `Of what was held out it stops **${recall.share}** of ${recall.texts} attacks (${recall.low} to ${recall.high}) and ` +
  `**${falsePositives.share}** of ${falsePositives.texts} harmless texts (${falsePositives.low} to ${falsePositives.high}).`;
