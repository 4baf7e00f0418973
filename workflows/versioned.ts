import { setWorkflowOptions } from '@temporalio/workflow';
import type { Workflow } from '@temporalio/common';
import { VERSIONING } from '../schemas/versioning';
import * as workflows from './index';

/**
 * Every workflow of the pack for workers that are versions of a deployment, each with what becomes of it when another version comes. A
 * bundle of its own: the server refuses a run that says so from a worker without a version.
 */
export * from './index';

for (const [name, workflow] of Object.entries<Workflow>(workflows)) {
  const behavior = VERSIONING[name]?.behavior;
  if (!behavior) throw new Error(`${name} is missing in schemas/versioning.ts.`);
  setWorkflowOptions({ versioningBehavior: behavior }, workflow);
}
