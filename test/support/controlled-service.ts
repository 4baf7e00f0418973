import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StrategyReader } from '../../activities/rollout/reader';

/** Milliseconds between two observations of the service. */
const SAMPLE_MS = 10;

/** A service that reads its knob as services do, and whose metric follows it: 5 + 10 times the knob, at once. */
export interface ControlledService {
  /** Where it tells its metric, as a source of type `http`. */
  url: string;
  /** The knob as it was set, the first one first. */
  knobs: number[];
  /** What it answers in the place of its rows; null for those. */
  fails: { status: number } | null;
  /** Called with each request before it is answered. */
  onAsked: () => Promise<void>;
  asked: number;
  close(): Promise<void>;
}

export async function startControlledService(
  databaseUrl: string,
  { strategy, knob, initial }: { strategy: string; knob: string; initial: number },
): Promise<ControlledService> {
  const reader = new StrategyReader({ databaseUrl, names: [strategy] });
  const set: { at: number; value: number }[] = [];
  reader.onMove(({ knobs }) => {
    const value = knobs[knob];
    if (value !== undefined) set.push({ at: Date.now(), value });
  });
  const metricAt = (time: number) => 5 + 10 * (set.findLast(({ at }) => at <= time)?.value ?? initial);
  const server = createServer((request, response) => {
    void answer(request.url ?? '').then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  async function answer(url: string): Promise<{ status: number; body: object }> {
    service.asked += 1;
    await service.onAsked();
    if (service.fails) return { status: service.fails.status, body: {} };
    const { searchParams } = new URL(url, 'http://localhost');
    const [from, until] = ['from', 'until'].map((name) => Date.parse(searchParams.get(name) ?? ''));
    const rows: object[] = [];
    for (let at = from ?? NaN; at < (until ?? NaN); at += SAMPLE_MS) {
      rows.push({ at: new Date(at).toISOString(), value: metricAt(at), count: 5 });
    }
    return { status: 200, body: { rows } };
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const service: ControlledService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metric`,
    get knobs() {
      return set.map(({ value }) => value);
    },
    fails: null,
    onAsked: () => Promise.resolve(),
    asked: 0,
    async close() {
      server.close().closeAllConnections();
      await reader.close();
    },
  };
  await reader.ready();
  return service;
}
