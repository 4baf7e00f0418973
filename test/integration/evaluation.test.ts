import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { afterEach, expect, it } from 'vitest';
import { recordEvaluation } from '../../activities/evaluation/record';
import type { Answer, PinnedSubject } from '../../activities/evaluation/interfaces';
import { Registry } from '../../activities/stores/registry';
import { MOST_TRIES, type SampleClaim } from '../../activities/stores/registry-samples';
import { evaluateModelStage, NO_SAMPLES } from '../../schemas/evaluate-model';
import { withRegistry } from '../support/registry';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

let registry: Registry;
/** Another process at the same database. */
let other: Registry;
let database: Client;
let work: string;
withRegistry(async (opened) => {
  registry = opened.registry;
  other = new Registry(opened.url);
  database = new Client({ connectionString: opened.url });
  await database.connect();
  work = await begin('work');
});
afterEach(async () => {
  await database.end();
  await other.close();
});

async function begin(name: string): Promise<string> {
  const about = { stage: 'evaluateModel', subject: 'bot', workflowId: `run-${name}`, runId: 'run', recipe: {} };
  await registry.beginWork({ ...about, workKey: sha(name), inputs: [sha('data')], codeVersion: 1 });
  return sha(name);
}

const LIMITS = { calls: 100, tokens: 10_000, usd: 1 };
const MOST = { tokens: 100, usd: 0.01 };
const question = (key: string, over: Partial<SampleClaim> = {}): SampleClaim => ({
  ...{ key, workKey: work, claim: 'one', budget: { limits: LIMITS, most: MOST } },
  ...over,
});
const answer = (text: string): Answer => ({ text, inputTokens: 10, outputTokens: 5, usd: 0.001, milliseconds: 20 });
/** Whoever has asked is dead for long enough. */
const silence = () => database.query(`update llm_pack.samples set claimed_until = now() - interval '1 second'`);
const spentBy = async (workKey: string) => {
  const { rows } = await database.query<{ calls: string; tokens: string; usd: number }>(
    'select calls, tokens, usd from llm_pack.sample_budgets where work_key = $1',
    [workKey],
  );
  const [row] = rows;
  return row && { calls: Number(row.calls), tokens: Number(row.tokens), usd: Number(row.usd.toFixed(9)) };
};

it('keeps an answer for this work and all others, and counts what it has used in place of what it might', async () => {
  expect(await registry.samples.claim(question('a'))).toEqual({ state: 'asked' });
  expect(await spentBy(work)).toEqual({ calls: 1, tokens: 100, usd: 0.01 });
  await registry.samples.settle('a', { answer: answer('yes') });
  expect(await spentBy(work)).toEqual({ calls: 1, tokens: 15, usd: 0.001 });

  const later = await begin('later');
  expect(await other.samples.claim(question('a', { workKey: later }))).toMatchObject({
    ...{ state: 'answered', workKey: work, answer: answer('yes'), again: 0 },
  });
  expect((await other.samples.settled(['a', 'b'], later)).size).toBe(1);
  expect(await spentBy(later)).toBeUndefined();
});

it('lets one of many ask, whichever process they are of; the others find it taken, and then its answer', async () => {
  const claims = Array.from({ length: 20 }, (_, at) =>
    (at % 2 ? other : registry).samples.claim(question('a', { claim: `claim ${at}` })),
  );
  const states = (await Promise.all(claims)).map(({ state }) => state);
  expect(states.filter((state) => state === 'asked')).toHaveLength(1);
  expect(states.filter((state) => state === 'taken')).toHaveLength(19);
  expect(await spentBy(work)).toMatchObject({ calls: 1 });
  await registry.samples.settle('a', { answer: answer('yes') });
  expect(await other.samples.claim(question('a', { claim: 'two' }))).toMatchObject({ state: 'answered' });
});

it('keeps the first of two answers', async () => {
  await registry.samples.claim(question('a'));
  const both = [registry, other].map((process, at) => process.samples.settle('a', { answer: answer(`${at}`) }));
  const [one, two] = await Promise.all(both);
  expect(one).toEqual(two);
  expect(await spentBy(work)).toEqual({ calls: 1, tokens: 15, usd: 0.001 });
});

it('leaves a question to whoever renews, and has it asked again, reserved once and counted, where nobody does', async () => {
  await registry.samples.claim(question('a'));
  await silence();
  await registry.samples.renew('one');
  expect(await other.samples.claim(question('a', { claim: 'two' }))).toEqual({ state: 'taken' });
  await silence();
  expect(await other.samples.claim(question('a', { claim: 'two' }))).toEqual({ state: 'asked' });
  expect(await spentBy(work)).toEqual({ calls: 1, tokens: 100, usd: 0.01 });
  expect(await other.samples.settle('a', { answer: answer('yes') })).toMatchObject({ state: 'answered', again: 1 });
});

