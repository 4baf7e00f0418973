import path from 'node:path';
import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { TrainingResult } from '../../schemas/training';
import { errorMessage } from '../../schemas/errors';
import type { TrainModelOutput } from '../../schemas/train-model';
import { failure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { tellSpan, traceEnvironment } from '../kit/trace';
import type { TrainingClaim } from '../stores/registry-training';
import { type AttemptInput, beginTraining, type BegunAttempt, jobFolder, removeJob } from './attempt';
import { takeBackLeftClaims } from './claims';
import type { TrainingDependencies } from './dependencies';
import { JOB_FILES, readSpans } from './job-folder';
import type { JobRequest } from './launchers/launcher';
import { publishModel, type PublishedModel } from './models/publish-model';
import { planTraining, type PlannedTraining, type PlanTrainingInput } from './plan';
import { prepareLauncher, type PrepareInput } from './prepare';
import { readTrained, type RecordTraining, recordTrained } from './publish';
import { type StopInput, stopJob, type StopResult } from './stop';
import { watch, type WatchCursor, type Watched, type WatchEvent, type WatchInput } from './watch';

/** Where a job is, and whose it is. */
export interface JobRef {
  launcher: string;
  job: string;
  /** First run of the workflow. */
  runId: string;
}

export type WatchTrainingInput = WatchInput & JobRef;

/** Seconds until devices are asked for again; a job that is due begins that much later at the most. */
const ASK_AGAIN_SECONDS = 2;
/** Looks between two times that the registry is told of a run. */
const TELL_SECONDS = 10;

/** What a watch comes back for when the attempt is over. */
const ENDS: ReadonlySet<WatchEvent['kind']> = new Set<WatchEvent['kind']>(['done', 'stopped', 'failed']);

/** Passes on what the trainer has told of its time: it may run where the collector of traces is not reached. No training fails by it. */
async function tellSpans(dir: string, { attempt, submission }: WatchInput['attempt']): Promise<void> {
  for (const { name, parent, from, to, error } of await readSpans(dir, attempt)) {
    tellSpan({ name: `trainer ${name}`, parent, from, to, error, attributes: { submission, attempt } });
  }
}

/** The activities of `trainModel`. Those that name a job of this host's launcher run on this host's queues. */
export function createTrainingActivities(dependencies: TrainingDependencies) {
  const { registry, training } = dependencies;
  const opened = async ({ launcher, job }: Pick<JobRef, 'launcher' | 'job'>) => ({
    launcher: await training.open(launcher),
    dir: jobFolder(dependencies, job),
  });
  return {
    planTraining: (input: PlanTrainingInput): Promise<PlannedTraining> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, () => planTraining(dependencies, input)),

    prepareLauncher: (input: PrepareInput): Promise<void> =>
      withHeartbeat({ phase: 'prepare', unit: 0 }, (report, signal) =>
        prepareLauncher(training, input, report, signal),
      ),

    /**
     * Waits for the folder of a job and all of its devices, and answers at once where the same work was done meanwhile. It
     * waits by being tried again, which takes no slot and leaves no trace in the history.
     */
    async acquireDevices(claim: TrainingClaim): Promise<{ done: unknown }> {
      const launcher = await training.open(claim.launcher);
      const { client } = Context.current();
      await takeBackLeftClaims(registry.training, { name: claim.launcher, launcher, client });
      const has = training.launchers[claim.launcher]?.kind === 'local' ? await launcher.capacity() : null;
      const answer = await registry.training.claim(
        claim,
        has && { cpus: has.nodes * has.perNode.cpus, gpus: has.nodes * has.perNode.gpus },
      );
      // Asked for with the folder in hand: whoever had it before has recorded what it did before it let go.
      if (answer.state === 'granted') return { done: (await registry.findWork(claim.workKey)) ?? null };
      const why =
        answer.state === 'taken'
          ? `The run ${answer.by} does the same work: this one waits for what comes of it.`
          : `Of ${claim.cpus} CPUs and ${claim.gpus} GPUs ${answer.free.cpus} and ${answer.free.gpus} are free; ${answer.ahead} jobs come first.`;
      throw ApplicationFailure.create({
        type: 'DevicesTaken',
        message: errorMessage('DevicesTaken', why),
        nextRetryDelay: ASK_AGAIN_SECONDS * 1_000,
        // Waiting for one's turn is nothing that a log should warn of.
        category: ApplicationFailureCategory.BENIGN,
      });
    },

    /** Lays the folder of the next attempt. */
    beginTraining: (input: AttemptInput): Promise<BegunAttempt> =>
      withHeartbeat({ phase: 'train', unit: 0 }, (report) => {
        let bytes = 0;
        return beginTraining(dependencies, input, (more) => report((bytes += more), 0));
      }),

    /** Starts an attempt, or finds it started. @throws `DevicesLost` where the run has lost its claim meanwhile */
    submitTraining: (ref: JobRef & { request: Omit<JobRequest, 'dir' | 'env'> }): Promise<{ found: boolean }> =>
      withHeartbeat({ phase: 'train', unit: 0 }, async () => {
        const { launcher, dir } = await opened(ref);
        if (!(await registry.training.seen(ref.job, ref.runId, ref.request.id))) {
          throw failure(
            'DevicesLost',
            `The run was silent for so long that the devices of ${ref.job} went to another.`,
          );
        }
        return launcher.submit({ ...ref.request, dir, env: traceEnvironment() });
      }),

    /** Watches an attempt, from where the last watch of it stood. It never ends a job, however it ends itself. */
    async watchTraining(input: WatchTrainingInput): Promise<Watched> {
      // Of the attempt of this activity whose worker died.
      const beat = activityInfo().heartbeatDetails as { cursor?: WatchCursor } | undefined;
      const cursor = beat?.cursor ?? input.cursor;
      let toldAt = 0;
      const tell = (at: WatchCursor) => {
        heartbeat({
          state: at.state,
          step: at.latest?.step,
          steps: at.latest?.steps,
          loss: at.latest?.loss,
          cursor: at,
        });
        if (Date.now() - toldAt < TELL_SECONDS * 1_000) return;
        toldAt = Date.now();
        // A registry that is away for a moment is no reason to look away from the job.
        void registry.training.seen(input.job, input.runId, input.attempt.submission).catch(() => undefined);
      };
      const at = await opened(input);
      const watched = await watch(at, { ...input, cursor }, { signal: Context.current().cancellationSignal, tell });
      if (ENDS.has(watched.event.kind)) await tellSpans(at.dir, input.attempt).catch(() => undefined);
      return watched;
    },

    /** Ends an attempt with a checkpoint. */
    stopTraining: (ref: JobRef & StopInput): Promise<StopResult> =>
      withHeartbeat({ phase: 'train', unit: 0 }, async (report, signal) =>
        stopJob(await opened(ref), ref, { signal, report }),
      ),

    yieldDevices: ({ job, runId }: JobRef): Promise<void> => registry.training.yieldDevices(job, runId),

    /** Gives back what a run holds; `discard` its folder as well. */
    async releaseTraining({ job, runId, discard }: JobRef & { discard: boolean }): Promise<void> {
      if (discard) await withHeartbeat({ phase: 'tidy', unit: 0 }, () => removeJob(dependencies, job));
      await registry.training.release(job, runId);
    },

    /** What a finished job has come to. */
    collectTraining: ({ job }: { job: string }): Promise<TrainingResult> => readTrained(jobFolder(dependencies, job)),

    /** Publishes the model that a job has made. */
    publishTraining: ({ job }: { job: string }): Promise<PublishedModel> =>
      withHeartbeat({ phase: 'publish', unit: 0 }, (report, signal) =>
        publishModel(dependencies.store, path.join(jobFolder(dependencies, job), JOB_FILES.result), { report, signal }),
      ),

    recordTraining: (input: RecordTraining): Promise<TrainModelOutput> => recordTrained(registry, input),
  };
}
