import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mulberry32 } from '../../activities/kit/random';
import type { Arm } from '../../activities/rollout/effect';
import { hourOf, type Truth, WINDOW } from './simulated-service';

const HOUR_MS = 3_600_000;

interface Move {
  /** Milliseconds of the workflow's clock. */
  at: number;
  sequence: number;
  share: number;
}

/** Simulated services, by the name of their strategy, each with a truth of its own. */
export class SimulatedServices {
  private readonly services = new Map<
    string,
    { truth: Truth; random: () => number; moves: Move[]; rows: Record<string, object[]>; hours: number }
  >();

  constructor(private readonly usersADay: number) {}

  add(name: string, truth: Truth, seed: number): void {
    const rows = { conversions: [], failures: [] };
    this.services.set(name, { truth, random: mulberry32(seed), moves: [], rows, hours: 0 });
  }

  /** Tells the service of a move, as its reader would. */
  moved(name: string, move: Move): void {
    const moves = this.services.get(name)?.moves;
    if (moves?.at(-1)?.sequence !== move.sequence) moves?.push(move);
  }

  /** The highest share of users who ever got the candidate. */
  exposure(name: string): number {
    return Math.max(0, ...(this.services.get(name)?.moves ?? []).map(({ share }) => share));
  }

  /** Rows of a metric until a time; those of the last hours, whose window is not over, count for the split alone. */
  rows(name: string, metric: string, until: number): object[] {
    const service = this.services.get(name);
    const [first] = service?.moves ?? [];
    if (!service || !first) return [];
    const now = until + WINDOW * HOUR_MS;
    for (; first.at + (service.hours + 1) * HOUR_MS <= now; service.hours += 1) {
      const at = first.at + service.hours * HOUR_MS;
      const { sequence, share } = service.moves.findLast((move) => move.at <= at) ?? first;
      const hour = hourOf(service.hours, share, this.usersADay, service.truth, service.random);
      for (const [of, { control, canary }] of Object.entries({
        conversions: hour.conversions,
        failures: hour.failures,
      })) {
        const where = { at: new Date(at).toISOString(), sequence };
        service.rows[of]?.push(
          { ...where, arm: 'control', ...sums(control) },
          { ...where, arm: 'canary', ...sums(canary) },
        );
      }
    }
    return service.rows[metric] ?? [];
  }

  /** Answers as a metric source of type `http`: `/conversions` and `/failures`. */
  async listen(): Promise<{ url: string; close(): void }> {
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
      const until = Date.parse(searchParams.get('until') ?? '');
      const rows = this.rows(searchParams.get('name') ?? '', pathname.slice(1), until);
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ rows }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() };
  }
}

const sums = ({ users, mean, variance }: Arm) => ({
  users,
  sum: users * mean,
  squares: Math.max(0, users - 1) * variance + users * mean ** 2,
});
