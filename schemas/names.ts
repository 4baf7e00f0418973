/** Every name that crosses a process or is typed by a person: task queues, pools, search attributes, messages. */

export const POOLS = ['llm', 'cpu', 'gpu'] as const;
export type Pool = (typeof POOLS)[number];

/** The task queue each pool polls. Workflows run on `llm`; activities on the other two. */
export const QUEUES: Record<Pool, string> = { llm: 'llm', cpu: 'llm-cpu', gpu: 'llm-gpu' };

/** The queue of activities that only wait, which every cpu pool polls with many slots: they take none of its own. */
export const WAIT_QUEUE = 'llm-wait';

/** The queue of one host's `cpu` pool, for work on files that only that host can see. */
export const hostQueue = (host: string): string => `${QUEUES.cpu}-${host}`;

/** The queue of one host's activities that only wait: for what no other host sees. */
export const hostWaitQueue = (host: string): string => `${WAIT_QUEUE}-${host}`;

/** The host whose queue it is. */
export const hostOf = (queue: string): string => queue.slice(hostQueue('').length);

/** Custom search attributes (all Keyword): which stage, on what, and how it stands. */
export const SEARCH_ATTRIBUTES = { stage: 'LlmStage', subject: 'LlmSubject', status: 'LlmStatus' } as const;

/** Messages that every stage answers. */
export const MESSAGES = {
  progress: 'progress',
  pause: 'pause',
  resume: 'resume',
  setConcurrency: 'setConcurrency',
  approve: 'approve',
  reject: 'reject',
  /** Of agents: words of a person, and the end of a run. `pause` and `resume` are signals of theirs as well. */
  answer: 'answer',
  steer: 'steer',
  stop: 'stop',
  sendMessage: 'sendMessage',
  transcript: 'transcript',
  /** Of the window that a rebuild leaves open behind it. */
  rollback: 'rollback',
  /** Between a stage and a child of it: how the child stands, and what was decided where it holds. */
  childStatus: 'childStatus',
  decision: 'decision',
  /** From a child that lives on to the stage that started it: it has begun. */
  childBegun: 'childBegun',
  /** Of a rollout: take the candidate back, at once. */
  kill: 'kill',
  /** Of set-point control: another target, from the next look on. */
  setTarget: 'setTarget',
  /** To a feed: changes of documents. */
  change: 'change',
} as const;

/** Schedules with this prefix belong to the pack: `schedules apply` may update and delete them, and no others. */
export const SCHEDULE_PREFIX = 'llm-pack-';

/** The workflow that watches over the way back from an index to the one before. */
export const windowId = (physical: string): string => `indexWindow-${physical}`;

/** The workflow id a stage gets when the caller names none: one run at a time for each subject. */
export const workflowId = (stage: string, subject: string): string => `${stage}-${subject}`;
