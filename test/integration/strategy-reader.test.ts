import { Client } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ReaderOptions, StrategyReader } from '../../activities/rollout/reader';
import type { Registry } from '../../activities/stores/registry';
import { type StrategyServer, startStrategyServer } from '../../workers/strategies/strategy-server';
import type { TestPostgres } from '../support/postgres';
import { addStrategy, withRegistry } from '../support/registry';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

const name = 'ranking';
const SOON = { timeout: 20_000, interval: 20 };

let postgres: TestPostgres;
let url: string;
let registry: Registry;
const closers: (() => Promise<unknown>)[] = [];
withRegistry((opened) => ({ registry, url, postgres } = opened));
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const strategy = (body: string, promote = false) => addStrategy(registry, name, body, promote);
/** A live strategy `a`, and `b` that a rollout is about to try. */
async function rollout() {
  await strategy('a', true);
  const candidate = await strategy('b');
  await registry.strategies.claim({
    name,
    rollout: 'w/1',
    version: candidate,
    force: false,
    at: '2026-11-26T00:00:00Z',
  });
  return (share: number) =>
    registry.strategies.moveCandidate({ name, key: `w/1/${share}`, rollout: 'w/1', candidate, share, reason: 'step' });
}
function read(databaseUrl = url, more: Omit<ReaderOptions, 'databaseUrl'> = {}): StrategyReader {
  const reader = new StrategyReader({ databaseUrl, ...more });
  closers.push(() => reader.close());
  return reader;
}
async function proxied(): Promise<TcpProxy & { url: string }> {
  const { hostname, port } = new URL(url);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  closers.push(() => proxy.close());
  const through = new URL(url);
  through.port = `${proxy.port}`;
  return Object.assign(proxy, { url: through.href });
}
const shareIn = (reader: StrategyReader) => reader.get(name)?.share;

describe('a reader of strategies', () => {
  it('knows what is live at once, and each move as it is made', async () => {
    const move = await rollout();
    // It would look by itself in an hour only: what it knows, it was told.
    const reader = read(url, { pollSeconds: 3_600 });
    expect(await reader.ready()).toBe(true);
    expect(reader.get(name)).toMatchObject({
      live: { version: 1, strategy: { body: 'a' } },
      candidate: null,
      share: 0,
      sequence: 1,
    });
    await move(0.3);
    await vi.waitFor(() => expect(shareIn(reader)).toBe(0.3), SOON);
    expect(reader.get(name)?.candidate).toEqual({ version: 2, strategy: { body: 'b' } });
    const arms = Array.from({ length: 100 }, (_, user) => reader.assign(name, `${user}`)?.version);
    expect(new Set(arms)).toEqual(new Set([1, 2]));
    expect(reader.assign(name, '7')).toEqual(reader.assign(name, '7'));
    expect(reader.assign('unknown', '7')).toBeUndefined();
  });

  it('follows the names that it was given and no others', async () => {
    await strategy('a', true);
    const reader = read(url, { names: ['search'] });
    await reader.ready();
    expect(reader.names()).toEqual([]);
  });

  it('serves what it knew while the database is away, says how old that is, and reads what it missed', async () => {
    const move = await rollout();
    await move(0.1);
    const reader = read();
    await reader.ready();
    await postgres.kill();
    await vi.waitFor(() => expect(reader.state().connected).toBe(false), SOON);
    const { staleSeconds } = reader.state();
    expect(reader.assign(name, '7')).toMatchObject({ sequence: 2 });
    await vi.waitFor(() => {
      expect(reader.state().staleSeconds).toBeGreaterThan(staleSeconds);
      expect(reader.state().problem).not.toBeNull();
    }, SOON);
    await postgres.restart();
    await vi.waitFor(() => expect(reader.state()).toMatchObject({ connected: true, problem: null, behind: [] }), SOON);
    await vi.waitFor(() => move(0.5), SOON);
    await vi.waitFor(() => expect(shareIn(reader)).toBe(0.5), SOON);
  });

  it('reads a move that was made while its connection was cut', async () => {
    const move = await rollout();
    const proxy = await proxied();
    const reader = read(proxy.url, { pollSeconds: 3_600 });
    await reader.ready();
    const moves: number[] = [];
    reader.onMove(({ sequence }) => moves.push(sequence));
    for (const [at, share] of [0.1, 0.2, 0.3].entries()) {
      proxy.cut();
      await move(share);
      await vi.waitFor(() => expect(reader.get(name)?.sequence).toBe(at + 2), SOON);
    }
    expect(moves).toEqual([2, 3, 4]);
  });

  it('notices a connection that fell silent, and makes another', async () => {
    const move = await rollout();
    const proxy = await proxied();
    const reader = read(proxy.url, { pollSeconds: 0.2, answerSeconds: 1 });
    await reader.ready();
    proxy.silence();
    await move(0.1);
    await vi.waitFor(() => expect(shareIn(reader)).toBe(0.1), SOON);
  });

  it('never goes back, and says so of a database that has', async () => {
    const move = await rollout();
    await move(0.1);
    const reader = read(url, { pollSeconds: 0.05 });
    await reader.ready();
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('update llm_pack.strategy_pointers set sequence = 1, candidate = null, share = 0');
    await client.end();
    await vi.waitFor(() => expect(reader.state().behind).toEqual([name]), SOON);
    expect(reader.get(name)).toMatchObject({ sequence: 2, share: 0.1 });
  });

  it('begins without a database, and is ready once there is one', async () => {
    await strategy('a', true);
    await postgres.kill();
    const reader = read();
    expect(await reader.ready(0.3)).toBe(false);
    expect(reader.state().staleSeconds).toBe(Infinity);
    const ready = reader.ready(20);
    await postgres.restart();
    expect(await ready).toBe(true);
    expect(reader.get(name)?.live?.version).toBe(1);
  });
});

