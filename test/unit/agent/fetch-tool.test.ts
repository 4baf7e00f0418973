import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fetchTool } from '../../../activities/agent/tools/fetch/fetch-tool';
import type { AgentTool } from '../../../activities/agent/tools/tool';
import { type FetchToolConfig, toolConfig } from '../../../schemas/agent-config';

const PAGES: Record<string, { type?: string; body: string; encoding?: string }> = {
  '/docs/page': {
    type: 'text/html; charset=utf-8',
    body: `<html><head><title>The door</title></head><body><nav>Home</nav><article><h1>Of doors</h1>
      <p>${'The door of the house is blue and has been so for years. '.repeat(12)}</p><script>alert(1)</script></article></body></html>`,
  },
  '/docs/data.json': { type: 'application/json', body: '{"colour":"blue"}' },
  '/docs/text': { type: 'text/plain', body: 'plain' },
  '/docs/picture': { type: 'image/png', body: 'PNG' },
  '/docs/zeros': { type: 'text/plain', body: 'a\u0000b' },
  '/docs/packed': { type: 'text/plain', body: 'x', encoding: 'gzip' },
  '/docs/long': { type: 'text/plain', body: 'x'.repeat(100_000) },
};
let server: Server;
let port: number;
let asked: string[];
const open: (AgentTool & { close(): Promise<void> })[] = [];

const listen = async (handler: RequestListener) => {
  const started = createServer(handler).listen(0, '127.0.0.1');
  await once(started, 'listening');
  return { started, at: (started.address() as AddressInfo).port };
};
const end = async (one: Server) => {
  one.close();
  one.closeAllConnections();
  await once(one, 'close');
};

beforeAll(async () => {
  asked = [];
  ({ started: server, at: port } = await listen((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    const page = PAGES[url];
    if (url.startsWith('/docs/to?')) {
      const location = decodeURIComponent(url.slice('/docs/to?'.length));
      return void response.writeHead(302, { location }).end();
    }
    if (url === '/docs/circle') return void response.writeHead(302, { location: url }).end();
    if (url === '/docs/silent') return;
    if (url === '/docs/cut')
      return void response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
    if (!page) return void response.writeHead(404).end();
    const { type, body, encoding } = page;
    const headers = {
      ...(type ? { 'content-type': type } : {}),
      ...(encoding ? { 'content-encoding': encoding } : {}),
    };
    response.writeHead(200, headers).end(body);
  }));
});
afterAll(() => end(server));
afterEach(async () => {
  await Promise.all(open.splice(0).map((tool) => tool.close()));
  asked.length = 0;
});

type Address = { url: string; privateNetwork?: boolean; maxBytes?: number };
function get(
  url: string,
  addresses: Address[] = [allowed()],
  options: Partial<FetchToolConfig> = {},
  signal?: AbortSignal,
) {
  const config = toolConfig.parse({ type: 'fetch', addresses, ...options }) as FetchToolConfig;
  const tool = fetchTool('web', config);
  open.push(tool);
  const context = { idempotencyKey: 'k', signal: signal ?? new AbortController().signal, heartbeat: () => undefined };
  return tool.call({ url }, context);
}
const base = () => `http://127.0.0.1:${port}`;
const allowed = (): Address => ({ url: `${base()}/docs/`, privateNetwork: true });

describe('a page for a model', () => {
  it('comes as its main text, which an answer may rest on', async () => {
    const { text, passages, failed } = await get(`${base()}/docs/page`);
    expect(failed).toBeUndefined();
    expect(text).toMatch(/^The door\n\n/);
    expect(text).toContain('is blue and has been so');
    expect(text).not.toMatch(/alert|<|Home/);
    expect(passages).toEqual([{ document: `${base()}/docs/page`, title: 'The door', text }]);
  });

  it('may be other text, and nothing else', async () => {
    expect(await get(`${base()}/docs/data.json`)).toMatchObject({ text: '{"colour":"blue"}' });
    expect(await get(`${base()}/docs/text`)).toMatchObject({ text: 'plain' });
    for (const path of ['picture', 'zeros', 'packed']) {
      expect(await get(`${base()}/docs/${path}`)).toMatchObject({ failed: true });
    }
  });

  it('is read and given as far as the limits go, and says so', async () => {
    const short = await get(`${base()}/docs/long`, [{ ...allowed(), maxBytes: 1_000 }]);
    expect(short.text).toBe(`${'x'.repeat(1_000)}\n[the page has more than 1000 bytes; the rest was not read]`);
    const cut = await get(`${base()}/docs/long`, [allowed()], { maxCharacters: 500 });
    expect(cut.text).toHaveLength(500);
    expect(cut.text).toMatch(/\[cut: 100000 characters in all\]$/);
  });

  it('is a failure to read of where it is not there, breaks off or does not come', async () => {
    expect(await get(`${base()}/docs/nothing`)).toEqual({ text: 'The server answered with status 404.', failed: true });
    expect(await get(`${base()}/docs/cut`)).toMatchObject({ failed: true });
    expect(await get(`${base()}/docs/silent`, [allowed()], { timeoutSeconds: 1 })).toEqual({
      ...{ failed: true, text: 'The page was not there within 1 s.' },
    });
  });

  it('is let go of when the call is cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    setTimeout(() => controller.abort(reason), 100);
    await expect(get(`${base()}/docs/silent`, [allowed()], {}, controller.signal)).rejects.toBe(reason);
  });

  it('is followed to where it has moved, below an allowed address', async () => {
    const { text } = await get(`${base()}/docs/to?${encodeURIComponent('/docs/data.json')}`);
    expect(text).toBe('{"colour":"blue"}');
  });
});

