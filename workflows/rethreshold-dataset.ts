import type { CleanCounts } from '../schemas/clean-dataset';
import { rethresholdDatasetStage, type RethresholdDatasetOutput } from '../schemas/rethreshold-dataset';
import { addCounts } from './kit/add-counts';
import { dropDuplicates, DUPLICATE_PHASES } from './cleaning/drop-duplicates';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

/**
 * Applies other thresholds to a dataset version by its kept scores. What cleaning the source anew would find of
 * duplicates is found anew, as other documents are there to be duplicates of.
 */
export const rethresholdDataset = stageWorkflow(
  rethresholdDatasetStage,
  { phases: ['plan', 'begin', 'filter', ...DUPLICATE_PHASES, 'publish', 'record', 'tidy'] },
  async (run): Promise<RethresholdDatasetOutput> => {
    const { input, subject: name } = run;
    const { dataset, overrides, recipe: wanted } = input;

    const plan = await run.step('plan', () => cpu().planRethreshold({ dataset, overrides, recipe: wanted }));
    const { from, rejects, recipe, rules, units, files } = plan;
    run.board.count({ read: plan.read });

    const work = {
      stage: rethresholdDatasetStage.name,
      subject: name,
      codeVersion: rethresholdDatasetStage.codeVersion,
      inputs: [from.artifact.sha256, rejects.sha256],
      recipe: { name, recipe, rules },
      force: input.force,
    };
    const nothing: CleanCounts = { files, read: plan.read, kept: 0, rejected: 0, reasons: {} };
    if (input.dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts: nothing, from };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as RethresholdDatasetOutput), from, outcome: 'reused' };
    run.onStop(async (how) => {
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    const judged = await run.units('filter', {
      total: units,
      initial: { read: 0, reasons: {} },
      start: (unit) => cpu().rethresholdUnit({ workKey, dataset: from.artifact, rejects, unit, rules }),
      fold: (sum, { read, reasons }) => ({ read: sum.read + read, reasons: addCounts(sum.reasons, reasons) }),
      counts: ({ read, reasons }) => ({ read, ...reasons }),
    });
    const { planted, written } = await dropDuplicates(run, { workKey, units, rules, against: null });

    const counts: CleanCounts = {
      files,
      read: judged.read,
      kept: written.kept,
      rejected: judged.read - written.kept,
      reasons: addCounts(judged.reasons, written.reasons),
      ...(written.cut ? { cut: written.cut } : {}),
    };
    const { hold: _never, ...artifacts } = await run.step('publish', () =>
      cpu().publishDataset({ workKey, units, name, counts, recipe, rules, planted }),
    );
    run.board.showReport(artifacts.report.uri);
    const output = await run.step('record', () =>
      cpu().recordDataset({ workKey, name, plan: from.artifact, counts, planted, ...artifacts }),
    );
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return { ...output, from };
  },
);
