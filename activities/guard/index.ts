import type { ActivityDependencies } from '../index';
import { createThreadPool } from '../kit/thread';
import type * as GuardThread from './guard-thread';
import { createRedTeamActivities } from './red-team-activities';
import { createTrainGuardActivities } from './train-activities';

/** The activities of `trainGuard` and `redTeam`, which share their threads. */
export function createGuardActivities(
  dependencies: Pick<ActivityDependencies, 'store' | 'registry' | 'sources' | 'threads'>,
) {
  const pool = createThreadPool<typeof GuardThread>(__dirname, 'guard-thread', { threads: dependencies.threads });
  return {
    ...createTrainGuardActivities({ ...dependencies, pool }),
    ...createRedTeamActivities({ ...dependencies, pool }),
  };
}
