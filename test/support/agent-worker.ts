import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, expect, vi } from 'vitest';
import { type StageProgress, stageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { runAgentStage, type RunAgentOutput } from '../../schemas/run-agent';
import { workflowBundle } from '../../workers/bundle';
import { scriptedAgent, type Scripted } from './scripted-agent';
import { sharedServers } from './shared-servers';
import { startTestWorker } from './test-worker';

/** A worker on the shared Temporal server whose agent does what the script says, and how runs of it are started. */
export async function startAgentWorker(bundle: Awaited<ReturnType<typeof workflowBundle>>, scripted: Scripted) {
  const made = await scriptedAgent(scripted);
  const worker = await startTestWorker(sharedServers().temporalAddress, bundle, made.activities);
  const begin = (stage: string, input: object) =>
    worker.client.workflow.start(stage, {
      taskQueue: worker.taskQueue,
      workflowId: `${stage}-${randomUUID()}`,
      args: [input],
    });
  const start = (input: object = {}) => begin('runAgent', { question: 'How do I pause a run?', ...input });
  return {
    ...made,
    client: worker.client,
    start,
    run: async (input: object = {}): Promise<RunAgentOutput> =>
      runAgentStage.output.parse(await (await start(input)).result()),
    converse: (input: object = {}) => begin('converse', { name: 'test', ...input }),
    async close() {
      await worker.stop();
      await made.close();
    },
  };
}

/** For a test file: workers whose agents do what scripts say, each ended with the test that began it. */
export function agentWorkers(): (scripted: Scripted) => ReturnType<typeof startAgentWorker> {
  let bundle: Awaited<ReturnType<typeof workflowBundle>>;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    bundle = await workflowBundle();
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  return async (scripted) => {
    const started = await startAgentWorker(bundle, scripted);
    open.push(started);
    return started;
  };
}

interface Queryable {
  query(name: string): Promise<unknown>;
}

export const progressOf = async (handle: Queryable): Promise<StageProgress> =>
  stageProgress.parse(await handle.query(MESSAGES.progress));

/** Waits until the run waits for a person, and returns why. */
export async function held(handle: Queryable): Promise<string> {
  let hold: string | null = null;
  await vi.waitFor(
    async () => {
      ({ hold } = await progressOf(handle));
      expect(hold).not.toBeNull();
    },
    { timeout: 20_000, interval: 100 },
  );
  return hold ?? '';
}
