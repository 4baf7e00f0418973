import { importModelStage, type ImportModelOutput } from '../schemas/import-model';
import { onHost } from './kit/on-host';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

/** Checks a pre-trained model, fetches it, and registers it. */
export const importModel = stageWorkflow(
  importModelStage,
  { phases: ['plan', 'begin', 'fetch', 'record'] },
  async (run): Promise<ImportModelOutput> => {
    const { source, name, licence, kind, force, dryRun } = run.input;
    const more = { ...(licence ? { licence } : {}), ...(kind ? { kind } : {}) };
    const { plan, counts, found, taskQueue } = await run.step('plan', () => cpu().planModelImport({ source, ...more }));
    run.board.count({ files: counts.files, bytes: counts.bytes, parameters: counts.parameters });
    run.board.showFindings(
      `**${found.architecture}** with ${counts.parameters} parameters (${found.kind}), licence **${found.licence}**, from \`${found.source}\`.`,
    );
    if (counts.leftOut > 0)
      run.board.warn(`${counts.leftOut} files are code, pickles or of other formats, and stay behind`);

    const work = {
      stage: importModelStage.name,
      subject: name,
      codeVersion: importModelStage.codeVersion,
      inputs: [plan.sha256],
      recipe: { name },
      force,
    };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts, found };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as ImportModelOutput), outcome: 'reused' };

    // Only the host that planned is sure to see a local folder.
    const reader = onHost(run.board, taskQueue);
    const artifact = await run.step('fetch', () => reader((host) => host.fetchModel({ source, plan })));
    return run.step('record', () => cpu().recordModelImport({ workKey, name, plan, artifact, counts, found }));
  },
);
