import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { McpServer } from '../../activities/agent/tools/mcp/mcp-server';
import type { ToolContext } from '../../activities/agent/tools/tool';
import { openTools } from '../../activities/agent/tools';
import { agentConfig, mcpServer } from '../../schemas/agent-config';
import { processIdentity } from '../../workers/stack/processes';
import { createMcpTestServer } from '../support/mcp-test-server';
import { canary } from '../support/secrets/canary';

const TOKEN = `Bearer ${canary('mcp-token')}`;

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
const support = (file: string) => path.join(__dirname, '../support', file);
const open: { close(): Promise<void> }[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((server) => server.close()))));

const stdio = (mode: string[], options: object) => ({
  ...{ transport: 'stdio', command: process.execPath, args: [JITI, support('mcp-process.ts'), ...mode] },
  ...options,
});
function serve(config: object): McpServer {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GIVEN: 'yes',
    SECRET: canary('mcp'),
    TOKEN: TOKEN,
  };
  const server = new McpServer('test', mcpServer.parse(config), { env, projectDir: __dirname });
  open.push(server);
  return server;
}
const context = (signal = new AbortController().signal): ToolContext => ({
  ...{ idempotencyKey: 'key-of-the-call', signal, heartbeat: () => undefined },
});
async function call(server: McpServer, tool: string, args: Record<string, unknown> = {}, signal?: AbortSignal) {
  const found = (await server.tools()).find(({ spec }) => spec.name === `test_${tool}`);
  if (!found) throw new Error(`no ${tool}`);
  return found.call(args, context(signal));
}
const gone = (pid: number) => vi.waitFor(() => expect(processIdentity(pid)).toBeUndefined(), { timeout: 10_000 });