it('asks no more than the limits say, whoever asks', async () => {
  const budget = { limits: { ...LIMITS, calls: 7 }, most: MOST };
  const claims = Array.from({ length: 20 }, (_, at) =>
    (at % 2 ? other : registry).samples.claim(question(`q${at}`, { budget })),
  );
  const states = (await Promise.all(claims)).map(({ state }) => state);
  expect(states.filter((state) => state === 'asked')).toHaveLength(7);
  expect(states.filter((state) => state === 'spent')).toHaveLength(13);
  for (const limits of [
    { calls: 100, tokens: 750, usd: null },
    { calls: 100, tokens: 10_000, usd: 0.075 },
  ]) {
    expect(await registry.samples.claim(question('more', { budget: { limits, most: MOST } }))).toEqual({
      state: 'spent',
    });
  }
  expect(await spentBy(work)).toMatchObject({ calls: 7, tokens: 700 });
});

it('gives back what was reserved for a question that was refused, and gives up one that a model fails at', async () => {
  await registry.samples.claim(question('a'));
  // Away or busy: no fault of the question, and no call of the budget.
  expect(await registry.samples.refuse('a', false)).toBe(0);
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    expect(await registry.samples.claim(question('a'))).toEqual({ state: 'asked' });
    expect(await registry.samples.refuse('a', true)).toBe(tries);
  }
  expect(await spentBy(work)).toEqual({ calls: MOST_TRIES, tokens: 0, usd: 0 });
  await registry.samples.giveUp('a', work, { code: 'ModelUnavailable', message: 'overloaded' });
  expect(await registry.samples.claim(question('a'))).toMatchObject({ state: 'failed', again: 0 });

  // What has failed for one may be answered for another.
  const later = await begin('later');
  expect((await registry.samples.settled(['a'], later)).size).toBe(0);
  expect(await registry.samples.claim(question('a', { workKey: later }))).toEqual({ state: 'asked' });
  expect(await registry.samples.refuse('a', true)).toBe(1);
});

/** A plan about two versions of one guard, or a guard and an endpoint. */
const subject = (kind: PinnedSubject['kind'], name: string, version: number | null): PinnedSubject => ({
  ...{ kind, name, version, identity: sha(name), pool: 'llm', paid: false },
  input: evaluateModelStage.input.parse({ candidate: { endpoint: 'any' } }).candidate,
});
const { tasks } = evaluateModelStage.input.parse({
  candidate: { endpoint: 'any' },
  tasks: [{ type: 'classification' }],
});
const SETS = [{ source: 'cases.jsonl', sha256: sha('cases'), cases: 60 }];
const ref = (kind: 'plan' | 'evaluation') => {
  return { uri: `artifact:${kind}/${sha(kind)}`, sha256: sha(kind), bytes: 1, rows: 60, kind };
};
const ESTIMATE = { mean: 0.9, low: 0.85, high: 0.95 };
const record = (candidate: PinnedSubject, reference: PinnedSubject | null) =>
  recordEvaluation(
    registry,
    { subjects: { candidate, reference }, tasks, labels: {}, sets: SETS },
    {
      ...{ workKey: work, plan: ref('plan'), evaluation: ref('evaluation') },
      ...{ candidate: candidate.name, reference: reference?.name ?? null },
      counts: { candidate: { ...NO_SAMPLES, samples: 60, answered: 60, kept: 60 }, reference: null },
      ...{ verdict: 'hold', reasons: ['not sure'] },
      approval: { approved: false, by: 'Eve', note: 'more cases' },
      tasks: [
        {
          ...{ task: 'classification', metric: 'accuracy', candidate: ESTIMATE, reference: null },
          ...{ verdict: 'hold', reasons: ['not sure'], overall: null, slices: [] },
        },
      ],
    },
  );

it('enters a verdict on a version in the ledger, once, with what it rests on and what a person said', async () => {
  const output = await record(subject('guard', 'night@3', 3), subject('guard', 'night@2', 2));
  expect(evaluateModelStage.output.parse(output)).toMatchObject({ outcome: 'published', spent: { reference: null } });
  expect((await record(subject('guard', 'night@3', 3), null)).decision).toBe(output.decision);
  expect(await registry.decisions({ kind: 'model', name: 'guard/night', limit: 5 })).toMatchObject([
    {
      ...{ id: output.decision, version: 3, reference: 2, verdict: 'hold', reasons: ['not sure'] },
      gate: 'classification: accuracy no worse than night@2 by more than 0.02, of at least 50 cases',
      inputs: [sha('cases')],
      approval: { approved: false, by: 'Eve', note: 'more cases' },
    },
  ]);
});

it('names no version that it was measured against where that is of another name, and enters nothing of an endpoint', async () => {
  await record(subject('model', 'ranker@4', 4), subject('endpoint', 'large', null));
  expect(await registry.decisions({ name: 'ranker', limit: 5 })).toMatchObject([{ version: 4, reference: null }]);
  work = await begin('endpoint');
  expect((await record(subject('endpoint', 'large', null), null)).decision).toBeNull();
  expect(await registry.decisions({ limit: 5 })).toHaveLength(1);
});
