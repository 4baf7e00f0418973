import { McpServer } from '../../activities/agent/tools/mcp/mcp-server';
import { mcpServer } from '../../schemas/agent-config';

/** A worker that opens an MCP server, says which processes there are, and waits to be killed. */
async function main(config: string): Promise<void> {
  const server = new McpServer('test', mcpServer.parse(JSON.parse(config)), { env: process.env, projectDir: '.' });
  const tools = await server.tools();
  const context = { idempotencyKey: 'k', signal: new AbortController().signal, heartbeat: () => undefined };
  const ask = async (name: string) => (await tools.find(({ spec }) => spec.name === name)?.call({}, context))?.text;
  process.stdout.write(`${await ask('test_pid')} ${await ask('test_leave')}\n`);
  setInterval(() => undefined, 60_000);
}

void main(process.argv[2] ?? '{}');
