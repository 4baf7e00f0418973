import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../activities/agent/models';
import { isFailure } from '../../../activities/errors';
import type { Ask, AskContext } from '../../../activities/evaluation/interfaces';
import { endpointSubject } from '../../../activities/evaluation/subjects/endpoint';
import { openTask } from '../../../activities/evaluation/tasks';
import { agentConfig } from '../../../schemas/agent-config';
import { evaluateModelStage } from '../../../schemas/evaluate-model';
import { type EvaluationCase, evaluationCase } from '../../../schemas/evaluation-cases';
import { type OpenAIServer, startOpenAIServer } from '../../support/openai-server';

/** Words of a known meaning are likely, the more so after their own question. */
const LIKELY: Record<string, number> = {
  ' Paris': -0.5,
  ' Rome': -2,
  ' a': -0.3,
  ' very': -0.3,
  ' long': -0.3,
  ' name': -0.3,
};

let server: OpenAIServer;
beforeAll(async () => {
  server = await startOpenAIServer(() => ({ likelihood: (word) => LIKELY[word] ?? -9 }));
});
afterAll(() => server.close());

const prices = { input: 2, output: 1_000 };
const subjectOf = (more: object = { logLikelihoods: true }) => {
  const model = { provider: 'openai', baseUrl: server.baseUrl, model: 'scripted', prices, ...more };
  const config = agentConfig.parse({ models: { extractive: { provider: 'extractive' }, scripted: model } });
  const encoder = () => Promise.reject(new Error('no encoder is needed'));
  const client = openModel(config, { encoder, env: {}, projectDir: '/' }, 'scripted');
  const { candidate } = inputOf({});
  const found = config.models['scripted'];
  if (!found) throw new Error('there is a model');
  return endpointSubject({ name: 'scripted', config: found, client }, candidate);
};
const inputOf = (task: object) =>
  evaluateModelStage.input.parse({
    candidate: { endpoint: 'scripted' },
    tasks: [{ type: 'multiple-choice', ...task }],
    cases: [{ path: 'cases.jsonl' }],
  });
const taskOf = (more: object = {}) => {
  const [task] = inputOf(more).tasks;
  if (!task) throw new Error('there is a task');
  return openTask(task, { ground: () => Promise.reject(new Error('nothing is grounded')) });
};
const context: AskContext = {
  signal: new AbortController().signal,
  idempotencyKey: 'key-1',
  heartbeat: () => undefined,
};
const CASE: EvaluationCase = evaluationCase.parse({
  ...{ id: 'capital', task: 'multiple-choice', input: 'What costs $& in France?', messages: null, passages: [] },
  ...{ choices: ['Rome', 'Paris', 'a very long name'], answers: ['Paris'], gains: {}, slices: {} },
});

describe('a question with choices', () => {
  it('is asked once, with each choice behind it, and the likeliest choice is the answer', async () => {
    const task = taskOf();
    const subject = subjectOf();
    const ask = task.ask(CASE);
    expect(subject.asks).toContain('choose');
    const answer = await subject.answer(ask, context);
    const asked = 'Question: What costs $& in France?\nAnswer:';
    const [call, ...others] = server.calls;
    expect(others).toEqual([]);
    expect(call).toMatchObject({ path: '/v1/completions', headers: { 'idempotency-key': 'key-1' } });
    expect(call?.body).toMatchObject({
      ...{ echo: true, max_tokens: 1, temperature: 0 },
      prompt: [asked, `${asked} Rome`, `${asked} Paris`, `${asked} a very long name`],
    });
    expect(answer.logLikelihoods?.map((sum) => sum.toFixed(4))).toEqual(['-2.0000', '-0.5000', '-1.2000']);
    expect(answer).toMatchObject({ text: 'Paris', inputTokens: 7 * 4 + 1 + 1 + 4, outputTokens: 4 });
    expect(answer.usd).toBeCloseTo((34 * 2 + 4 * 1_000) / 1e6);
    // By character the long one is the likeliest.
    expect(await task.score(CASE, answer)).toEqual({ acc: 1, accNorm: 0 });
    const most = subject.most(ask);
    expect(most.tokens).toBeGreaterThan(34);
    expect(most.usd).toBeGreaterThan(answer.usd);
  });

  it('is put as the task says, behind instructions and passages', () => {
    const passages = [{ document: 'a', title: '', text: 'A passage.' }];
    const ask = taskOf({ prompt: 'Q {input} A', instructions: 'Choose.' }).ask({ ...CASE, passages });
    expect(ask).toMatchObject({ context: 'Choose.\n\nA passage.\n\nQ What costs $& in France? A' });
    expect(() => taskOf({ prompt: 'no place for it' })).toThrow('{input}');
  });

  it('needs choices, of which one is right', () => {
    const wrong = (change: Partial<EvaluationCase>) =>
      taskOf()
        .check({ ...CASE, ...change })
        .map(({ field }) => field);
    expect(wrong({})).toEqual([]);
    expect(wrong({ choices: [] })).toEqual(['choices', 'expected']);
    expect(wrong({ answers: ['paris'] })).toEqual(['expected']);
    expect(wrong({ messages: [{ role: 'user', content: 'What?' }] })).toEqual(['messages']);
  });
});

describe('an endpoint', () => {
  const ask: Ask = { kind: 'choose', context: 'One two', continuations: [' three', ' four'] };
  const answered = (more?: object) => subjectOf(more).answer(ask, context);

  it('is not asked for log-likelihoods unless its configuration says that it gives them', () => {
    expect(subjectOf({}).asks).not.toContain('choose');
  });

  it('that does not give what it says ends the run, and tells which model', async () => {
    server.reply({ likelihood: null });
    await expect(answered()).rejects.toSatisfy((error) => isFailure(error, 'SubjectUnsuitable'));
    server.reply({ likelihood: null });
    await expect(answered()).rejects.toThrow('The model "scripted" did not give the log-likelihoods');
  });

  it('that refuses or is away fails as it does in a chat', async () => {
    const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
    server.reply({ status: 400, body: '{"error":{"code":"context_length_exceeded","message":"too long"}}' });
    await expect(answered()).rejects.toSatisfy(is('ContextTooLong'));
    server.reply({ status: 503, body: 'busy' });
    await expect(answered()).rejects.toSatisfy(is('ModelUnavailable'));
    server.reply({ refuse: true });
    await expect(answered()).rejects.toSatisfy(is('ModelUnavailable'));
  });
});
