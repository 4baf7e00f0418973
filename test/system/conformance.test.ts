import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { STAGES, type StageDefinition } from '../../schemas';
import { stageProgress } from '../../schemas/common';
import { MESSAGES, workflowId } from '../../schemas/names';
import { MAX_PAYLOAD_BYTES } from '../../workers/payload-guard';
import { historyFacts } from '../support/history-facts';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';
import { stubTraining } from '../support/training';

/** What an engineer writes after a night on call: enough words for every rule of the minimal recipe. */
const DOCUMENTS = {
  'restart.md':
    '# Restarting a worker\n\nA worker that is killed loses at most one unit. Start it again and it goes on.\n',
  'gates.md':
    '# Gates\n\nA gate compares measured metrics with thresholds. It may wait for the approval of a person.\n',
  'copy.md': '# Gates\n\nA gate compares measured metrics with thresholds. It may wait for the approval of a person.\n',
};

/** Cases for a model that only quotes. */
const CASES = [
  { id: 'kill', question: 'What does a worker that is killed lose?', expected: 'at most one unit' },
  { id: 'gate', question: 'What does a gate compare?', expected: 'measured metrics with thresholds' },
  { id: 'wait', question: 'What may a gate wait for?', expected: 'the approval of a person' },
].map((one) => ({
  ...one,
  context: Object.values(DOCUMENTS)
    .slice(0, 2)
    .map((text, at) => ({ document: `${at}`, text })),
}));

/** A contract that every stage keeps, run on its own example in the order in which stages build on one another. */
describe('the stage contract, on real servers', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers(), stubTraining);
    await mkdir(join(pack.projectDir, 'docs'));
    for (const [name, text] of Object.entries(DOCUMENTS)) await writeFile(join(pack.projectDir, 'docs', name), text);
    await writeFile(join(pack.projectDir, 'cases.jsonl'), CASES.map((one) => `${JSON.stringify(one)}\n`).join(''));
  });
  afterAll(() => pack.stop());

  const idOf = (stage: StageDefinition, suffix: string) => `${workflowId(stage.name, 'contract')}-${suffix}`;
  const runOf = async (stage: StageDefinition, suffix: string, more: object = {}) => {
    const handle = await pack.start(stage.name, { ...stage.example, ...more }, idOf(stage, suffix));
    return { handle, output: stage.output.parse(await handle.result()) };
  };
  async function expectSmallHistory(handle: WorkflowHandle) {
    const facts = await historyFacts(handle);
    expect(facts.events).toBeLessThan(5_000);
    expect(facts.largestPayload).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect(facts.text).not.toContain(new URL(pack.endpoints.databaseUrl).password);
    expect(facts.text).not.toContain(pack.projectDir);
  }
  async function expectShown(stage: StageDefinition, handle: WorkflowHandle) {
    const progress = stageProgress.parse(await handle.query(MESSAGES.progress));
    expect(progress).toMatchObject({ stage: stage.name, status: 'done', hold: null });
    expect(progress.phases.every(({ done, total }) => done === total && total >= 0)).toBe(true);
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain(`**${stage.name}**`);
    expect(metadata.currentDetails).toMatch(/[█░]|nothing to do/);
    const { searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({ LlmStage: [stage.name], LlmStatus: ['done'] });
  }

  describe.each(STAGES.filter(({ endless, answers }) => !endless && !answers))('$name', (stage) => {
    const id = (suffix: string) => idOf(stage, suffix);
    const run = (suffix: string, more: object = {}) => runOf(stage, suffix, more);

    it('says what it would do on a dry run, and does nothing', async () => {
      const { output } = await run('dry', { dryRun: true });
      expect(output).toMatchObject({ outcome: 'dry-run' });
      expect((await run('dry-again', { dryRun: true })).output).toEqual(output);
    });

    it('publishes its example, with a small history that holds no secret', async () => {
      const { handle, output } = await run('first');
      expect(output).toMatchObject({ outcome: 'published' });
      await expectSmallHistory(handle);
    });

    it('shows how it stands: progress, current details and search attributes', async () => {
      await expectShown(stage, pack.client.workflow.getHandle(id('first')));
    });

    it('does the same work once', async () => {
      const first = stage.output.parse(await pack.client.workflow.getHandle(id('first')).result());
      expect((await run('again')).output).toEqual({ ...first, outcome: 'reused' });
    });

    it('does it again when forced, with the same result', async () => {
      const first = stage.output.parse(await pack.client.workflow.getHandle(id('first')).result());
      const { output } = await run('forced', { force: true });
      expect(output).toMatchObject({ outcome: 'published', counts: first['counts'] });
      expect(output['workKey']).not.toBe(first['workKey']);
    });

    it('leaves nothing behind of a run that was cancelled', async () => {
      const handle = await pack.start(stage.name, { ...stage.example, force: true }, id('cancelled'));
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      expect((await run('after-cancel', { force: true })).output).toMatchObject({ outcome: 'published' });
    });
  });

  // Those that go on until they are cancelled have no work that could be done before, or done again.
  describe.each(STAGES.filter(({ endless }) => endless))('$name', (stage) => {
    it('ends its example, with a small history that holds no secret, and shows how it stood', async () => {
      const { handle } = await runOf(stage, 'first');
      await expectSmallHistory(handle);
      await expectShown(stage, handle);
    });

    it('goes on until it is cancelled, and begins anew after that', async () => {
      const handle = await pack.start(stage.name, { ...stage.example, ...stage.endless }, idOf(stage, 'cancelled'));
      // For changes of documents an activity waits; for messages, and for its time, the workflow itself.
      const waits = async () => {
        if ((await handle.describe()).raw.pendingActivities?.length === 1) return true;
        const { findings } = stageProgress.parse(await handle.query(MESSAGES.progress));
        return findings.some((finding) => /Waits for a message|Next look:/.test(finding));
      };
      await vi.waitFor(async () => expect(await waits()).toBe(true), { timeout: 20_000 });
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      await runOf(stage, 'after-cancel');
    });
  });

  // Those that answer have no work key: the same question may have another answer tomorrow.
  describe.each(STAGES.filter(({ answers }) => answers))('$name', (stage) => {
    it('answers its example, with a small history that holds no secret, and shows how it stood', async () => {
      const { handle, output } = await runOf(stage, 'first');
      expect(output).toMatchObject({ outcome: 'answered' });
      await expectSmallHistory(handle);
      await expectShown(stage, handle);
    });

    it('answers again after a run that was cancelled', async () => {
      const handle = await pack.start(stage.name, stage.example, idOf(stage, 'cancelled'));
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      expect((await runOf(stage, 'after-cancel')).output).toMatchObject({ outcome: 'answered' });
    });
  });
});
