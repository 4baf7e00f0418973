import {
  buildFeaturesStage,
  type BuildFeaturesInput,
  type BuildFeaturesOutput,
  type FeatureCounts,
} from '../schemas/build-features';
import type { EncoderIdentity } from '../schemas/rebuild-index';
import { addCounts } from './kit/add-counts';
import { onHost } from './kit/on-host';
import { cpu, gpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

const nothing = { read: 0, kept: 0, rejected: 0, reasons: {} };
const noSequences = { given: 0, dropped: 0, sequences: 0 };

/** Fits a transform (or takes one), and makes features and packed sequences of rows. */
export const buildFeatures = stageWorkflow(
  buildFeaturesStage,
  {
    phases: ['plan', 'encoder', 'begin', 'read', 'events', 'fit', 'ngrams'].concat([
      'embed',
      'transform',
      'pack',
      'publish',
      'record',
      'tidy',
    ]),
  },
  async (run): Promise<BuildFeaturesOutput> => {
    const { input } = run;
    const { name } = input;

    const planned = await run.step('plan', () => cpu().planFeatures(planInput(input)));
    const { plan, units, asks, files, transform: applied } = planned;
    const dataset = planned.dataset ? { dataset: planned.dataset } : {};
    run.board.count({ files });
    if (planned.skippedFiles > 0) {
      run.board.warn(`${planned.skippedFiles} files are of other formats or lie outside the roots`);
    }
    const encoder = asks.embeddings ? await run.step('encoder', () => gpu().describeEncoder()) : null;

    const work = workOf(input, plan.sha256, encoder);
    if (input.dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts: countsOf(files, nothing, 0, noSequences), ...dataset };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as BuildFeaturesOutput), outcome: 'reused' };
    run.onStop(async (how) => {
      // After a failure the finished units stay: the next run with the same input goes on from them.
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    // Only the host that planned is sure to see local files; what it makes goes to the store, for any host.
    const reader = onHost(run.board, planned.taskQueue);
    const read = await run.units('read', {
      total: units,
      initial: nothing,
      start: (unit) => reader((host) => host.readFeatureRows({ workKey, plan, unit })),
      fold: (sum, more) => ({
        read: sum.read + more.read,
        kept: sum.kept + more.kept,
        rejected: sum.rejected + more.rejected,
        reasons: addCounts(sum.reasons, more.reasons),
      }),
      counts: (sum) => ({ read: sum.read, kept: sum.kept, ...sum.reasons }),
    });

    if (asks.windows) await run.step('events', () => cpu().gatherEvents({ workKey, plan, units }));
    const transform =
      applied?.artifact ??
      (await run.step('fit', async () => {
        await cpu().fitTransform({ workKey, plan, units, rows: read.kept, encoder });
        if (asks.sequences) await cpu().trainTokenizer({ workKey, plan, units });
        return cpu().publishTransform({ workKey, plan });
      }));
    if (asks.ngrams) await run.step('ngrams', () => cpu().countNgrams({ workKey, plan, units }));

    if (asks.embeddings) {
      await run.units('embed', {
        total: units,
        initial: 0,
        start: (unit) => gpu().embedFeatureTexts({ workKey, plan, transform, unit }),
        fold: (rows, more) => rows + more.rows,
        counts: (rows) => ({ embedded: rows }),
      });
    }
    let bad = 0;
    if (asks.features) {
      const training = applied === null;
      const made = await run.units('transform', {
        total: units,
        initial: { rows: 0, bad: 0 },
        start: (unit) => cpu().makeFeatures({ workKey, plan, transform, unit, training }),
        fold: (sum, more) => ({ rows: sum.rows + more.rows, bad: sum.bad + more.bad }),
        counts: (sum) => ({ rows: sum.rows, 'bad values': sum.bad }),
      });
      bad = made.bad;
    }
    let packed = noSequences;
    if (asks.sequences) {
      packed = await run.units('pack', {
        total: units,
        initial: noSequences,
        start: (unit) => cpu().packSequences({ workKey, plan, transform, unit }),
        fold: (sum, more) => ({
          given: sum.given + more.given,
          dropped: sum.dropped + more.dropped,
          sequences: sum.sequences + more.sequences,
        }),
        counts: (sum) => ({ tokens: sum.given, sequences: sum.sequences }),
      });
    }

    const counts = countsOf(files, read, bad, packed);
    const { previous } = planned;
    const artifacts = await run.step('publish', () =>
      cpu().publishFeatures({ workKey, name, units, transform, previous, counts }),
    );
    const output = await run.step('record', () =>
      cpu().recordFeatures({
        workKey,
        name,
        plan,
        dataset: planned.dataset,
        transform: applied ? { applied } : { fitted: transform },
        counts,
        ...artifacts,
      }),
    );
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return output;
  },
);

function planInput(input: BuildFeaturesInput) {
  const {
    dataset = null,
    source = null,
    query = null,
    after = null,
    fit,
    name,
    unitBytes,
    key = null,
    features,
  } = input;
  const { sequences = null, ngrams = null } = input;
  return { dataset, source, query, after, fit, name, unitBytes, recipe: { key, features, sequences, ngrams } };
}

/** What the result depends on; the plan holds the recipe, the rows and the transform that is applied. */
function workOf(input: BuildFeaturesInput, plan: string, encoder: EncoderIdentity | null) {
  return {
    stage: buildFeaturesStage.name,
    subject: buildFeaturesStage.subject(input),
    codeVersion: buildFeaturesStage.codeVersion,
    inputs: encoder ? [plan, encoder.fingerprint] : [plan],
    recipe: { name: input.name, fit: input.fit },
    force: input.force,
  };
}

function countsOf(
  files: number,
  read: Pick<FeatureCounts, 'read' | 'kept' | 'rejected' | 'reasons'>,
  bad: number,
  packed: typeof noSequences,
): FeatureCounts {
  const { given: tokens, dropped: droppedTokens, sequences } = packed;
  return { files, ...read, bad, tokens, droppedTokens, sequences };
}
