import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { afterEach, expect, it, vi } from 'vitest';
import { converseStage, type Reply } from '../../schemas/converse';
import { MESSAGES } from '../../schemas/names';
import { agentWorkers, progressOf } from '../support/agent-worker';

const agent = agentWorkers();
// What is registered last is done first.
const releases: (() => void)[] = [];
afterEach(() => {
  for (const release of releases.splice(0)) release();
});

/** A conversation whose agent first calls a tool, which returns when it is told to, and then says what it was told. */
async function conversation() {
  let isInTool = (): void => undefined;
  let release = (): void => undefined;
  const inTool = new Promise<void>((resolve) => (isInTool = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const started = await agent({
    script: (call, { messages }) => {
      if (call === 0) return { tool: 'work' };
      const notes = messages.filter(({ content }) => content.startsWith('[Note')).map(({ content }) => content);
      return { text: `Done. ${notes.join(' ')}`.trim() };
    },
    tools: [
      {
        name: 'work',
        effect: 'write',
        call: async () => {
          isInTool();
          await released;
          return { text: 'worked' };
        },
      },
    ],
  });
  // A worker waits for the calls that it has under way.
  releases.push(release);
  const handle = await started.converse({ approvals: [] });
  const send = (message: string) => handle.executeUpdate<Reply, [string]>(MESSAGES.sendMessage, { args: [message] });
  const child = started.client.workflow.getHandle(`${handle.workflowId}/message-0`);
  return { handle, child, send, calls: started.calls, inTool, release };
}

/** Waits until what was said to the conversation has come to the run that works on its message. */
const signalled = (child: WorkflowHandle) =>
  vi.waitFor(async () => {
    const { events } = await child.fetchHistory();
    expect(events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(true);
  });

it('a pause stops the message that is worked on after its step, and a resume lets it go on', async () => {
  const { handle, child, send, calls, inTool, release } = await conversation();
  const reply = send('one');
  await inTool;
  await handle.executeUpdate(MESSAGES.pause);
  await vi.waitFor(async () => expect((await progressOf(child)).status).toBe('paused'));
  release();
  // The tool call of the step ends; no further model call is made.
  await vi.waitFor(async () => expect((await progressOf(child)).counts).toMatchObject({ 'tool calls': 1 }));
  expect(calls.model).toBe(1);
  await handle.executeUpdate(MESSAGES.resume);
  expect(await reply).toMatchObject({ outcome: 'answered', answer: 'Done.' });
});

it('a message that comes while it is paused waits for the resume', async () => {
  const { handle, child, release } = await conversation();
  release();
  await handle.executeUpdate(MESSAGES.pause);
  const reply = await handle.startUpdate<Reply, [string]>(MESSAGES.sendMessage, {
    args: ['one'],
    waitForStage: 'ACCEPTED',
  });
  // Taken in a task that would have begun it.
  await expect(child.describe()).rejects.toBeInstanceOf(WorkflowNotFoundError);
  await handle.signal(MESSAGES.resume);
  expect(await reply.result()).toMatchObject({ answer: 'Done.' });
});

it('what a person says reaches the model before its next step', async () => {
  const { handle, child, send, inTool, release } = await conversation();
  const reply = send('one');
  await inTool;
  await handle.signal(MESSAGES.steer, 'be brief');
  await signalled(child);
  release();
  expect((await reply).answer).toContain('A person says: be brief');
});

it('a stop ends the message that is worked on, and the conversation', async () => {
  const { handle, send, inTool, release } = await conversation();
  const reply = send('one');
  await inTool;
  await handle.signal(MESSAGES.stop, 'enough');
  release();
  expect(await reply).toMatchObject({ outcome: 'needs_human', words: expect.stringContaining('enough') as string });
  expect(converseStage.output.parse(await handle.result())).toMatchObject({ messages: 1 });
});

it('a stop ends it although it is paused, with the message that is worked on', async () => {
  const { handle, child, send, inTool, release } = await conversation();
  const reply = send('one');
  await inTool;
  await handle.executeUpdate(MESSAGES.pause);
  // What is released before may be answered before the pause has come that far.
  await signalled(child);
  release();
  await handle.signal(MESSAGES.stop, 'enough');
  expect(await reply).toMatchObject({ outcome: 'needs_human' });
  expect(converseStage.output.parse(await handle.result())).toMatchObject({ messages: 1 });
});
