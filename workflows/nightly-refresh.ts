import { defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import { errorMessage } from '../schemas/errors';
import {
  NIGHT_STAGES,
  type NightlyRefreshInput,
  type NightlyRefreshOutput,
  nightlyRefreshStage,
  type NightPending,
  type NightStep,
  type NightStepResult,
} from '../schemas/nightly-refresh';
import { runChild } from './kit/child-stage';
import { cpu } from './kit/pools';
import { type StageRun, stageWorkflow } from './kit/stage';
import { bindInput } from './nightly/bind';
import { obstacle, stepsOf } from './nightly/order';
import { nightPage, type TimedStep } from './nightly/page';
import { carried, NOTHING_PENDING, pendingOf } from './nightly/pending';
import { rollOut } from './nightly/rollout-step';
import { MOST_CHARS, sayOf, type StepOutputs } from './nightly/says';

/** What a step leaves for the ones after it: its result, and a hash of what it has made, or of its work on a dry run. */
interface Done {
  result: TimedStep;
  sha256: string | null;
}

/**
 * One night: every step that the input names, as a child with an id of its own. A step that fails stops those that need it and no
 * others, and the run fails at its end; what is live is moved by the steps' own gates alone.
 */
export const nightlyRefresh = stageWorkflow(
  nightlyRefreshStage,
  { phases: ['clean', 'begin', 'features', 'index', 'train', 'distill', 'evaluate', 'promote', 'rollout', 'record'] },
  async (run): Promise<NightlyRefreshOutput> => {
    const { clean, force, dryRun, ...rest } = run.input;
    const night = rest.night ?? scheduledDay();
    const steps = stepsOf(run.input);
    const done = new Map<NightStep, TimedStep>();
    let before = NOTHING_PENDING;
    const output = () => ({
      night,
      counts: { steps: steps.length },
      steps: [...done.values()].map(({ seconds: _seconds, ...step }) => step),
    });
    const show = (under: NightStep | null) =>
      run.board.showSheet('night', nightPage(night, [...done.values()], under && `${under} (${childId(under)})`));
    const go = async (step: NightStep): Promise<Done> => {
      show(step);
      const { result, sha256 } = await run.step(step, () => doStep(run, step, { night, done, before }));
      done.set(step, result);
      show(null);
      return { result, sha256 };
    };

    const { result: cleaned, sha256 } = await go('clean');
    // What was cleaned stands for all that the night begins with; without it there is no night to put on record.
    const work = {
      stage: nightlyRefreshStage.name,
      subject: run.subject,
      codeVersion: nightlyRefreshStage.codeVersion,
      inputs: sha256 === null ? [] : [sha256],
      recipe: { ...rest, clean, night },
      force,
    };
    const begun =
      cleaned.state === 'failed'
        ? null
        : await run.step('begin', () => (dryRun ? cpu().findWork(work) : cpu().beginWork(work)));
    if (begun?.done && !dryRun) return { ...(begun.done as NightlyRefreshOutput), outcome: 'reused' };

    const handsOn = patched('nightlyRefresh.pending');
    if (handsOn) before = await cpu().findPending({ name: run.subject });
    for (const step of steps) if (step !== 'clean') await go(step);

    if (dryRun) return { outcome: 'dry-run', workKey: begun?.workKey ?? NO_WORK, ...output() };
    const results = [...done.values()];
    if (!begun || results.some(({ state }) => state === 'failed')) {
      if (handsOn)
        await cpu().leavePending({ name: run.subject, night, pending: pendingOf(run.input, results, before) });
      throw incomplete(night, results);
    }
    const { workKey } = begun;
    return run.step('record', () => cpu().recordNight({ workKey, ...output() }));
  },
);

/** Of a dry run whose first step can not even be planned. */
const NO_WORK = '0'.repeat(64);

const childId = (step: NightStep): string => `${workflowInfo().workflowId}-${step}`;

/** Does a step, or says why not. Only a cancellation of the night is thrown. */
async function doStep(
  run: StageRun<NightlyRefreshInput>,
  step: NightStep,
  { night, done, before }: { night: string; done: ReadonlyMap<NightStep, NightStepResult>; before: NightPending },
): Promise<Done> {
  const began = Date.now();
  const ended = (result: Omit<NightStepResult, 'step'>, sha256: string | null = null): Done => ({
    result: { step, ...result, seconds: Math.round((Date.now() - began) / 1_000) },
    sha256,
  });
  const workflowId = childId(step);
  const made = [...done.values()];
  try {
    // It says how the last one went whether or not there is something to try.
    if (step === 'rollout' && run.input.rollout) {
      return ended(await rollOut(run, run.input.rollout, { night, workflowId, done, pending: before.steps }));
    }
    const reason =
      obstacle(step, done, run.input, before.steps) ?? (step === 'train' ? await notYet(run.input, done) : null);
    if (reason) return ended(carried(step, before, reason));
    const input = {
      ...bindInput(run.input[step], night, made),
      ...promoted(step, run.input, made),
      ...flags(run.input),
    };
    const child = { stage: NIGHT_STAGES[step].name, workflowId };
    let output = await runChild<StepOutputs[AwaitedStep]>(run, { ...child, input });
    // From before cleanDataset saw to it that what it finds done is the newest version.
    if (step === 'clean' && !patched('clean-is-newest')) {
      const { dataset } = output as StepOutputs['clean'];
      const newest = output.outcome === 'reused' && dataset ? await cpu().newestAs({ dataset }) : dataset;
      // The source is again as it was before the newest version: without a version of its own nobody would take it up.
      if (newest === null)
        output = await runChild<StepOutputs['clean']>(run, { ...child, input: { ...input, force: true } });
      else if (newest) output = { ...(output as StepOutputs['clean']), dataset: newest };
    }
    const of = 'dataset' in output ? output.dataset?.artifact.sha256 : undefined;
    return ended({ state: STATES[output.outcome], ...sayOf(step, output as never) }, of ?? output.workKey);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ApplicationFailure)) throw error;
    // The remedy stands on a line of its own, in the step's run.
    const says = `${error.type ?? 'failed'}: ${error.message.split('\n')[0]}`.slice(0, MOST_CHARS).replace(/\.$/, '');
    return ended({ state: 'failed', says, ...(error.type ? { code: error.type } : {}) });
  }
}

