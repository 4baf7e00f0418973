import type { JobState } from '../../../schemas/training';

/** Whose words a job's state is told in: a launcher's, or those of a kind of object of Kubernetes. */
export type StateVocabulary = 'local' | 'ray' | 'slurm' | 'PyTorchJob' | 'TrainJob' | 'JobSet';

const words = (state: JobState, ...names: string[]): [string, JobState][] => names.map((name) => [name, state]);

// Conditions of pods that a node, the scheduler or the kubelet ended, not their own program.
const POD_TAKEN_AWAY = [
  'Evicted',
  'NodeLost',
  'NodeShutdown',
  'Preempted',
  'Shutdown',
  'Terminated',
  'TerminationByKubelet',
  'PreemptionByScheduler',
  'DeletionByTaintManager',
  'DeletionByPodGC',
  'EvictionByEvictionAPI',
];

/** What each word means. A job that waits for others of its kind, or to be started again, is not failed yet. */
const STATES: Record<StateVocabulary, ReadonlyMap<string, JobState>> = {
  local: new Map([
    ...words('queued', 'starting'),
    ...words('running', 'running', 'stopping'),
    ...words('done', 'succeeded'),
    ...words('failed', 'failed', 'out_of_memory', 'timeout'),
    ...words('cancelled', 'stopped'),
    ...words('lost', 'lost'),
  ]),
  // https://docs.ray.io/en/latest/cluster/running-applications/job-submission/api.html (JobStatus)
  ray: new Map([
    ...words('queued', 'PENDING'),
    ...words('running', 'RUNNING'),
    ...words('done', 'SUCCEEDED'),
    ...words('failed', 'FAILED'),
    ...words('cancelled', 'STOPPED'),
  ]),
  // https://slurm.schedmd.com/job_state_codes.html
  slurm: new Map([
    ...words('queued', 'PENDING', 'CONFIGURING', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESV_DEL_HOLD'),
    ...words('running', 'RUNNING', 'RESIZING', 'SIGNALING', 'COMPLETING', 'STAGE_OUT'),
    ...words('recovering', 'REQUEUED'),
    ...words('paused', 'SUSPENDED', 'STOPPED'),
    ...words('done', 'COMPLETED'),
    ...words('failed', 'FAILED', 'OUT_OF_MEMORY', 'TIMEOUT', 'DEADLINE', 'SPECIAL_EXIT'),
    ...words('lost', 'NODE_FAIL', 'BOOT_FAIL', 'REVOKED', 'PREEMPTED'),
    ...words('cancelled', 'CANCELLED'),
  ]),
  // Types of the last condition that is true; Created stands from the beginning on.
  PyTorchJob: new Map([
    ...words('queued', 'Created'),
    ...words('running', 'Running'),
    ...words('recovering', 'Restarting'),
    ...words('paused', 'Suspended'),
    ...words('done', 'Succeeded'),
    ...words('failed', 'Failed'),
  ]),
  // It has no condition for waiting and running: whoever asks looks at its pods, and says `Created` or `Running`.
  TrainJob: new Map([
    ...words('queued', 'Created'),
    ...words('running', 'Running'),
    ...words('paused', 'Suspended'),
    ...words('done', 'Complete'),
    ...words('failed', 'Failed'),
  ]),
  JobSet: new Map([
    ...words('queued', 'Created', 'StartupPolicyInProgress'),
    ...words('running', 'Running', 'StartupPolicyCompleted'),
    ...words('recovering', 'Restarting'),
    ...words('paused', 'Suspended'),
    ...words('done', 'Completed'),
    ...words('failed', 'Failed'),
  ]),
};

/** Why a job that its launcher calls failed did not fail by itself. */
const LOST_BECAUSE: Record<StateVocabulary, ReadonlySet<string>> = {
  local: new Set(),
  // Members of JobErrorType: the process that keeps the job, or its node, went; or it was never placed.
  ray: new Set([
    'JOB_SUPERVISOR_ACTOR_DIED',
    'JOB_SUPERVISOR_ACTOR_START_TIMEOUT',
    'JOB_SUPERVISOR_ACTOR_START_FAILURE',
    'JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE',
  ]),
  slurm: new Set(['NodeFail', 'NodeDown', 'Prolog', 'JobLaunchFailure']),
  PyTorchJob: new Set(POD_TAKEN_AWAY),
  TrainJob: new Set(POD_TAKEN_AWAY),
  JobSet: new Set(POD_TAKEN_AWAY),
};

// Slurm tells a state and flags of it, as in COMPLETED COMPLETING: what is under way outranks what it will be.
const FLAGS = ['COMPLETING', 'STAGE_OUT', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SPECIAL_EXIT', 'STOPPED'];

/**
 * How a job stands by its launcher's own word, and, for one that failed, by the word for its reason. Slurm may tell several
 * words at once, separated by blanks, commas or "+". A word that is not known makes the whole `unknown`, which a run holds at.
 */
export function stateOf(vocabulary: StateVocabulary, native: string, reason?: string): JobState {
  const told = vocabulary === 'slurm' ? native.split(/[\s,+]+/).filter(Boolean) : [native];
  if (told.length === 0) return 'unknown';
  const states = told.map((word) => STATES[vocabulary].get(word));
  if (states.includes(undefined)) return 'unknown';
  const first = FLAGS.find((flag) => told.includes(flag)) ?? told[0] ?? '';
  const state = STATES[vocabulary].get(first) ?? 'unknown';
  return state === 'failed' && reason !== undefined && LOST_BECAUSE[vocabulary].has(reason) ? 'lost' : state;
}

const ENDED: ReadonlySet<JobState> = new Set(['done', 'failed', 'lost', 'cancelled']);

/** Whether nothing will come of the job any more. */
export const hasEnded = (state: JobState): boolean => ENDED.has(state);
