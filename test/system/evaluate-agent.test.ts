import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evaluateModelStage, type EvaluateModelOutput } from '../../schemas/evaluate-model';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const NOTES = {
  restart: 'A worker that is killed loses at most one unit of work.',
  gate: 'A gate compares measured metrics with thresholds before anything goes live.',
  night: 'The nightly run begins at two in the morning, when nobody searches.',
  guard: 'The guard reads every text before a model does, and keeps attacks from it.',
};
const CASES = [
  { id: 'restart', question: 'What does a worker that is killed lose?', expected: NOTES.restart },
  { id: 'gate', question: 'What does a gate compare?', expected: NOTES.gate },
  { id: 'night', question: 'When does the nightly run begin?', expected: NOTES.night },
  { id: 'guard', question: 'What does the guard read?', expected: NOTES.guard },
];

describe('an agent that is evaluated', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers());
    await mkdir(path.join(pack.projectDir, 'notes'));
    for (const [name, text] of Object.entries(NOTES))
      await writeFile(path.join(pack.projectDir, 'notes', `${name}.md`), `# About the ${name}\n\n${text}\n`);
    const lines = (of: readonly object[]) => of.map((one) => `${JSON.stringify(one)}\n`).join('');
    await writeFile(path.join(pack.projectDir, 'cases.jsonl'), lines(CASES));
    const context = [{ document: 'n1', text: NOTES.night }];
    await writeFile(path.join(pack.projectDir, 'given.jsonl'), lines(CASES.map((one) => ({ ...one, context }))));
    const clean = { source: 'notes', name: 'agent-notes', recipe: 'minimal' };
    await (await pack.start('cleanDataset', clean, 'evaluate-agent-clean')).result();
    const index = { dataset: 'agent-notes', index: 'agent-notes' };
    await (await pack.start('rebuildIndex', index, 'evaluate-agent-index')).result();
  });
  afterAll(() => pack.stop());

  const start = (id: string, more: object = {}) =>
    pack.start(
      'evaluateModel',
      {
        candidate: { agent: { index: 'agent-notes' } },
        tasks: [{ type: 'qa', gate: { atLeast: 0.4, minimumCases: 4 } }],
        cases: [{ path: 'cases.jsonl' }],
        ...more,
      },
      `evaluate-agent-${id}`,
    );
  const outputOf = async (id: string, more: object = {}): Promise<EvaluateModelOutput> =>
    evaluateModelStage.output.parse(await (await start(id, more)).result());
  const runs = async () => {
    const query = 'WorkflowType="runAgent" AND WorkflowId STARTS_WITH "evaluate-"';
    return (await pack.client.workflow.count(query)).count;
  };

  it('is asked every case by a run of its own, and answers from its index', async () => {
    const before = await runs();
    const output = await outputOf('published');
    expect(output).toMatchObject({ outcome: 'published', candidate: 'agent-default', decision: null });
    expect(output.counts.candidate).toEqual({ samples: 4, answered: 4, failed: 0, unasked: 0 });
    expect(output.tasks?.[0]?.candidate.mean).toBeGreaterThan(0.5);
    // The list of runs is a little behind the server.
    await vi.waitFor(async () => expect(await runs()).toBe(before + CASES.length), { timeout: 20_000, interval: 200 });
  });

  it('is not asked again what it has answered', async () => {
    const before = await runs();
    const output = await outputOf('forced', { force: true });
    expect(output.spent.candidate).toMatchObject({ kept: 4 });
    expect(await runs()).toBe(before);
  });

  it('is not asked about passages that it did not look for', async () => {
    const failed: unknown = await (
      await start('given', { cases: [{ path: 'given.jsonl' }] })
    )
      .result()
      .catch((e: unknown) => e);
    expect((failed as Error).cause).toMatchObject({ type: 'SubjectUnsuitable' });
    expect(String((failed as Error).cause)).toContain('an agent looks for its own passages');
  });
});
