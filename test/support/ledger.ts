import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** A call as it came: the key that stands for it, and what it asks for. */
export interface Booking {
  key: string;
  amount: number;
}

export interface Ledger {
  url: string;
  /** Every attempt that came, in order. */
  attempts: Booking[];
  /** Every effect: one for each key, whatever it was handed twice. */
  effects: Booking[];
  close(): Promise<void>;
}

/**
 * A server of the Model Context Protocol with the tool `book`, which honours idempotency keys and outlives its callers.
 * @param answer waited for between the effect and the answer
 */
export async function startLedger(answer: (booking: Booking) => Promise<void>): Promise<Ledger> {
  const attempts: Booking[] = [];
  const effects: Booking[] = [];
  const protocol = () => {
    const server = new Server({ name: 'ledger', version: '1' }, { capabilities: { tools: {} } });
    const inputSchema = { type: 'object' as const, properties: { amount: { type: 'integer' } }, required: ['amount'] };
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: [{ name: 'book', description: 'Books an amount.', inputSchema }],
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params: { arguments: args = {}, _meta = {} } }) => {
      const booking = { key: String(_meta['temporal-llm-pack/idempotency-key']), amount: Number(args['amount']) };
      attempts.push(booking);
      if (!effects.some(({ key }) => key === booking.key)) effects.push(booking);
      await answer(booking);
      return { content: [{ type: 'text', text: `Booked ${booking.amount}.` }] };
    });
    return server;
  };
  const http = createServer((request, response) => {
    const handle = async () => {
      if (request.method !== 'POST') return void response.writeHead(405).end();
      // No sessions: each request has a server of its own.
      const transport = new StreamableHTTPServerTransport({});
      await protocol().connect(transport);
      return transport.handleRequest(request, response, await json(request));
    };
    handle().catch(() => response.destroy());
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    attempts,
    effects,
    async close() {
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