/** Steps whose children are waited for to their end. */
type AwaitedStep = Exclude<NightStep, 'rollout'>;

const STATES = { published: 'done', reused: 'unchanged', 'dry-run': 'dry run' } as const;

const flags = ({ force, dryRun }: NightlyRefreshInput): { force?: true; dryRun?: true } => ({
  ...(force ? { force: true } : {}),
  ...(dryRun ? { dryRun: true } : {}),
});

/** The latest version that is to be promoted is the one of this night. */
function promoted(
  step: NightStep,
  { promote }: NightlyRefreshInput,
  made: readonly NightStepResult[],
): { version?: number } {
  if (step !== 'promote' || promote?.version !== 'latest') return {};
  const models = made.filter(({ step: maker }) => maker === 'train' || maker === 'distill');
  const [, version] = models.find(({ made: model }) => model?.startsWith(`${promote.name}@`))?.made?.split('@') ?? [];
  return version === undefined ? {} : { version: Number(version) };
}

/** Why there is too little new to train on; null where there is enough. */
async function notYet(
  { train, minNewDocuments }: NightlyRefreshInput,
  done: ReadonlyMap<NightStep, NightStepResult>,
): Promise<Pick<NightStepResult, 'state' | 'says'> | null> {
  const dataset = done.get('clean')?.made;
  if (minNewDocuments === 0 || !train || dataset === undefined) return null;
  const { fresh, trained } = await cpu().countFresh({ dataset, model: train.name });
  if (fresh >= minNewDocuments) return null;
  const since = trained === null ? 'no version was trained on any' : `${train.name} has seen ${trained}`;
  return { state: 'not due', says: `${fresh} new documents of ${minNewDocuments}: ${since}` };
}

/** The day of the schedule, which a backfill gives for the past; of the clock where a person starts it. In UTC. */
function scheduledDay(): string {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const scheduled = typedSearchAttributes.get(defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME'));
  return (scheduled ?? startTime).toISOString().slice(0, 10);
}

function incomplete(night: string, steps: readonly NightStepResult[]): ApplicationFailure {
  const failed = steps.filter(({ state }) => state === 'failed');
  const leftOut = steps.filter(({ state }) => state === 'left out').map(({ step }) => step);
  const what = failed.map(({ step, says }) => `${step} failed: ${says}`).join('. ');
  const rest = leftOut.length > 0 ? `. Left out for that: ${leftOut.join(', ')}` : '';
  return ApplicationFailure.create({
    message: errorMessage('NightIncomplete', `The night of ${night} is not whole. ${what}${rest}.`),
    type: 'NightIncomplete',
    nonRetryable: true,
    details: [{ night, steps }],
  });
}
