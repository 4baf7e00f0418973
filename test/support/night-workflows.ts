import { proxyActivities } from '@temporalio/workflow';
import { QUEUES } from '../../schemas/names';
import { NIGHT_STAGES, type NightStep } from '../../schemas/nightly-refresh';
import type { StageDefinition } from '../../schemas/stage';
import { stageWorkflow } from '../../workflows/kit/stage';

export { nightlyRefresh } from '../../workflows/nightly-refresh';
export { rolloutStrategy } from '../../workflows/rollout-strategy';

/** What stands for all that a stage does; each test brings its own. */
export interface NightActivities {
  doStage(stage: string, input: unknown): Promise<{ hold: string | null; output: never }>;
}

const { doStage } = proxyActivities<NightActivities>({ startToCloseTimeout: '1 minute', taskQueue: QUEUES.cpu });

/** A stage by its real name, with its real input and messages, of which one activity does all. */
const standIn = (step: NightStep) =>
  stageWorkflow(NIGHT_STAGES[step] as unknown as StageDefinition, { phases: ['work', 'approve'] }, async (run) => {
    const { hold, output } = await run.step('work', () => doStage(NIGHT_STAGES[step].name, run.input));
    await run.hold('approve', hold);
    return output;
  });

export const cleanDataset = standIn('clean');
export const buildFeatures = standIn('features');
export const updateIndex = standIn('index');
export const trainModel = standIn('train');
export const distillModel = standIn('distill');
export const evaluateModel = standIn('evaluate');
export const promoteVersion = standIn('promote');
