import { updateIndexStage, type UpdateCounts, type UpdateIndexOutput } from '../schemas/update-index';
import { embedAndApply } from './indexing/apply-batch';
import { cpu, gpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

const nothing: UpdateCounts = { unchanged: 0, added: 0, changed: 0, deleted: 0, newer: 0, repaired: 0 };

/** Brings the live index up to a dataset version: only what differs is embedded and written, or deleted. */
export const updateIndex = stageWorkflow(
  updateIndexStage,
  { phases: ['plan', 'begin', 'compare', 'apply', 'record', 'tidy'] },
  async (run): Promise<UpdateIndexOutput> => {
    const { input, subject: alias } = run;

    const { dataset, target, watermark } = await run.step('plan', () =>
      cpu().planUpdate({ dataset: input.dataset, alias }),
    );
    const { version, physical } = target;
    const about = {
      dataset,
      index: { alias, version, physical },
      before: watermark ? `${watermark.name}@${watermark.version}` : null,
    };

    // The watermark is that of the index and not of the clock: a night that was missed is made up by the next, and a
    // second start of the same night finds the work done. Another index is other work.
    const work = {
      stage: updateIndexStage.name,
      subject: alias,
      codeVersion: updateIndexStage.codeVersion,
      inputs: [dataset.artifact.sha256],
      recipe: { physical, dataset: `${dataset.name}@${dataset.version}` },
      force: input.force,
    };
    if (input.dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, ...about, chunks: 0, counts: nothing, reconciled: 0 };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as UpdateIndexOutput), outcome: 'reused' };
    run.onStop(async (how) => {
      // What was written stays: it is right, whatever comes of the rest.
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    const { unitDocuments } = input;
    const { counts, reconciled, units } = await run.step('compare', () =>
      cpu().compareDocuments({ workKey, dataset, target, unitDocuments }),
    );
    run.board.count({ ...counts });
    if (counts.repaired > 0)
      run.board.warn(`${counts.repaired} documents were not as they are on record: written again`);

    if (reconciled > 0) run.board.warn(`${reconciled} documents that a feed had written are not so in the sources`);

    const chunks = await run.units('apply', {
      total: units,
      initial: 0,
      start: (unit) =>
        embedAndApply({ workKey, unit, alias }, (batch) => gpu().embedDelta({ ...batch, dataset }), cpu()),
      fold: (sum, applied) => sum + applied.chunks,
      counts: (sum) => ({ chunks: sum }),
    });

    const result: UpdateIndexOutput = { outcome: 'published', workKey, ...about, chunks, counts, reconciled };
    const output = await run.step('record', () => cpu().finishUpdate({ workKey, dataset, target, output: result }));
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return output;
  },
);