describe('an MCP server that is a process', () => {
  it('offers its tools under names that any provider takes, and each counts as a write unless we say otherwise', async () => {
    const server = serve(stdio([], { readOnly: ['echo'], polling: ['pid'] }));
    const specs = (await server.tools()).map(({ spec }) => spec);
    expect(specs.map(({ name }) => name)).toContain('test_dotted_name');
    expect(specs).toHaveLength(13);
    expect(specs.find(({ name }) => name === 'test_echo')).toEqual({
      ...{
        name: 'test_echo',
        description: 'Does echo.',
        parameters: { type: 'object' },
        effect: 'read',
        polling: false,
      },
    });
    expect(specs.find(({ name }) => name === 'test_pid')).toMatchObject({ effect: 'write', polling: true });
    expect(await call(server, 'dotted_name')).toMatchObject({ text: 'dotted' });
  });

  it('offers only the tools that are listed, and says when one is not there', async () => {
    const names = async (tools: string[]) => (await serve(stdio([], { tools })).tools()).map(({ spec }) => spec.name);
    expect(await names(['echo'])).toEqual(['test_echo']);
    await expect(names(['gone'])).rejects.toMatchObject({ type: 'AgentToolMissing' });
  });

  it('gives what a tool says as text that an answer may rest on, cut where it is long', async () => {
    const server = serve(stdio(['noisy'], { maxCharacters: 200 }));
    expect(await call(server, 'echo', { said: 'It is blue.' })).toEqual({
      text: 'It is blue.',
      passages: [{ document: 'test_echo:key-of-the-c', title: '', text: 'It is blue.' }],
    });
    expect((await call(server, 'echo', { said: 'x'.repeat(5_000) })).text).toMatch(
      /^x+\n\[cut: 5000 characters in all\]$/,
    );
    expect(await call(server, 'fail')).toEqual({ text: 'There is no such file.', failed: true });
    expect(await call(server, 'picture')).toMatchObject({ text: '[image/png, left out]' });
    expect(await call(server, 'structure')).toMatchObject({ text: '{"open":3}' });
    expect(await call(server, 'key')).toMatchObject({ text: 'key-of-the-call' });
  });

  it('sees of the environment what it was given and no more', async () => {
    const seen = (await call(serve(stdio([], { variables: ['GIVEN'] })), 'environment')).text.split(' ');
    expect(seen).toEqual(expect.arrayContaining(['GIVEN', 'HOME', 'PATH']));
    expect(seen).not.toContain('SECRET');
    expect(seen.filter((name) => !/^(GIVEN|HOME|PATH|PWD|OLDPWD|SHLVL|_|JITI.*|.*_COMPILE_CACHE)$/.test(name))).toEqual(
      [],
    );
    await expect(serve(stdio([], { variables: ['NOT_SET'] })).tools()).rejects.toMatchObject({
      type: 'AgentToolMissing',
    });
  });

  it('goes on after a call that hangs', async () => {
    const server = serve(stdio([], { timeoutSeconds: 1 }));
    const { text: pid } = await call(server, 'pid');
    const { text, failed } = await call(server, 'hang');
    expect(failed).toBe(true);
    expect(text).toBe('The tool did not answer within 1 s; whether it did anything is not known.');
    expect((await call(server, 'pid')).text).toBe(pid);
  });

  it('is ended and started anew when it answers nothing any more', async () => {
    const server = serve(stdio([], { timeoutSeconds: 1 }));
    const { text: pid } = await call(server, 'pid');
    expect(await call(server, 'freeze')).toMatchObject({ failed: true });
    await gone(Number(pid));
    expect((await call(server, 'pid')).text).not.toBe(pid);
  });

  it('is started anew when it has died, and the call that it died in is not made again', async () => {
    const server = serve(stdio([], {}));
    const { text: pid } = await call(server, 'pid');
    expect(await call(server, 'die')).toEqual({
      ...{ failed: true, text: 'The server ended during the call; whether it did anything is not known.' },
    });
    expect((await call(server, 'pid')).text).not.toBe(pid);
  });

  it('is stopped by the signal, with its reason', async () => {
    const controller = new AbortController();
    const server = serve(stdio([], {}));
    await server.tools();
    const hanging = call(server, 'hang', {}, controller.signal);
    const reason = new Error('cancelled');
    setTimeout(() => controller.abort(reason), 100);
    await expect(hanging).rejects.toBe(reason);
  });

  it('leaves nothing behind when it is closed, however stubborn it is, nor what it has started', async () => {
    const server = serve(stdio(['stubborn'], {}));
    const [{ text: pid }, { text: left }] = [await call(server, 'pid'), await call(server, 'leave')];
    expect(processIdentity(Number(left))).toBeDefined();
    await server.close();
    await gone(Number(pid));
    await gone(Number(left));
  });

  it('goes with the process that has started it, even when that is killed', async () => {
    const config = JSON.stringify(stdio(['stubborn'], {}));
    const worker = spawn(process.execPath, [JITI, support('mcp-parent.ts'), config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(worker.stdout, 'data')) as [Buffer];
    const [pid = 0, left = 0] = said.toString().trim().split(' ').map(Number);
    expect(processIdentity(pid)).toBeDefined();
    worker.kill('SIGKILL');
    await gone(pid);
    await gone(left);
  });

  it('says what is wrong where it can not be started', async () => {
    const missing = { type: 'AgentToolMissing', nonRetryable: true };
    await expect(serve({ transport: 'stdio', command: 'no-such-command' }).tools()).rejects.toMatchObject(missing);
    await expect(serve(stdio([], { cwd: 'no-such-folder' })).tools()).rejects.toMatchObject(missing);
    const late = serve(stdio(['slow'], { startSeconds: 1 })).tools();
    await expect(late).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
    await expect(serve({ transport: 'stdio', command: 'false' }).tools()).rejects.toMatchObject({
      type: 'Unavailable',
    });
  });
});

describe('an MCP server behind an address', () => {
  let http: HttpServer;
  let sessions: Map<string, StreamableHTTPServerTransport>;
  const start = async (port = 0) => {
    sessions = new Map();
    http = createServer((request, response) => {
      const handle = async () => {
        if (request.headers.authorization !== TOKEN) return void response.writeHead(401).end();
        const body: unknown = request.method === 'POST' ? await json(request) : undefined;
        const id = request.headers['mcp-session-id'];
        const known = typeof id === 'string' ? sessions.get(id) : undefined;
        if (id !== undefined && !known) return void response.writeHead(404).end();
        if (known) return known.handleRequest(request, response, body);
        const transport = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (session) => void sessions.set(session, transport),
        });
        await createMcpTestServer().connect(transport);
        return transport.handleRequest(request, response, body);
      };
      handle().catch(() => response.destroy());
    });
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  };
  const stop = async () => {
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await closed;
  };
  afterEach(stop);
  const remote = (url: string, options: object = {}) =>
    serve({ transport: 'http', url, headerVariables: { authorization: 'TOKEN' }, ...options });

  it('is called with the headers of the configuration', async () => {
    const server = remote(await start());
    expect(await call(server, 'echo', { said: 'over the wire' })).toMatchObject({ text: 'over the wire' });
    expect(await call(server, 'key')).toMatchObject({ text: 'key-of-the-call' });
  });

  it('is refused without them, and the failure is final', async () => {
    const server = remote(await start(), { headerVariables: {} });
    await expect(server.tools()).rejects.toMatchObject({ type: 'AgentToolMissing', nonRetryable: true });
  });

  it('has each call end in time', async () => {
    const server = remote(await start(), { timeoutSeconds: 1 });
    expect(await call(server, 'hang')).toMatchObject({ failed: true });
    expect(await call(server, 'echo', { said: 'still here' })).toMatchObject({ text: 'still here' });
  });

  it('is connected to anew where it has forgotten the session', async () => {
    const server = remote(await start());
    await call(server, 'echo', { said: 'one' });
    sessions.clear();
    // The call has not been seen by anyone, so it may be made again.
    await expect(call(server, 'echo', { said: 'two' })).rejects.toMatchObject({ type: 'Unavailable' });
    expect(await call(server, 'echo', { said: 'two' })).toMatchObject({ text: 'two' });
  });

  it('is waited for while it is away', async () => {
    const url = await start();
    await stop();
    const server = remote(url);
    await expect(server.tools()).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
    await start(Number(new URL(url).port));
    expect(await call(server, 'echo', { said: 'one' })).toMatchObject({ text: 'one' });
  });
});

