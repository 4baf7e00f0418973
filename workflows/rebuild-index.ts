import { patched, workflowInfo } from '@temporalio/workflow';
import type { BatchInput } from '../activities/updating';
import { rebuildIndexStage, type IndexCounts, type RebuildIndexOutput } from '../schemas/rebuild-index';
import { embedAndApply } from './indexing/apply-batch';
import { addEmbedded, NOTHING_EMBEDDED, perDocument, shownCounts, totalsOf } from './indexing/embed-totals';
import { judgeIndex } from './indexing/judge-index';
import { cpu, gpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';
import { openWindow } from './indexing/open-window';

/** Changes that a build catches up with at a time. */
const CATCH_UP_DOCUMENTS = 64;

/** Of one number of a vector. */
const FLOAT_BYTES = 4;

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
      'catchUp',
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

    const plan = await run.step('plan', () =>
      gpu().planIndex({ dataset: input.dataset, unitDocuments, encoder: input.encoder }),
    );
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
    // Runs from before updates went to builds go on without.
    const updates = patched('updates-to-builds');
    const { index, writes } = await run.step('create', () =>
      cpu().createBuild({ workKey, alias, dataset, encoder, chunking, updates }),
    );
    const { physical } = index;
    const load = writes ? { load: { dataset, unitDocuments, writes } } : {};
    run.onStop(() => cpu().abandonBuild({ workKey, alias, physical }));

    const embedded = await run.units('embed', {
      total: units,
      initial: NOTHING_EMBEDDED,
      start: (unit) => gpu().embedUnit({ workKey, dataset, encoder, unit, unitDocuments, chunking }),
      fold: addEmbedded,
      counts: shownCounts,
    });
    const { chunks, embedded: encoded, fromCache, textBytes } = totalsOf(embedded);
    const indexed = await run.units('index', {
      total: units,
      initial: 0,
      start: (unit) => cpu().indexUnit({ workKey, physical, unit, ...load }),
      fold: (written, result) => written + result.chunks,
      counts: (written) => ({ chunks, indexed: written }),
    });
    if (writes) {
      // What a feed has changed since the dataset was read; from here on updates go to the build anyway.
      await run.step('catchUp', async () => {
        const batch = { workKey: `${workKey}/catch-up-${workflowInfo().runId}`, alias, only: physical };
        const embed = (more: BatchInput) =>
          gpu().embedChanges({ ...more, limit: CATCH_UP_DOCUMENTS, missing: { dataset, writes } });
        for (let unit = 0; ; unit += 1) {
          const { documents } = await embedAndApply({ ...batch, unit }, embed, cpu());
          if (documents === 0) return unit;
        }
      });
    }
    const dual = writes ? { writes } : {};
    const sealed = await run.step('seal', () => cpu().sealBuild({ physical, ...dual }));
    const verification = await run.step('verify', () =>
      cpu().verifyBuild({ workKey, physical, units, alias, ...dual }),
    );
    const { verified } = verification;
    // Absent where the step was done by the code before sources were counted.
    const { sources, finding } = verification as Partial<typeof verification>;
    run.board.count({ verified });
    run.board.showFindings(finding ?? '');

    const counts: IndexCounts = { documents: plan.documents, chunks: indexed, verified };
    const bytesPerDocument = perDocument(plan.documents, {
      text: textBytes,
      vectors: chunks * encoder.dimensions * FLOAT_BYTES,
      // Absent where the step was done by the code before it was measured.
      disk: (sealed as typeof sealed | undefined)?.diskBytes ?? 0,
    });
    run.board.count({
      'bytes of text a document': bytesPerDocument.text,
      'of vectors': bytesPerDocument.vectors,
      'on disk': bytesPerDocument.disk,
    });
    const judged = judging && golden ? await judgeIndex(run, judging, { workKey, index, golden }) : undefined;
    const hours = updates ? input.rollbackHours : 0;
    const output = await run.step('swap', () =>
      cpu().promoteBuild({
        ...{ workKey, index, dataset, encoder, counts, bytesPerDocument, keepPrevious: hours > 0 },
        embedding: { embedded: encoded, fromCache },
        ...(sources ? { sources } : {}),
        ...(judged ? { judged } : {}),
      }),
    );
    await run.step('tidy', async () => {
      if (hours > 0 && output.previous) await openWindow({ index, previous: output.previous, hours });
      await cpu().dropOldIndexes({ alias });
      await cpu().discardWork({ workKey });
    });
    return output;
  },
);
