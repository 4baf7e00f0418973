import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentActivities } from '../../activities/agent';
import { openAgentParts } from '../../activities/agent/open-parts';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { Registry } from '../../activities/stores/registry';
import { agentConfig } from '../../schemas/agent-config';
import { runAgentStage, type RunAgentOutput } from '../../schemas/run-agent';
import { workflowBundle } from '../../workers/bundle';
import { type OpenAIServer, startOpenAIServer } from '../support/openai-server';
import { sharedServers } from '../support/shared-servers';
import { startTestWorker } from '../support/test-worker';

/** The real parts of agents, and a model behind a real server of the protocol; no tools, so that only its calls count. */
describe('an agent over HTTP', () => {
  let server: OpenAIServer;
  let worker: Awaited<ReturnType<typeof startTestWorker>>;
  let activities: ReturnType<typeof createAgentActivities>;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await startOpenAIServer();
    const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-agent-http-'));
    const registry = new Registry(sharedServers().databaseUrl);
    await registry.migrate();
    const search = new Elasticsearch({ node: sharedServers().elasticsearchUrl, maxRetries: 0 });
    const model = { provider: 'openai', baseUrl: server.baseUrl, model: 'test', idleSeconds: 1 };
    const parts = openAgentParts({
      ...{ store: new FileArtifactStore(dir), registry, search, env: {}, projectDir: dir, currency: 'USD' },
      encoder: () => Promise.reject(new Error('nothing is encoded here')),
      config: agentConfig.parse({ models: { test: model }, model: 'test' }),
    });
    activities = createAgentActivities(parts);
    worker = await startTestWorker(sharedServers().temporalAddress, await workflowBundle(), activities);
    closing.push(
      () => worker.stop(),
      () => parts.close(),
      () => registry.close(),
      () => search.close(),
      () => server.close(),
      () => rm(dir, { recursive: true, force: true }),
    );
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const run = async (input: object = {}): Promise<RunAgentOutput> => {
    const result: unknown = await worker.client.workflow.execute('runAgent', {
      taskQueue: worker.taskQueue,
      workflowId: `runAgent-${randomUUID()}`,
      args: [{ question: 'What is it?', tools: [], grounding: 'off', ...input }],
    });
    return runAgentStage.output.parse(result);
  };

  it('outlives 429, 500, a stream that is cut and one that falls silent, under one idempotency key, and makes no turns of them', async () => {
    const before = server.calls.length;
    server.reply(
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500 },
      { text: 'It is a long answer.', breaks: { after: 1, by: 'cut' } },
      { text: 'It is a long answer.', breaks: { after: 1, by: 'hang' } },
      { text: 'It is a test.' },
    );
    expect(await run()).toMatchObject({ outcome: 'answered', answer: 'It is a test.', steps: 1 });
    const keys = server.calls.slice(before).map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(5);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(keys).size).toBe(1);
  });

  it('ends at once as failed where the key is not taken', async () => {
    server.reply({ status: 401 });
    expect(await run()).toMatchObject({ outcome: 'failed', evidence: { rule: 'ModelNotAllowed' } });
  });

  it('does not pay again for an answer whose activity is made again', async () => {
    const before = server.calls.length;
    server.reply({ text: 'It is a test.' });
    const asked = { question: 'What is it?', index: 'demo', tools: [], system: '', grounding: 'off' as const };
    const attempt = <R>(work: () => Promise<R>) => new MockActivityEnvironment().run(work);
    const key = `agent-${randomUUID()}`;
    await attempt(() => activities.beginAgent({ run: key, settings: asked }));
    const call = { run: key, step: 0, notes: [], format: 'json' as const, maxTokens: 100 };
    const first = await attempt(() => activities.callModel(call));
    expect(await attempt(() => activities.callModel(call))).toEqual(first);
    expect(server.calls.length - before).toBe(1);
  });
});
