import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, Runtime, type WorkflowBundleOption } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { historyText, parseHistory, readHistories, type KeptHistory } from '../../workers/cli/histories';
import { explainMismatch } from '../../workers/cli/mismatch';
import { replayHistory } from '../../workers/cli/replay-history';

const FOLDER = join(__dirname, 'cli-replay');
const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

let bundle: WorkflowBundleOption;
let kept: KeptHistory;

beforeAll(async () => {
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  bundle = await bundleWorkflowCode({ workflowsPath: join(FOLDER, 'variants.ts'), logger: silent });
  [kept] = (await readHistories(FOLDER, 'history.json')) as [KeptHistory];
}, 60_000);

/** The recorded history, as one that another workflow of the bundle made. */
function recordedAs(workflow: string): KeptHistory {
  const text = readFileSync(join(FOLDER, 'history.json'), 'utf8').replaceAll('"asRecorded"', JSON.stringify(workflow));
  return parseHistory('history.json', text);
}

describe('a recorded history', () => {
  it('fits the code that made it', async () =>
    expect(await replayHistory({ workflowBundle: bundle }, kept)).toBeNull());

  it.each([
    // The last of two activities of the same name: the event is sought, not guessed.
    ['calls another activity', 'otherActivity', 28, 'activity task scheduled: three', 'scheduled the activity one'],
    ['waits first', 'timerFirst', 11, 'activity task scheduled: two', 'started a timer'],
    ['ends early', 'endsEarly', 11, 'activity task scheduled: two', 'completed the workflow'],
    ['does more', 'doesMore', 34, 'workflow execution completed', 'scheduled an activity'],
    ['is gone', 'noLongerThere', 1, 'a run of noLongerThere', 'has no workflow of that name'],
  ])('shows where code that %s parts from it', async (_, workflow, eventId, history, code) => {
    expect(await replayHistory({ workflowBundle: bundle }, recordedAs(workflow))).toMatchObject({
      eventId,
      history,
      code,
    });
  });

  it('says what to do about it', async () => {
    const { remedy } = (await replayHistory({ workflowBundle: bundle }, recordedAs('timerFirst'))) ?? {};
    for (const way of ['patch', 'pin', 'reset']) expect(remedy).toContain(`${way}:`);
  });
});

describe('the explainer', () => {
  it('shows an error it does not know as it stands', () => {
    expect(explainMismatch(new Error('something new'), kept.history)).toMatchObject({
      eventId: null,
      code: 'something new',
    });
  });
});

describe('a history file', () => {
  it('is read back as it was written, and as the UI exports it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'llm-pack-histories-'));
    try {
      await writeFile(join(folder, 'ours.json'), historyText(kept));
      await writeFile(
        join(folder, 'exported.json'),
        JSON.stringify((JSON.parse(historyText(kept)) as { history: unknown }).history),
      );
      await writeFile(join(folder, 'notes.txt'), 'not a history');
      const read = await readHistories(folder, '.');
      expect(read.map(({ name, workflowId }) => [name, workflowId])).toEqual([
        ['exported.json', 'kept-run'],
        ['ours.json', 'kept-run'],
      ]);
      for (const { history } of read) expect(history).toEqual(kept.history);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that is none is named', async () => {
    await expect(readHistories(FOLDER, 'variants.ts')).rejects.toThrow(/variants\.ts is not a workflow history/);
  });
});
