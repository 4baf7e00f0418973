import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from '../../schemas';
import type { InputIssue } from '../../schemas/stage';
import { workflowBundle } from '../../workers/bundle';
import { sharedServers } from '../support/shared-servers';
import { startTestWorker } from '../support/test-worker';
import { wrongInputs } from '../support/wrong-inputs';

// Some hundreds over all stages take seconds; a fixed seed makes a failure the same one tomorrow.
const CASES_A_STAGE = 60;
const SEED = 20_261_123;

let worker: Awaited<ReturnType<typeof startTestWorker>>;
beforeAll(async () => {
  worker = await startTestWorker(sharedServers().temporalAddress, await workflowBundle());
});
afterAll(() => worker.stop());

describe.each(STAGES)('$name, given a wrong input', (stage) => {
  const failureOf = async (args: unknown[]): Promise<ApplicationFailure> => {
    const handle = await worker.client.workflow.start(stage.name, {
      taskQueue: worker.taskQueue,
      workflowId: `wrong-${randomUUID()}`,
      args,
      // A workflow that hangs in task retries would never end: this is how such a case would fail.
      workflowRunTimeout: '20s',
    });
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const cause = (error as WorkflowFailedError).cause;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    // Started, task scheduled, task started, task completed, failed: at once, without one retried task.
    expect((await handle.fetchHistory()).events).toHaveLength(5);
    return cause as ApplicationFailure;
  };

  it(`ends at once with InvalidInput that names every path, for ${CASES_A_STAGE} generated inputs`, async () => {
    const cases = fc.sample(wrongInputs(stage), { numRuns: CASES_A_STAGE, seed: SEED });
    const check = async ({ input, paths }: (typeof cases)[number]) => {
      const failure = await failureOf([input]);
      expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
      const { issues, example } = failure.details?.[0] as { issues: InputIssue[]; example: unknown };
      const named = new Set(issues.map(({ path }) => path));
      for (const path of paths) {
        const told = [...named].some((found) => found === path || found.startsWith(`${path}.`));
        expect(told, `${path} in ${JSON.stringify([...named])} for ${JSON.stringify(input)}`).toBe(true);
        expect(failure.message).toContain(path);
      }
      expect(example).toEqual(stage.example);
    };
    for (let next = 0; next < cases.length; next += 10) await Promise.all(cases.slice(next, next + 10).map(check));
  });

  it.each([[[]], [[null]], [[42]], [['text']], [[[1, 2]]], [[{}]]])(
    'ends at once for the arguments %j',
    async (args) => {
      const failure = await failureOf(args);
      expect(failure.type).toBe('InvalidInput');
      expect(failure.message).toContain('Example: {');
    },
  );
});
