import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../../workers/bundle';
import { quietRuntime } from '../support/quiet-runtime';

const FOLDER = join(__dirname, '..', 'histories');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

// One worker for all: to make one takes ten times as long as most replays. It takes the next history when it is asked for a result.
let next: { workflowId: string; history: unknown };
function* asked() {
  for (;;) yield next;
}
let replays: ReturnType<typeof Worker.runReplayHistories>;
beforeAll(async () => {
  quietRuntime();
  replays = Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, asked());
});
afterAll(() => replays.return?.());

describe('every kept history replays against the workflows as they are now', () => {
  // An empty folder would make this tier pass by having nothing to say.
  it('there are kept histories', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', async (file) => {
    const { workflowId, history } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as typeof next;
    next = { workflowId, history: historyFromJSON(history) };
    const { value } = (await replays.next()) as { value?: { workflowId: string; error?: Error } };
    expect(value?.workflowId).toBe(workflowId);
    expect(value?.error).toBeUndefined();
  });
});
