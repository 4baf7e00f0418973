import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../../workers/bundle';

const FOLDER = join(__dirname, '..', 'histories');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

// Made once: it takes longer than most replays.
let bundle: Awaited<ReturnType<typeof workflowBundle>>;
beforeAll(async () => {
  bundle = await workflowBundle();
});

describe('every kept history replays against the workflows as they are now', () => {
  // An empty folder would make this tier pass by having nothing to say.
  it('there are kept histories', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', async (file) => {
    const { workflowId, history } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
      workflowId: string;
      history: unknown;
    };
    await Worker.runReplayHistory({ workflowBundle: bundle }, historyFromJSON(history), workflowId);
  });
});
