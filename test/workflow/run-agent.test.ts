import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { runAgentStage, type RunAgentOutput } from '../../schemas/run-agent';
import { stageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { workflowBundle } from '../../workers/bundle';
import { scriptedAgent, type Scripted } from '../support/scripted-agent';
import { startTestWorker } from '../support/test-worker';

let bundle: Awaited<ReturnType<typeof workflowBundle>>;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  bundle = await workflowBundle();
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A worker whose agent does what the script says. */
async function agent(scripted: Scripted) {
  const made = await scriptedAgent(scripted);
  const worker = await startTestWorker(inject('temporalAddress'), bundle, made.activities);
  open.push(made, { close: () => worker.stop() });
  const start = (input: object = {}) =>
    worker.client.workflow.start('runAgent', {
      taskQueue: worker.taskQueue,
      workflowId: `runAgent-${randomUUID()}`,
      args: [{ question: 'How do I pause a run?', ...input }],
    });
  const run = async (input: object = {}): Promise<RunAgentOutput> =>
    runAgentStage.output.parse(await (await start(input)).result());
  return { ...made, start, run };
}

const search = { name: 'search', call: () => ({ text: 'Send the update pause.' }) };

describe('an agent that answers', () => {
  it('calls a tool, reads its result, and answers with usage and transcript', async () => {
    const { run, calls } = await agent({
      script: (call, { messages }) => {
        if (call === 0) return { tool: 'search', arguments: { query: 'pause' } };
        return { text: `It says: ${messages.at(-1)?.content ?? ''}` };
      },
      tools: [search],
    });
    const output = await run();
    expect(output).toMatchObject({
      outcome: 'answered',
      answer: 'It says: Send the update pause.',
      steps: 2,
      usage: { inputTokens: 200, outputTokens: 40, usd: 0.002, modelCalls: 2, toolCalls: { search: 1 } },
      transcript: { kind: 'transcript', rows: 5 },
    });
    expect(calls).toEqual({ model: 2, tool: 1 });
  });
});