describe('the endpoint of strategies', () => {
  async function serve(
    reader: Pick<StrategyReader, 'get' | 'names' | 'state' | 'movedBeyond'>,
    staleAfterSeconds = 60,
  ): Promise<StrategyServer> {
    const server = await startStrategyServer({ reader, host: '127.0.0.1', port: 0, staleAfterSeconds });
    closers.push(() => server.close());
    return server;
  }
  const ask = async (server: StrategyServer, path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}${path}`, init);
    const text = await response.text();
    const body = text === '' ? null : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, etag: response.headers.get('etag'), headers: response.headers, body };
  };

  it('answers with the strategy, its tag, and 304 for as long as nothing moves', async () => {
    const move = await rollout();
    const reader = read();
    await reader.ready();
    const server = await serve(reader);
    const first = await ask(server, `/strategies/${name}`);
    expect(first).toMatchObject({ status: 200, etag: '"1"', body: { name, sequence: 1, live: { version: 1 } } });
    expect(first.headers.get('age')).toMatch(/^\d+$/);
    const headers = { 'if-none-match': first.etag ?? '' };
    expect(await ask(server, `/strategies/${name}`, { headers })).toMatchObject({ status: 304, body: null });
    await move(0.1);
    await vi.waitFor(() => expect(shareIn(reader)).toBe(0.1), SOON);
    expect(await ask(server, `/strategies/${name}`, { headers })).toMatchObject({ status: 200, etag: '"2"' });
    expect(await ask(server, '/strategies')).toMatchObject({ body: { strategies: [{ name, sequence: 2 }] } });
    expect(await ask(server, `/strategies/${name}`, { method: 'HEAD' })).toMatchObject({ status: 200, body: null });
  });

  it('answers for a user as the reader does', async () => {
    const move = await rollout();
    await move(0.5);
    const reader = read();
    await reader.ready();
    const server = await serve(reader);
    for (const user of ['7', 'a b&c', '用户']) {
      const { body, etag } = await ask(server, `/strategies/${name}?user=${encodeURIComponent(user)}`);
      const assigned = reader.assign(name, user);
      expect(body).toEqual({ name, ...assigned });
      expect(etag).toBe(`"2-${assigned?.arm}"`);
    }
  });

  it('tells who waits of a move at once, and of none once the time is over', async () => {
    const move = await rollout();
    const reader = read();
    await reader.ready();
    const server = await serve(reader);
    const headers = { 'if-none-match': '"1"' };
    const waits = ask(server, `/strategies/${name}?wait=30`, { headers });
    await move(0.1);
    expect(await waits).toMatchObject({ status: 200, body: { share: 0.1 } });
    const again = { headers: { 'if-none-match': '"2"' } };
    expect(await ask(server, `/strategies/${name}?wait=0.1`, again)).toMatchObject({ status: 304 });
  });

  it('lets go of who waits when it is closed', async () => {
    await rollout();
    const reader = read();
    await reader.ready();
    let isWaiting = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (isWaiting = resolve));
    const server = await serve({
      get: (wanted) => reader.get(wanted),
      names: () => reader.names(),
      state: () => reader.state(),
      movedBeyond(...of) {
        isWaiting();
        return reader.movedBeyond(...of);
      },
    });
    const waits = ask(server, `/strategies/${name}?wait=30`, { headers: { 'if-none-match': '"1"' } });
    await waiting;
    await server.close();
    expect((await waits).status).toBe(304);
  });

  it('says how it stands: fresh, stale while it serves on, and nothing read yet', async () => {
    await strategy('a', true);
    const reader = read();
    await reader.ready();
    const server = await serve(reader, 1);
    expect(await ask(await serve(reader, 3_600), '/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', connected: true },
    });
    await postgres.kill();
    await vi.waitFor(
      async () => expect(await ask(server, '/health')).toMatchObject({ status: 503, body: { status: 'stale' } }),
      SOON,
    );
    expect(await ask(server, `/strategies/${name}`)).toMatchObject({ status: 200 });
    const late = read();
    const empty = await serve(late);
    expect(await ask(empty, `/strategies/${name}`)).toMatchObject({ status: 503 });
    expect(await ask(empty, '/health')).toMatchObject({
      status: 503,
      body: { status: 'nothing read yet', staleSeconds: null },
    });
    await postgres.restart();
    expect(await late.ready(20)).toBe(true);
  });

  it.each([
    ['/strategies/unknown', {}, 404, 'There is ranking'],
    ['/elsewhere', {}, 404, '/strategies/NAME'],
    ['/strategies/%E0%A4%A', {}, 400, 'encodeURIComponent'],
    ['/strategies/ranking?user=', {}, 400, 'Give an id'],
    ['/strategies/ranking?wait=soon', {}, 400, 'Give 0 to 50'],
    ['/strategies/ranking?wait=51', {}, 400, 'Give 0 to 50'],
    ['/strategies/ranking', { method: 'POST' }, 405, 'use GET'],
    ['/strategies/ranking', { headers: { origin: 'http://example.org' } }, 403, 'sends no Origin'],
  ])('refuses %s %j and says what to do', async (path, init, status, remedy) => {
    await strategy('a', true);
    const reader = read();
    await reader.ready();
    const { status: found, body } = await ask(await serve(reader), path, init);
    expect(found).toBe(status);
    expect(body?.['remedy']).toContain(remedy);
  });
});