describe('tools of one name', () => {
  const alike = stdio([], {});
  const box = (config: object) => {
    const opened = openTools(agentConfig.parse(config), {
      search: undefined as never,
      encoder: () => Promise.reject(new Error('not here')),
      ...{ env: { PATH: process.env['PATH'], HOME: process.env['HOME'] }, projectDir: __dirname },
    });
    open.push(opened);
    return opened;
  };
  const clash = (of: string) => ({ type: 'AgentToolMissing', message: expect.stringContaining(of) as string });

  it('are refused where a run would have both, of two servers or of a server and the configuration', async () => {
    const servers = box({ mcp: { a: alike, a_dotted: alike } });
    await expect(servers.chosen(['a', 'a_dotted'])).rejects.toMatchObject(clash('"a_dotted_name", of the server "a"'));
    const tools = box({ tools: { a_echo: { type: 'search' } }, mcp: { a: alike } });
    await expect(tools.chosen(['a_echo', 'a'])).rejects.toMatchObject(clash('of agent.tools and of the server "a"'));
  });

  it('are each called where they were chosen from, and none is offered twice', async () => {
    const servers = box({ mcp: { a: alike, a_dotted: alike } });
    const said = async (names: string[]) => {
      const { tools } = await servers.chosen(names);
      const found = tools.filter(({ spec }) => spec.name === 'a_dotted_name');
      expect(found).toHaveLength(1);
      return (await found[0]?.call({}, context()))?.text;
    };
    expect(await said(['a'])).toBe('dotted');
    expect(await said(['a_dotted', 'a_dotted_name'])).toBe('its name');
    // By its name alone it is of the server whose name says more of it.
    expect(await said(['a_dotted_name'])).toBe('its name');
  });
});
