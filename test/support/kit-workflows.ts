import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import { hostOf } from '../../schemas/names';
import { claimedOnHost } from '../../workflows/kit/on-host';
import { stageWorkflow } from '../../workflows/kit/stage';
import { hostProbeStage, kitProbeStage, type KitProbeActivities } from './kit-probe';

const options: ActivityOptions = {
  startToCloseTimeout: '20s',
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '100ms', maximumInterval: '500ms' },
};
const activities = proxyActivities<KitProbeActivities>(options);

/** 60 events: a run of thirty units continues as new several times. */
const MAX_EVENTS = 60;

export const kitProbe = stageWorkflow(
  kitProbeStage,
  { phases: ['plan', 'add', 'gate'], maxEvents: MAX_EVENTS },
  async (run) => {
    run.onStop((how) => activities.cleanUp({ how }));
    await run.step('plan', () => activities.addUnit({ unit: 0, fail: false }));
    const sum = await run.units('add', {
      total: run.input.units,
      initial: 0,
      start: (unit) => activities.addUnit({ unit, fail: unit === run.input.failAt }),
      fold: (total, { value }) => total + value,
      counts: (total) => ({ sum: total }),
    });
    const decision = run.input.hold ? await run.hold('gate', `the sum is ${sum}`) : null;
    return { sum, approvedBy: decision?.by ?? null };
  },
);

/** Long enough for a worker to start a unit, and short enough for a test that waits for it to pass. */
const CLAIM_WITHIN = '1s';

export const hostProbe = stageWorkflow(hostProbeStage, { phases: ['add'] }, async (run) => {
  const taskQueue = run.input.queue;
  const onHost = claimedOnHost(run.board, hostOf(taskQueue), CLAIM_WITHIN, (limit) =>
    proxyActivities<KitProbeActivities>({ ...options, ...limit, taskQueue }),
  );
  const sum = await run.units('add', {
    total: run.input.units,
    initial: 0,
    start: (unit) => onHost((host) => host.addUnit({ unit, fail: false })),
    fold: (total, { value }) => total + value,
  });
  return { sum };
});

/** Adds one number after another, as a feed takes one batch after another, until there are as many as asked for. */
export const kitEndless = stageWorkflow(kitProbeStage, { phases: ['add'], maxEvents: MAX_EVENTS }, async (run) => {
  const sum = await run.endless('add', {
    initial: 0,
    counts: (total) => ({ sum: total }),
    next: async (total, piece) => {
      if (piece === run.input.units) return null;
      const { value } = await activities.addUnit({ unit: piece, fail: false });
      return total + value;
    },
  });
  return { sum, approvedBy: null };
});
