import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { placedIn, type ServedStrategy, type StrategyReader } from '../../activities/rollout/reader';

export interface StrategyServerOptions {
  reader: Pick<StrategyReader, 'get' | 'names' | 'state' | 'movedBeyond'>;
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** `/health` says 503 where the database has not been heard of for longer; strategies are served all the same. */
  staleAfterSeconds: number;
}

export interface StrategyServer {
  url: string;
  close(): Promise<void>;
}

/** A client that asks to be told of a move waits for so long at most; proxies in between end a request after a minute. */
const MOST_WAIT_SECONDS = 50;
const MOST_USER_CHARACTERS = 1_000;

/** A request that is answered with an error: what is wrong, and what to do. */
class Refused extends Error {
  constructor(
    readonly status: number,
    what: string,
    readonly remedy: string,
  ) {
    super(what);
  }
}

/**
 * Tells services over HTTP how strategies stand, from what the reader knows: `GET /strategies`, `GET /strategies/NAME` with `user` for
 * what one user gets and `wait` for a move, `GET /health`. It asks nobody who they are: it belongs on the loopback address, or behind what does.
 * @throws where the port is taken
 */
export async function startStrategyServer(options: StrategyServerOptions): Promise<StrategyServer> {
  const closing = new AbortController();
  const server = createServer((request, response) => {
    answer(request, response, options, closing.signal).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      const { status, message, remedy } =
        error instanceof Refused ? error : { status: 500, message: String(error), remedy: 'Report it.' };
      send(response, status, { error: message, remedy });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const { host } = options;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => closed(server, closing),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: StrategyServerOptions,
  closing: AbortSignal,
): Promise<void> {
  const { reader } = options;
  // A page of any site has an origin, also where its name leads to this machine (DNS rebinding); services have none.
  if (request.headers.origin !== undefined) {
    throw new Refused(403, 'Web pages may not ask.', 'Ask from the service, which sends no Origin.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    throw new Refused(405, `${request.method ?? ''} is not known here.`, 'Strategies are only read: use GET.');
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/health') return sendHealth(response, options);
  const { staleSeconds, problem } = reader.state();
  if (!Number.isFinite(staleSeconds)) {
    response.setHeader('Retry-After', '1');
    throw new Refused(503, `Nothing was read yet${problem ? `: ${problem}` : ''}.`, 'It goes on to try: ask again.');
  }
  // How old what it serves may be, in seconds: https://www.rfc-editor.org/rfc/rfc9111#name-age
  response.setHeader('Age', Math.floor(staleSeconds));
  if (pathname === '/strategies') {
    const strategies = reader.names().map((name) => ({ name, sequence: reader.get(name)?.sequence }));
    return send(response, 200, { strategies });
  }
  const [, encoded] = /^\/strategies\/([^/]+)$/.exec(pathname) ?? [];
  if (encoded === undefined) {
    throw new Refused(404, `There is no ${pathname}.`, 'There is /strategies, /strategies/NAME and /health.');
  }
  const name = decoded(encoded);
  const strategy = reader.get(name) ?? notFound(name, reader.names());
  const user = userOf(searchParams);
  const wait = waitOf(searchParams);
  const known = request.headers['if-none-match'];
  let shown = shownTo(strategy, user);
  if (known === shown.etag && wait > 0) {
    const signal = AbortSignal.any([AbortSignal.timeout(wait * 1_000), closing, goneSignal(response)]);
    const moved = await reader.movedBeyond(name, strategy.sequence, signal);
    if (moved) shown = shownTo(moved, user);
  }
  if (closing.aborted) response.setHeader('Connection', 'close');
  response.setHeader('ETag', shown.etag);
  // Whoever keeps it asks whether it is still so.
  response.setHeader('Cache-Control', 'no-cache');
  if (known === shown.etag) return void response.writeHead(304).end();
  send(response, 200, shown.body);
}

/** A strategy as it stands, or what of it one user gets, with a tag that changes with each move. */
function shownTo(strategy: ServedStrategy, user: string | null): { etag: string; body: object } {
  if (user === null) return { etag: `"${strategy.sequence}"`, body: strategy };
  const placed = placedIn(strategy, user);
  return { etag: `"${strategy.sequence}-${placed.arm}"`, body: { name: strategy.name, ...placed } };
}

function sendHealth(response: ServerResponse, { reader, staleAfterSeconds }: StrategyServerOptions): void {
  const { staleSeconds, ...state } = reader.state();
  const isFresh = staleSeconds <= staleAfterSeconds;
  const status = !Number.isFinite(staleSeconds) ? 'nothing read yet' : isFresh ? 'ok' : 'stale';
  // Infinity has no JSON.
  const stale = Number.isFinite(staleSeconds) ? Math.round(staleSeconds * 1_000) / 1_000 : null;
  send(response, isFresh ? 200 : 503, { status, staleSeconds: stale, ...state, strategies: reader.names().length });
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Refused(400, `${name} is not encoded as a part of a URL is.`, 'Encode it: encodeURIComponent.');
  }
}

function notFound(name: string, names: readonly string[]): never {
  const known = names.slice(0, 20).join(', ') || 'none';
  throw new Refused(404, `No strategy ${name} has a pointer.`, `There is ${known}; a first rollout makes one.`);
}

function userOf(query: URLSearchParams): string | null {
  const user = query.get('user');
  if (user === null || (user !== '' && user.length <= MOST_USER_CHARACTERS)) return user;
  throw new Refused(400, '`user` is empty or too long.', `Give an id of 1 to ${MOST_USER_CHARACTERS} characters.`);
}

function waitOf(query: URLSearchParams): number {
  const text = query.get('wait') ?? '0';
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= MOST_WAIT_SECONDS) return seconds;
  throw new Refused(400, '`wait` is not a number of seconds.', `Give 0 to ${MOST_WAIT_SECONDS}, and If-None-Match.`);
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

async function closed(server: Server, closing: AbortController): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  // Who waits for a move is answered before its connection is closed.
  closing.abort();
  server.closeIdleConnections();
  const hanging = setTimeout(() => server.closeAllConnections(), 1_000);
  await ended;
  clearTimeout(hanging);
}