describe('a hostile model', () => {
  it.each([
    ['another host', 'https://example.com/docs/'],
    ['a name that looks like the host', 'http://127.0.0.1.example.com/docs/'],
    ['the host as a user name', (at: string) => at.replace('http://', 'http://a:b@')],
    ['the host as the user of another', () => 'http://127.0.0.1@example.com/docs/'],
    ['another port', () => 'http://127.0.0.1:1/docs/'],
    ['another scheme', () => 'https://127.0.0.1/docs/'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/plain,hello'],
    ['a socket', 'ftp://127.0.0.1/docs/'],
    ['a path beside', (at: string) => `${at}/documents`],
    ['a path above', (at: string) => `${at}/docs/../secret`],
    ['a path above, encoded', (at: string) => `${at}/docs/%2e%2e/secret`],
    ['a path above, for a server that decodes slashes', (at: string) => `${at}/docs/..%2fsecret`],
    ['a path above with backslashes', (at: string) => `${at}/docs/..%5csecret`],
    ['no address', 'docs/page'],
    [
      'a redirect to another host',
      (at: string) => `${at}/docs/to?${encodeURIComponent('http://169.254.169.254/latest/')}`,
    ],
    ['a redirect to a file', (at: string) => `${at}/docs/to?${encodeURIComponent('file:///etc/passwd')}`],
    ['a redirect to a path beside', (at: string) => `${at}/docs/to?${encodeURIComponent('/secret')}`],
  ] as [string, string | ((at: string) => string)][])('asks for %s, in vain', async (_what, url) => {
    const { text, failed } = await get(typeof url === 'string' ? url : url(base()));
    expect(failed).toBe(true);
    expect(text).not.toContain('root:');
    expect(asked.filter((path) => !path.startsWith('/docs/to?'))).toEqual([]);
  });

  it.each([
    ...['127.0.0.1', 'localhost', '127.1', '2130706433', '0x7f000001', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]'],
    ...['[64:ff9b::7f00:1]', 'localhost.'],
  ])('reaches nothing private by an allowed name that means it: %s', async (host) => {
    const url = `http://${host}:${port}/docs/page`;
    expect(await get(url, [{ url }])).toMatchObject({ failed: true });
    expect(asked).toEqual([]);
  });

  it.each(['169.254.169.254', '10.0.0.1', '192.168.0.1', '100.64.0.1', '[fd00::1]', '[fe80::1]'])(
    'does not even connect to %s',
    async (host) => {
      const { text } = await get(`http://${host}/`, [{ url: `http://${host}/` }], { timeoutSeconds: 5 });
      expect(text).toContain('has an address of a private network');
    },
  );

  it('is not led into a private network by a redirect of an allowed page', async () => {
    const reached: string[] = [];
    const inner = await listen((request, response) => {
      reached.push(request.url ?? '');
      response.end('secret');
    });
    try {
      const url = `http://localhost:${inner.at}/`;
      const result = await get(`${base()}/docs/to?${encodeURIComponent(url)}`, [allowed(), { url }]);
      expect(result).toMatchObject({ failed: true });
      expect(reached).toEqual([]);
    } finally {
      await end(inner.started);
    }
  });

  it('is not kept busy by redirects without end', async () => {
    const { text, failed } = await get(`${base()}/docs/circle`);
    expect(failed).toBe(true);
    expect(text).toContain('redirects without end');
    expect(asked.length).toBeLessThan(10);
  });
});
