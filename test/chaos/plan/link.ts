import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as after } from 'node:timers/promises';

/**
 * A way to a server that can be cut and slowed. Cut, it is a cable that was pulled: connections stay open, nothing comes through, and what
 * was sent arrives once it is mended.
 */
export interface Link {
  port: number;
  cut(): void;
  mend(): void;
  /** Milliseconds that each piece takes in either direction, one piece after another. */
  slow(ms: number): void;
  close(): Promise<void>;
}

export async function openLink(target: { host: string; port: number }, listenOn = '127.0.0.1'): Promise<Link> {
  let latency = 0;
  let mended = Promise.resolve();
  let mend = (): void => undefined;
  const sockets = new Set<{ destroy(): void }>();
  const held = (): Transform =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        void mended.then(() => (latency > 0 ? after(latency) : undefined)).then(() => done(null, chunk));
      },
    });
  const server = createServer((incoming) => {
    const outgoing = connect(target.port, target.host);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('close', () => sockets.delete(socket));
    }
    // Where one side breaks, so does the other.
    const both = [pipeline(incoming, held(), outgoing), pipeline(outgoing, held(), incoming)];
    Promise.all(both).catch(() => [incoming, outgoing].forEach((socket) => socket.destroy()));
  }).listen(0, listenOn);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      mended = new Promise((resolve) => (mend = resolve));
    },
    mend: () => mend(),
    slow: (ms) => void (latency = ms),
    async close() {
      mend();
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}
