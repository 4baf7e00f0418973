import { rebuildIndexStage, type IndexCounts, type RebuildIndexOutput } from '../schemas/rebuild-index';
import { judgeIndex } from './judge-index';
import { cpu, gpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

/** Cuts, embeds and indexes a dataset version beside the live index, verifies every chunk, then swaps the alias. */
export const rebuildIndex = stageWorkflow(
  rebuildIndexStage,
  {
    phases: [
      'plan',
      'golden',
      'begin',
      'create',
      'embed',
      'index',
      'seal',
      'verify',
      'fit',
      'gate',
      'approve',
      'swap',
      'tidy',
    ],
  },
  async (run): Promise<RebuildIndexOutput> => {
    const { input, subject: alias } = run;
    const { chunking, unitDocuments } = input;

    const plan = await run.step('plan', () => gpu().planIndex({ dataset: input.dataset, unitDocuments }));
    const { dataset, encoder, units } = plan;
    run.board.count({ documents: plan.documents });

    const { golden: judging } = input;
    const golden = judging ? await run.step('golden', () => cpu().readGolden({ path: judging.path })) : undefined;

    const work = {
      stage: rebuildIndexStage.name,
      subject: alias,
      codeVersion: rebuildIndexStage.codeVersion,
      inputs: [dataset.artifact.sha256, encoder.fingerprint, ...(golden ? [golden.sha256] : [])],
      recipe: { alias, chunking },
      force: input.force,
    };
    const empty: IndexCounts = { documents: plan.documents, chunks: 0, verified: 0 };
    if (input.dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, dataset, encoder, counts: empty };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as RebuildIndexOutput), outcome: 'reused' };

    // A build that was not swapped in serves nobody: it goes, whatever stopped the run. Embedded units of a failed
    // run stay for the next one; they are the expensive part.
    run.onStop(async (how) => {
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });
    const { index } = await run.step('create', () => cpu().createBuild({ workKey, alias, dataset, encoder, chunking }));
    const { physical } = index;
    run.onStop(() => cpu().abandonBuild({ workKey, alias, physical }));

    const embedded = await run.units('embed', {
      total: units,
      initial: 0,
      start: (unit) => gpu().embedUnit({ workKey, dataset, encoder, unit, unitDocuments, chunking }),
      fold: (chunks, result) => chunks + result.chunks,
      counts: (chunks) => ({ chunks }),
    });
    const indexed = await run.units('index', {
      total: units,
      initial: 0,
      start: (unit) => cpu().indexUnit({ workKey, physical, unit }),
      fold: (chunks, result) => chunks + result.chunks,
      counts: (chunks) => ({ chunks: embedded, indexed: chunks }),
    });
    await run.step('seal', () => cpu().sealBuild({ physical }));
    const { verified } = await run.step('verify', () => cpu().verifyBuild({ workKey, physical, units }));
    run.board.count({ verified });

    const counts: IndexCounts = { documents: plan.documents, chunks: indexed, verified };
    const judged = judging && golden ? await judgeIndex(run, judging, { workKey, index, golden }) : undefined;
    const output = await run.step('swap', () =>
      cpu().promoteBuild({ workKey, index, dataset, encoder, counts, ...(judged ? { judged } : {}) }),
    );
    await run.step('tidy', async () => {
      await cpu().dropOldIndexes({ alias });
      await cpu().discardWork({ workKey });
    });
    return output;
  },
);
