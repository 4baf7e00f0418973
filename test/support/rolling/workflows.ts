import { patched, proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import { stageWorkflow } from '../../../workflows/kit/stage';
import { ROLLING_QUEUE, type RollingActivities, rollingBuildStage, rollingEntityStage } from './stages';

const { look, work } = proxyActivities<RollingActivities>({
  taskQueue: ROLLING_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '100ms' },
});

/** Low, so that entities continue as new while the version changes. */
const MAX_EVENTS = 60;

/**
 * Two workflows as they are in the old version, or in the new, where each looks before it works. The build does so without a patch: none
 * of its open runs may ever meet the new code. The entity does so under one.
 */
export function rollingWorkflows(version: 'old' | 'new') {
  const isNew = version === 'new';
  const rollingBuild = stageWorkflow(rollingBuildStage, { phases: ['work'] }, async (run) => {
    const { name, units } = run.input;
    for (let unit = 0; unit < units; unit++) {
      if (isNew) await look({ name, unit });
      await work({ name, unit });
    }
    return { endedBy: version, units };
  });
  const rollingEntity = stageWorkflow(rollingEntityStage, { phases: ['work'], maxEvents: MAX_EVENTS }, async (run) => {
    const { name, units } = run.input;
    const done = await run.endless('work', {
      initial: 0,
      counts: (sum) => ({ units: sum }),
      next: async (sum, unit) => {
        if (unit === units) return null;
        if (isNew && patched('look-first')) await look({ name, unit });
        await work({ name, unit });
        return sum + 1;
      },
    });
    return { endedBy: version, units: done };
  });
  setWorkflowOptions({ versioningBehavior: 'PINNED' }, rollingBuild);
  setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, rollingEntity);
  return { rollingBuild, rollingEntity };
}
