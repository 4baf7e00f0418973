import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { artifactKey } from '../../activities/stores/artifact-store';
import type { StageProgress } from '../../schemas/common';
import { evaluateModelStage, type EvaluateModelOutput } from '../../schemas/evaluate-model';
import { MESSAGES } from '../../schemas/names';
import { type ModelCall, type ModelReply, type OpenAIServer, startOpenAIServer } from '../support/openai-server';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const CASES = 60;
/** A metric of a project's own: answers of few words. */
const BRIEF = {
  version: 1,
  score: (_: unknown, { text }: { text: string }) => (text === '' ? null : Math.min(1, 3 / text.split(' ').length)),
  examples: [{ answer: 'it is 3', score: 1 }],
};
const askedOf = ({ body }: ModelCall): number => Number(/number (\d+)/.exec(body.messages.at(-1)?.content ?? '')?.[1]);

/** The tests follow one another: what was answered is kept for those that come later. */
describe('two models that are asked the same cases', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  let right: OpenAIServer;
  let wrong: OpenAIServer;
  let judge: OpenAIServer;
  beforeAll(async () => {
    right = await startOpenAIServer((call): ModelReply => ({ text: `it is ${askedOf(call)}` }));
    // Right in one half of the cases.
    wrong = await startOpenAIServer((call) => ({ text: askedOf(call) % 2 ? `it is ${askedOf(call)}` : 'no idea' }));
    // Of every third pair it takes the first answer unseen; else the one that says a number.
    judge = await startOpenAIServer((call) => {
      const shown = call.body.messages.at(-1)?.content ?? '';
      const isTaken = Number(/number (\d+)/.exec(shown)?.[1]) % 3 === 0;
      const first = /<answer-a>\n(.*)\n/.exec(shown)?.[1] ?? '';
      return { text: `It says more. [[${isTaken || first.startsWith('it is') ? 'A' : 'B'}]]` };
    });
    const of = ({ baseUrl }: OpenAIServer) => ({
      ...{ provider: 'openai' as const, baseUrl, model: 'scripted' },
      // A canary of every pack of the tests.
      apiKeyVariable: 'SECRET_OF_A_TEAM',
    });
    pack = await startPack(sharedServers(), {
      evaluation: { metrics: { brief: BRIEF } },
      agent: { models: { right: of(right), wrong: of(wrong), judge: of(judge) }, model: 'right' },
    });
    const lines = Array.from({ length: CASES }, (_, n) => ({
      ...{ id: `case-${n}`, question: `Which number is number ${n}?`, expected: `it is ${n}` },
      slices: { topic: n % 3 ? 'sums' : 'names' },
    }));
    const jsonl = (of: readonly object[]) => of.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(join(pack.projectDir, 'cases.jsonl'), jsonl(lines));
    await writeFile(join(pack.projectDir, 'few.jsonl'), jsonl(lines.slice(0, 10)));
  });
  afterAll(async () => {
    await pack.stop();
    await right.close();
    await wrong.close();
    await judge.close();
  });

  const gate = { minimumCases: 15 };
  const input = {
    candidate: { endpoint: 'right' },
    reference: { endpoint: 'wrong' },
    tasks: [{ type: 'qa', gate, metrics: ['brief'] }],
    cases: [{ path: 'cases.jsonl' }],
  };
  const start = (id: string, more: object = {}) => pack.start('evaluateModel', { ...input, ...more }, `evaluate-${id}`);
  const run = async (id: string, more: object = {}): Promise<EvaluateModelOutput> =>
    evaluateModelStage.output.parse(await (await start(id, more)).result());
  const held = async (id: string) => {
    const handle = await start(id, { cases: [{ path: 'few.jsonl' }], onUnsure: 'hold', force: true });
    const progress = () => handle.query<StageProgress>(MESSAGES.progress);
    await vi.waitFor(async () => expect((await progress()).status).toBe('holding'), { timeout: 60_000 });
    return { handle, hold: (await progress()).hold };
  };

  it('are counted by a dry run, which asks nobody', async () => {
    const output = await run('dry', { dryRun: true });
    expect(output).toMatchObject({ outcome: 'dry-run', candidate: 'right', reference: 'wrong' });
    expect(output.counts.candidate).toMatchObject({ samples: CASES, unasked: CASES });
    expect(output.atMost?.calls).toBe(2 * CASES);
    expect(right.calls).toHaveLength(0);
  });

  it('are each asked every case once, and the better one is promoted', async () => {
    const output = await run('published');
    expect(output).toMatchObject({ outcome: 'published', verdict: 'promote' });
    expect(output.counts.candidate).toEqual({ samples: CASES, answered: CASES, failed: 0, unasked: 0 });
    expect(output.spent.candidate).toEqual({ kept: 0, askedAgain: 0, tokens: CASES * 15, usd: 0 });
    expect([right.calls.length, wrong.calls.length]).toEqual([CASES, CASES]);
    const [task] = output.tasks ?? [];
    expect(task).toMatchObject({ task: 'qa', metric: 'f1', candidate: { mean: 1 } });
    expect(task?.overall?.outcome).toBe('better');
    expect(task?.slices.map(({ name, cases }) => [name, cases]).toSorted()).toEqual([
      ['topic names', 20],
      ['topic sums', 40],
    ]);
    const fileOf = async (name: string) => {
      const key = artifactKey(output.evaluation ?? { uri: '' });
      return readFile(await pack.dependencies.store.localFile(key, name), 'utf8');
    };
    expect((await fileOf('candidate.jsonl')).trim().split('\n')).toHaveLength(CASES);
    expect(JSON.parse(await fileOf('metrics.json'))).toMatchObject({
      contamination: { cases: { given: CASES, evaluated: CASES }, subjects: [{ name: 'right' }, { name: 'wrong' }] },
      pace: { candidate: { measured: CASES, usdPerThousand: 0 }, reference: { measured: CASES } },
      tasks: [{ metrics: [{ metric: 'f1' }, { metric: 'exactMatch' }, { metric: 'brief', candidate: { mean: 1 } }] }],
    });
  });

  it('are not asked again by the same run, nor by one that is forced or swaps them', async () => {
    expect((await run('reused')).outcome).toBe('reused');
    const forced = await run('forced', { force: true });
    expect(forced.counts.candidate).toMatchObject({ answered: CASES });
    expect(forced.spent.candidate).toMatchObject({ kept: CASES, tokens: 0 });
    const swapped = await run('swapped', { candidate: input.reference, reference: input.candidate });
    expect(swapped).toMatchObject({ verdict: 'reject' });
    expect([right.calls.length, wrong.calls.length]).toEqual([CASES, CASES]);
  });

  it('wait for a person where there are too few cases, and either answer is put on record', async () => {
    const approved = await held('held-approved');
    expect(approved.hold).toContain('10 cases, of 15');
    await approved.handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', note: 'a trial' }] });
    expect(await approved.handle.result()).toMatchObject({ verdict: 'hold', approval: { by: 'Ada', approved: true } });
    const rejected = await held('held-rejected');
    await rejected.handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Eve', note: 'more cases' }] });
    expect(await rejected.handle.result()).toMatchObject({ verdict: 'hold', approval: { by: 'Eve', approved: false } });
  });

  it('are not asked where a metric is named that the configuration has not', async () => {
    const handle = await start('unknown', { tasks: [{ type: 'qa', metrics: ['kind'] }] });
    const failed: unknown = await handle.result().catch((error: unknown) => error);
    expect(String((failed as { cause?: unknown }).cause)).toMatch(
      /metric "kind"; there are brief[^]*evaluation.metrics/,
    );
  });

  it('are asked no more than the limit, and what was not asked is counted', async () => {
    const fresh = { candidate: { endpoint: 'right', system: 'Be brief.' }, limits: { calls: 7 } };
    const output = await run('limited', fresh);
    expect(output.counts.candidate).toMatchObject({ answered: 7, unasked: CASES - 7 });
    expect(output.verdict).toBe('hold');
    expect(right.calls).toHaveLength(CASES + 7);
  });

  it('are compared by a judge in both orders, each pair once, with the bias of the judge', async () => {
    const tasks = [{ type: 'pairwise', judge: { endpoint: 'judge' }, gate }];
    const output = await run('judged', { tasks });
    // One half of the answers is the same on both sides, and no judge is asked for those.
    expect(output.counts.judge).toEqual({ samples: CASES, answered: CASES, failed: 0, unasked: 0 });
    expect(output).toMatchObject({
      ...{ verdict: 'promote', counts: { candidate: { answered: CASES }, reference: { answered: CASES } } },
      judges: [{ pairs: CASES, wins: 20, ties: 40, losses: 0, same: 30, unjudged: 0, unreadable: 0 }],
      tasks: [{ metric: 'winRate', overall: { gain: { mean: 20 / CASES } } }],
    });
    const [found] = output.judges ?? [];
    // 10 of the 30 pairs that it saw went to the first place, in both orders.
    expect(found?.bias?.shift.mean).toBeCloseTo(1 / 3);
    expect(found?.bias?.consistent.mean).toBeCloseTo(2 / 3);
    expect(output.reasons?.at(-1)).toContain('pairwise: the judge prefers the first place');
    expect(judge.calls).toHaveLength(CASES);
    const again = await run('judged-again', { tasks, force: true });
    expect(again.spent.judge).toMatchObject({ kept: CASES, tokens: 0 });
    expect(again.judges).toEqual(output.judges);
    expect(judge.calls).toHaveLength(CASES);
    const { store } = pack.dependencies;
    const page = await store.localFile(artifactKey(output.evaluation ?? { uri: '' }), 'report.html');
    expect(await readFile(page, 'utf8')).toContain('prefers the first place');
  });
});
