import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Link, openLink } from '../chaos/plan/link';

describe('a way to a server', () => {
  let server: Server;
  let link: Link;
  let client: Socket;
  const echoed = async (text: string): Promise<string> => {
    client.write(text);
    return String((await once(client, 'data'))[0]);
  };

  beforeEach(async () => {
    server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    link = await openLink({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    client = connect(link.port, '127.0.0.1');
    await once(client, 'connect');
  });
  afterEach(async () => {
    client.destroy();
    await link.close();
    server.close();
  });

  it('passes on what comes', async () => {
    expect(await echoed('one')).toBe('one');
  });

  it('holds what comes while it is cut, and passes it on once it is mended', async () => {
    await echoed('before');
    link.cut();
    const answer = echoed('during');
    expect(await Promise.race([answer, after(100, 'nothing')])).toBe('nothing');
    link.mend();
    expect(await answer).toBe('during');
  });

  it('takes its time in both directions while it is slow, and none afterwards', async () => {
    link.slow(50);
    const began = performance.now();
    await echoed('slow');
    expect(performance.now() - began).toBeGreaterThanOrEqual(90);
    link.slow(0);
    expect(await echoed('quick')).toBe('quick');
  });

  it('ends with the server', async () => {
    const closed = once(client, 'close');
    await link.close();
    await closed;
    expect(client.destroyed).toBe(true);
  });
});
