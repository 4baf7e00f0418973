import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { acquireLock, LockHeld, type Lock } from './lock';

const LOOPBACK = '127.0.0.1';

/**
 * The ports of one state folder. Each part keeps its port from run to run, so that links and settings stay good, and
 * a port is reserved in the cache folder from the choice until the stack ends: a part takes seconds before it listens,
 * and a second stack that starts meanwhile would find the port free.
 */
export class Ports {
  private readonly file: string;
  private readonly remembered: Record<string, number>;
  private readonly reservations: Lock[] = [];

  constructor(
    stateDir: string,
    private readonly cacheDir: string,
  ) {
    this.file = path.join(stateDir, 'ports.json');
    this.remembered = read(this.file);
  }

  /** The port that `name` had last time, else `preferred`, else any free one; from now on it is its port. */
  async choose(name: string, preferred: number): Promise<number> {
    for (const port of [this.remembered[name] ?? preferred, preferred]) {
      if ((await isFree(port)) && (await this.reserve(port))) return this.remember(name, port);
    }
    for (;;) {
      const port = await anyFree();
      if (await this.reserve(port)) return this.remember(name, port);
    }
  }

  async release(): Promise<void> {
    await Promise.all(this.reservations.splice(0).map((lock) => lock.release()));
  }

  private async reserve(port: number): Promise<boolean> {
    try {
      this.reservations.push(await acquireLock(path.join(this.cacheDir, 'ports', String(port))));
      return true;
    } catch (error) {
      if (error instanceof LockHeld) return false;
      throw error;
    }
  }

  private remember(name: string, port: number): number {
    this.remembered[name] = port;
    writeFileSync(this.file, JSON.stringify(this.remembered));
    return port;
  }
}

// The file is a convenience: without it, or where it is cut off, other ports are chosen.
function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}

const isFree = async (port: number): Promise<boolean> => (await listen(port)) !== undefined;

async function anyFree(): Promise<number> {
  const port = await listen(0);
  if (port === undefined) throw new Error('The system has no free port.');
  return port;
}

function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, LOOPBACK, () => {
      const address = server.address() as net.AddressInfo;
      server.close(() => resolve(address.port));
    });
  });
}
