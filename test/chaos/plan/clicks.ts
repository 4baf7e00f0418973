import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from '../../../activities/stores/registry';

const USERS = 400_000;
const MEAN = 0.3;
const seen = new Map<number, number>();

/** Users of the strategy `ranking`, by the pointers that they were served by: each arm with its share, and both alike. */
async function clicksOf(registry: Registry, until: number): Promise<object[]> {
  const moves = await registry.strategies.moves('ranking');
  return moves
    .filter(({ candidate }) => candidate !== null)
    .flatMap(({ sequence, share }) => {
      if (!seen.has(sequence)) seen.set(sequence, until);
      const at = new Date(seen.get(sequence) ?? until).toISOString();
      // Of zeros and ones the sum and the sum of squares are the same.
      const arm = (of: string, users: number) => ({
        ...{ at, sequence, arm: of, users, sum: users * MEAN, squares: users * MEAN },
      });
      return [arm('control', USERS * (1 - share)), arm('canary', USERS * share)];
    });
}

/** The service whose metric rollouts look at. */
export async function serveClicks(host: string, registry: () => Registry): Promise<Server> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    clicksOf(registry(), Date.parse(searchParams.get('until') ?? '')).then(
      (rows) => response.setHeader('content-type', 'application/json').end(JSON.stringify({ rows })),
      () => response.writeHead(503).end(),
    );
  }).listen(0, host);
  await once(server, 'listening');
  return server;
}

export function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address}:${port}`;
}
