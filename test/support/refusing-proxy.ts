import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy in front of a server that can be told to refuse requests, as one that is overloaded does. */
export interface RefusingProxy {
  url: string;
  /** Refuses the next `times` requests to a path that ends so, with 429 and a Retry-After of one second. */
  refuse(path: string, times: number): void;
  /** How many it has refused. */
  readonly refused: number;
  close(): Promise<void>;
}

export async function startRefusingProxy(target: string): Promise<RefusingProxy> {
  let left = 0;
  let ending = '';
  let refused = 0;
  const server = createServer((incoming, answer) => {
    if (left > 0 && new URL(incoming.url ?? '', target).pathname.endsWith(ending)) {
      left -= 1;
      refused += 1;
      incoming.resume();
      const headers = { 'content-type': 'application/json', 'retry-after': '1', 'x-elastic-product': 'Elasticsearch' };
      answer.writeHead(429, headers).end(JSON.stringify({ error: { type: 'es_rejected_execution_exception' } }));
      return;
    }
    const { method = 'GET', headers } = incoming;
    // A connection for each: one that is used again may be reset by the server (one run in five), which is no fault of the test's.
    const options = { method, headers, agent: false };
    const onward = request(new URL(incoming.url ?? '', target), options, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  // A connection that it closes for idling would look like a fault that nobody asked for.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse(path, times) {
      [ending, left] = [path, times];
    },
    get refused() {
      return refused;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
