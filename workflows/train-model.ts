import { trainModelStage, type TrainModelInput, type TrainModelOutput } from '../schemas/train-model';
import type { TrainingResult } from '../schemas/training';
import type { PlannedTraining } from '../activities/training/plan';
import { cpu, training } from './kit/pools';
import { stageWorkflow } from './kit/stage';
import { NEW_TRAINING, type TrainState } from './training/state';
import { Training } from './training/training';

/** Each look brings its numbers and the end of the log, some 10 KB; the server warns of 10 MB. */
const MAX_HISTORY_BYTES = 4 * 2 ** 20;

/** Starts a training job where the team has its devices, watches over it, and publishes the model that it makes. */
export const trainModel = stageWorkflow(
  trainModelStage,
  {
    phases: ['plan', 'begin', 'prepare', 'train', 'collect', 'approve', 'publish', 'record', 'tidy'],
    maxBytes: MAX_HISTORY_BYTES,
  },
  async (run): Promise<TrainModelOutput> => {
    const { name, launcher, nodes, force, dryRun } = run.input;
    const plan = await run.step('plan', () => cpu().planTraining(run.input));
    const counts = { rows: plan.rows, evalRows: plan.evalRows, steps: 0, parameters: 0 };
    run.board.count({ rows: plan.rows, 'evaluation rows': plan.evalRows, [plan.device.toUpperCase()]: plan.devices });

    const work = {
      stage: trainModelStage.name,
      subject: name,
      codeVersion: trainModelStage.codeVersion,
      inputs: [plan.plan.sha256],
      recipe: { name },
      force,
    };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as TrainModelOutput), outcome: 'reused' };

    const { hostQueue } = plan;
    const on = training(hostQueue, { priorityKey: run.input.priority, fairnessKey: run.input.fairnessKey });
    if (hostQueue !== null) run.board.alert(FIRST_USE);
    await run.step('prepare', () => on.prepareLauncher({ launcher, nodes, perNode: plan.perNode }));
    run.board.alert(null);

    const subject = { job: jobName(name, workKey), workKey, plan, lineage: lineageOf(run.input, plan) };
    const attempts = new Training(run, subject, run.carried<TrainState>('train') ?? { ...NEW_TRAINING });
    // What was learnt is there for the next run of the same work; one that was forced has no next.
    run.onStop((how) => attempts.giveUp(how === 'cancelled' && force));
    const {
      done: meanwhile,
      usage,
      last,
    } = await run.staged('train', attempts.state, (_, rest) => attempts.train(rest));
    if (meanwhile !== null) {
      await attempts.release();
      return { ...(meanwhile as TrainModelOutput), outcome: 'reused' };
    }

    const { steps, parameters, before, after, metric } = await run.step('collect', () =>
      on.collectTraining({ job: subject.job }),
    );
    run.board.showFindings(described(metric, before, after));
    const decision = await run.hold('approve', notBetter(run.input.minImprovement, metric, before, after));
    const approval = decision ? { approval: { by: decision.by, note: decision.note } } : {};

    const model = await run.step('publish', () => on.publishTraining({ job: subject.job }));
    const output = await run.step('record', () =>
      on.recordTraining({
        workKey,
        name,
        plan: plan.plan,
        model,
        base: plan.base,
        inputs: plan.inputs,
        rest: {
          counts: { ...counts, steps, parameters },
          metrics: { before, after, metric },
          usage,
          attempts: last,
          ...approval,
        },
      }),
    );
    await run.step('tidy', () => attempts.release());
    return output;
  },
);

const FIRST_USE =
  "The first job on a host makes the trainers' Python: 3 GB of downloads, 5 GB on disk, some minutes. Later ones begin at once.";

/** Name of a job at its launcher and of its folder: the same work has the same, whichever run does it. */
const jobName = (name: string, workKey: string): string =>
  `${name
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 36)
    .replace(/-$/, '')}-${workKey.slice(0, 16)}`;

const lineageOf = ({ recipe, name }: TrainModelInput, { plan, inputs }: PlannedTraining): Record<string, string> => ({
  model: name,
  recipe,
  plan: plan.uri,
  ...Object.fromEntries(inputs.map((uri, at) => [`input ${at + 1}`, uri])),
});

type Metrics = TrainingResult['before'];

const described = ({ name }: TrainingResult['metric'], before: Metrics, after: Metrics): string =>
  `On rows that nothing was learnt from: **${name}** ${said(before[name])} before, **${said(after[name])}** after.`;

/** Why a person should look at it: the metric has not become better by the share that was asked for. */
function notBetter(
  wanted: number | null,
  { name, better }: TrainingResult['metric'],
  before: Metrics,
  after: Metrics,
): string | null {
  const [from, to] = [before[name], after[name]];
  // What was never measured before, as of a model that did not exist, can not have become worse.
  if (wanted === null || typeof from !== 'number') return null;
  if (typeof to !== 'number') return `${name} could not be measured after the training`;
  const gain = (better === 'lower' ? from - to : to - from) / (Math.abs(from) || 1);
  if (gain >= wanted) return null;
  return `${name} went from ${said(from)} to ${said(to)}: better by ${(100 * gain).toFixed(1)}%, and ${(100 * wanted).toFixed(1)}% was asked for`;
}

const said = (value: number | null | undefined): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(4))) : 'not measured';
