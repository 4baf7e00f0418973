import { describe, expect, it } from 'vitest';
import { openModel } from '../../../activities/agent/models';
import { limitText } from '../../../activities/kit/limit-text';
import { modelCallKey, toolCallKey } from '../../../activities/agent/idempotency-key';
import { openTools, type ToolDependencies } from '../../../activities/agent/tools';
import { agentConfig } from '../../../schemas/agent-config';
import { packConfig } from '../../../schemas/config';

const nowhere: ToolDependencies = {
  // Nothing of it is reached before a tool is called.
  search: undefined as never,
  encoder: () => Promise.reject(new Error('not here')),
  ...{ env: {}, projectDir: '.' },
};
const context = { idempotencyKey: 'k', signal: new AbortController().signal, heartbeat: () => undefined };

describe('the configuration of agents', () => {
  it('needs nothing: it searches the documents, and answers without a model', () => {
    const { agent } = packConfig.parse({});
    expect(agent.models).toEqual({
      extractive: { provider: 'extractive', tool: 'search', sentences: 3, minScore: 0.35 },
    });
    expect(agent.tools['search']).toMatchObject({ type: 'search', index: 'documents', results: 5 });
  });

  it.each([
    [{ model: 'gone' }, 'is none of the models'],
    [{ mcp: { search: { transport: 'stdio', command: 'x' } } }, 'is the name of a tool, too'],
    [{ tools: { askPerson: { type: 'search' } } }, 'is a tool of the pack itself'],
    [{ tools: { sales: { type: 'sql', urlVariable: 'postgres://a:b@c/d', views: ['a.b'] } } }, 'environment variable'],
    [{ tools: { sales: { type: 'sql', urlVariable: 'URL', views: ['orders; drop'] } } }, 'schema.name'],
    [{ tools: { web: { type: 'fetch', addresses: [{ url: 'file:///etc' }] } } }, 'Invalid URL'],
  ])('refuses %o', (wrong, message) => {
    const parsed = agentConfig.safeParse(wrong);
    expect(parsed.error?.issues.map((issue) => JSON.stringify(issue)).join()).toContain(message);
  });
});

describe('a box of tools', () => {
  const box = (config: object = {}) => openTools(agentConfig.parse(config), nowhere);

  it('tells of those that were asked for, in the order of their names', async () => {
    const config = {
      tools: { search: { type: 'search' }, old: { type: 'search', index: 'archive', description: 'Finds what was.' } },
      startStage: { stages: ['updateIndex'] },
    };
    const all = await box(config).specs();
    expect(all.map(({ name, effect }) => `${name}: ${effect}`)).toEqual([
      ...['askPerson: read', 'old: read', 'search: read', 'startStage: write'],
    ]);
    expect(all[3]?.parameters).toMatchObject({ properties: { stage: { enum: ['updateIndex'] } } });
    expect(all[3]?.description).toContain('- updateIndex: ');
    expect((await box(config).specs(['old', 'old'])).map(({ description }) => description)).toEqual([
      'Finds what was.',
    ]);
    expect((await box().specs()).map(({ name }) => name)).toEqual(['askPerson', 'search']);
  });

  it('has no others, and says what one lacks', async () => {
    const missing = { type: 'AgentToolMissing', nonRetryable: true };
    await expect(box().specs(['gone'])).rejects.toMatchObject(missing);
    await expect(box().specs(['startStage'])).rejects.toMatchObject(missing);
    await expect(box({ startStage: { stages: ['gone'] } }).specs()).rejects.toMatchObject(missing);
    for (const name of ['gone', 'constructor']) {
      await expect(box().chosen([name])).rejects.toMatchObject(missing);
    }
    // Whoever does these is the workflow.
    expect(await box().chosen(['askPerson'])).toMatchObject({ tools: [], own: [{ name: 'askPerson' }] });
    const unset = box({ tools: { sales: { type: 'sql', urlVariable: 'SALES_URL', views: ['a.b'] } } });
    await expect(unset.specs()).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining('SALES_URL') as string,
    });
  });

  it('gives wrong arguments back to the model', async () => {
    const search = (await box().chosen(['search'])).tools[0];
    const wrong = await search?.call({ q: 'x' }, context);
    expect(wrong).toMatchObject({ failed: true, text: expect.stringContaining('query') as string });
    expect(await search?.call({ query: '  ' }, context)).toMatchObject({ failed: true });
  });
});

describe('the key of a call', () => {
  it('is the same for the same arguments in any order, and for nothing else', () => {
    const key = toolCallKey('run', 3, 'search', { query: 'x', filter: { b: 1, a: [2, 1] } });
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(toolCallKey('run', 3, 'search', { filter: { a: [2, 1], b: 1 }, query: 'x' })).toBe(key);
    const others = [
      toolCallKey('run', 4, 'search', { query: 'x', filter: { b: 1, a: [2, 1] } }),
      toolCallKey('run2', 3, 'search', { query: 'x', filter: { b: 1, a: [2, 1] } }),
      toolCallKey('run', 3, 'fetch', { query: 'x', filter: { b: 1, a: [2, 1] } }),
      toolCallKey('run', 3, 'search', { query: 'x', filter: { b: 1, a: [1, 2] } }),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });

  it('of a model is another for each step, and for each question', () => {
    const asked = [{ role: 'user' as const, content: 'Which door?' }];
    const key = modelCallKey('run', 3, asked);
    expect(modelCallKey('run', 3, [{ content: 'Which door?', role: 'user' }])).toBe(key);
    const others = [
      modelCallKey('run', 4, asked),
      modelCallKey('run2', 3, asked),
      modelCallKey('run', 3, [...asked, { role: 'user', content: 'The red one.' }]),
    ];
    expect(new Set([key, ...others]).size).toBe(4);
  });
});

describe('a model of the configuration', () => {
  it('is opened by its name, and says what it lacks', async () => {
    const models = {
      cloud: { provider: 'openai', baseUrl: 'http://127.0.0.1:1', model: 'm', apiKeyVariable: 'CLOUD_KEY' },
      local: { provider: 'gguf', path: 'no-such.gguf' },
      extractive: { provider: 'extractive' },
    };
    const config = agentConfig.parse({ models });
    const missing = { type: 'AgentModelMissing', nonRetryable: true };
    const request = { messages: [], tools: [], maxTokens: 10, temperature: 0, signal: new AbortController().signal };
    expect(() => openModel(config, nowhere, 'gone')).toThrow(expect.objectContaining(missing));
    expect(() => openModel(config, nowhere, 'cloud')).toThrow(/CLOUD_KEY/);
    expect(await openModel(config, nowhere).complete(request)).toMatchObject({ provider: { name: 'extractive' } });
    // The package is an optional peer, and not one of this project's own.
    const local = openModel(config, nowhere, 'local');
    await expect(local.complete(request)).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining('node-llama-cpp') as string,
    });
  });
});

describe('a text from outside', () => {
  it('is well-formed, without control characters, and no longer than its limit', () => {
    expect(limitText('a\u0000b\u001b[31mc\r\nd\te\ud800', 100)).toBe('ab[31mc\nd\te\ufffd');
    expect(limitText('x'.repeat(100), 100)).toHaveLength(100);
    const cut = limitText('😀'.repeat(100), 60);
    expect(cut.length).toBeLessThanOrEqual(60);
    expect(cut).toMatch(/^(😀)+\n\[cut: 200 characters in all\]$/u);
  });
});
