import { setTimeout as sleep } from 'node:timers/promises';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createMcpTestServer, NEVER_MS } from './mcp-test-server';

/** As a process: `node … mcp-process.ts [stubborn|slow|noisy]`. */
async function main(mode: string | undefined): Promise<void> {
  if (mode === 'stubborn') {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
    setInterval(() => undefined, NEVER_MS);
  }
  if (mode === 'slow') await sleep(NEVER_MS);
  if (mode === 'noisy') process.stdout.write('Welcome to the server\n');
  await createMcpTestServer().connect(new StdioServerTransport());
}

void main(process.argv[2]);
