import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** Ten minutes: no test waits so long. */
export const NEVER_MS = 10 * 60_000;
const text = (said: string): CallToolResult => ({ content: [{ type: 'text', text: said }] });

type Handler = (
  args: Record<string, unknown>,
  meta: Record<string, unknown>,
) => CallToolResult | Promise<CallToolResult>;

/** What the server does, well and badly. */
const TOOLS: Record<string, Handler> = {
  echo: ({ said }) => text(String(said)),
  key: (_args, meta) => text(String(meta['temporal-llm-pack/idempotency-key'])),
  environment: () => text(Object.keys(process.env).sort().join(' ')),
  fail: () => ({ ...text('There is no such file.'), isError: true }),
  picture: () => ({ content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] }),
  structure: () => ({ content: [], structuredContent: { open: 3 } }),
  'dotted.name': () => text('dotted'),
  hang: async () => (await sleep(NEVER_MS), text('late')),
  /** Stops the whole process without using it: nothing is answered any more. */
  freeze: () => (Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NEVER_MS), text('late')),
  die: () => process.exit(1),
  /** Starts a process that would outlive this one. */
  leave: () => text(String(spawn('sleep', ['600'], { stdio: 'ignore' }).pid)),
  pid: () => text(String(process.pid)),
  name: () => text('its name'),
};

/** A server of the Model Context Protocol for tests. */
export function createMcpTestServer(): Server {
  const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    // On two pages.
    const names = Object.keys(TOOLS);
    const page = params?.cursor === 'rest' ? names.slice(2) : names.slice(0, 2);
    const tools = page.map((name) => ({
      name,
      description: `Does ${name}.`,
      inputSchema: { type: 'object' as const },
    }));
    return params?.cursor === 'rest' ? { tools } : { tools, nextCursor: 'rest' };
  });
  server.setRequestHandler(CallToolRequestSchema, ({ params: { name, arguments: args = {}, _meta = {} } }) => {
    const tool = TOOLS[name];
    if (!tool) throw new Error(`no tool ${name}`);
    return tool(args, _meta);
  });
  return server;
}
