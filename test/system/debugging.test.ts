import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Reply } from '../../schemas/converse';
import { MESSAGES } from '../../schemas/names';
import type { Story } from '../../workers/cli/story/story';
import { agentWorkers } from '../support/agent-worker';
import { sharedServers } from '../support/shared-servers';
import { build, CliProject } from './cli-process';

const agent = agentWorkers();
let made: CliProject;
let project: CliProject;

beforeAll(async () => {
  const building = build();
  made = await CliProject.create({});
  project = made.withEnv({ TEMPORAL_ADDRESS: sharedServers().temporalAddress });
  await building;
});
afterAll(() => made?.remove());

it('tells a conversation with its children, replays what ran lately, and says what goes on in an open run', async () => {
  const busy = ApplicationFailure.retryable('The provider is busy.', 'Unavailable');
  const { client, converse, start } = await agent({
    script: (_call, { messages }) => (JSON.stringify(messages).includes('hopeless') ? busy : { text: 'So it is.' }),
  });
  const conversation = await converse();
  await conversation.executeUpdate<Reply, [object]>(MESSAGES.sendMessage, { args: [{ message: 'Is it so?' }] });
  await conversation.signal(MESSAGES.stop);
  await conversation.result();
  const open = await start({ question: 'Is it hopeless?' });
  await vi.waitFor(
    async () => {
      const { pendingActivities: pending } = (await open.describe()).raw;
      expect(pending?.[0]?.attempt).toBeGreaterThan(1);
      // Visibility is a little behind: what it does not list is not replayed.
      const { count } = await client.workflow.count(
        `WorkflowId IN ('${conversation.workflowId}', '${open.workflowId}')`,
      );
      expect(count).toBe(2);
    },
    { timeout: 60_000, interval: 200 },
  );

  const told = await project.json<Story & { children: Story[] }>('explain', conversation.workflowId, '--children');
  expect(told).toMatchObject({ workflow: 'converse', outcome: 'completed', goingOn: [] });
  expect(told.children).toMatchObject([{ workflow: 'runAgent', outcome: 'completed' }]);
  expect(told.children[0]?.steps.map(({ name }) => name)).toContain('callModel');

  const goingOn = await project.json<Story>('explain', open.workflowId);
  expect(goingOn).toMatchObject({
    outcome: 'open',
    goingOn: [{ name: 'callModel', problem: { code: 'Unavailable' } }],
  });
  expect(goingOn.goingOn[0]?.attempts).toBeGreaterThan(1);

  const since = ['replay', '--since', '1h', '--workflow', 'converse', '--workflow', 'runAgent'];
  const rows = await project.json<{ workflowId: string; runId: string; fits: boolean }[]>(...since);
  const [child] = told.children;
  for (const workflowId of [conversation.workflowId, child?.workflowId, open.workflowId])
    expect(rows).toContainEqual(expect.objectContaining({ workflowId, fits: true }));
  await open.terminate();
});
