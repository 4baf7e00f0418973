import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, Runtime, type WorkflowBundleOption } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { EncryptionCodec } from '../../workers/codec/encryption-codec';
import { historyText, parseHistory, readHistories, type KeptHistory } from '../../workers/cli/histories';
import { payloadsOf } from '../../workers/codec/readable';
import { ahead, visibilityQuery } from '../../workers/cli/fetch-histories';
import { type Replayed, replayMany } from '../../workers/cli/replay-many';
import { commandAt, tracedBundle } from '../../workers/cli/traced/command-stack';
import { explainMismatch } from '../../workers/cli/mismatch';
import { replayHistory } from '../../workers/cli/replay-history';

const FOLDER = join(__dirname, 'cli-replay');
const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

let bundle: WorkflowBundleOption;
let kept: KeptHistory;
let traceable: Promise<WorkflowBundleOption>;

beforeAll(async () => {
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  bundle = await bundleWorkflowCode({ workflowsPath: join(FOLDER, 'variants.ts'), logger: silent });
  traceable = tracedBundle(undefined, join(FOLDER, 'variants.ts'));
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

describe('a mismatch', () => {
  it('names the reset point of the run: the end of the task that made the event', async () => {
    const mismatch = await replayHistory({ workflowBundle: bundle }, recordedAs('timerFirst'));
    expect(mismatch).toMatchObject({ eventId: 11, eventType: 'ACTIVITY_TASK_SCHEDULED' });
    expect(mismatch?.remedy).toContain('--workflow-id kept-run --event-id 10 ');
  });

  it.each([
    ['otherActivity', 28, 'activity one', 24],
    ['timerFirst', 11, 'timer', 29],
    ['doesMore', 34, 'activity one', 41],
  ])('of %s names the line of the source that made the other command', async (workflow, eventId, command, line) => {
    const traced = await traceable;
    const made = await commandAt({ workflowBundle: traced }, recordedAs(workflow), eventId);
    expect(made?.command).toBe(command);
    expect(made?.stack[0]).toContain(`/cli-replay/variants.ts:${line}:`);
  });

  it('has no stack where the code makes no command', async () =>
    expect(await commandAt({ workflowBundle: await traceable }, recordedAs('endsEarly'), 11)).toBeUndefined());
});

describe('many histories', () => {
  const codec = new EncryptionCodec([{ id: 'of-the-workers', secret: randomBytes(32) }]);

  async function encrypted(): Promise<KeptHistory> {
    const copy = recordedAs('asRecorded');
    for (const payload of payloadsOf(copy.history.events)) Object.assign(payload, (await codec.encode([payload]))[0]);
    return copy;
  }

  async function outcomes(histories: KeptHistory[], codecs: EncryptionCodec[]): Promise<Replayed[]> {
    const found: Replayed[] = [];
    for await (const replayed of replayMany(
      { workflowBundle: bundle, dataConverter: { payloadCodecs: codecs } },
      histories,
      codecs,
    ))
      found.push(replayed);
    return found;
  }

  it('are told one by one, in their order', async () => {
    const replayed = await outcomes([kept, recordedAs('timerFirst'), kept, recordedAs('noLongerThere')], []);
    expect(replayed.map(({ outcome }) => outcome)).toEqual(['fits', 'differs', 'fits', 'differs']);
  });

  it('that are encrypted fit with their key, and name the key that is missing or another one', async () => {
    const sealed = await encrypted();
    expect(await outcomes([sealed], [codec])).toMatchObject([{ outcome: 'fits' }]);
    const wrong = (id: string) => new EncryptionCodec([{ id, secret: randomBytes(32) }]);
    for (const [codecs, why] of [
      [[], /needs the key "of-the-workers", and this project names no keys/],
      [[wrong('mine')], /needs the key "of-the-workers", which this project does not name/],
      [[wrong('of-the-workers')], /the key of that name is another one/],
    ] as const) {
      const [first, second] = await outcomes([sealed, kept], [...codecs]);
      expect(first).toMatchObject({ outcome: 'unreadable', problem: { eventId: 7, keyId: 'of-the-workers' } });
      expect(first?.outcome === 'unreadable' && first.problem.message).toMatch(why);
      expect(first?.outcome === 'unreadable' && first.problem.remedy).toContain('encryption.keys');
      expect(second?.outcome).toBe('fits');
    }
  });
});

describe('the runs of a time', () => {
  const since = new Date('2026-11-19T00:00:00Z');

  it('are those that are open or have ended within it', () => {
    expect(visibilityQuery({ since })).toBe("(ExecutionStatus = 'Running' OR CloseTime >= '2026-11-19T00:00:00.000Z')");
    expect(visibilityQuery({ since, moving: true })).toMatch(
      /^\(.*\) AND \(TemporalWorkflowVersioningBehavior IS NULL OR TemporalWorkflowVersioningBehavior != 'Pinned'\)$/,
    );
    expect(visibilityQuery({ since, workflows: ['runAgent', "o'hara"] })).toContain(
      "AND WorkflowType IN ('runAgent', 'o''hara')",
    );
  });

  it('are fetched a few at a time, and come in their order', async () => {
    let [underWay, most] = [0, 0];
    async function* numbers() {
      for (let n = 0; n < 20; n++) yield await Promise.resolve(n);
    }
    const got: number[] = [];
    for await (const n of ahead(numbers(), 3, async (value) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return value === 7 ? null : value;
    }))
      got.push(n);
    expect(got).toEqual(Array.from({ length: 20 }, (_, n) => n).filter((n) => n !== 7));
    expect(most).toBe(3);
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
