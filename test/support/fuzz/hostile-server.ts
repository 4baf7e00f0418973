import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { HOSTILE } from './hostile';

/** How a server answers that nobody vouches for. */
export type Answering = (request: IncomingMessage, response: ServerResponse, elsewhere: string) => void;

/** An answer that goes on until who asked lets go of it, and so the test ends only with that. */
const endless =
  (piece: Buffer | string, everyMs: number): Answering =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => {
      if (!response.writableNeedDrain) response.write(piece);
    }, everyMs);
    response.once('close', () => clearInterval(timer));
  };

/** What a client looks for before it reads on. */
const USUAL = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };

const answers =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answering =>
  (_request, response) => {
    response.writeHead(status, { ...USUAL, ...headers }).end(body);
  };

/** Headers that carry credentials, quoted in every place where a protocol has words. */
const quoting =
  (status: number): Answering =>
  (request, response) => {
    const said = JSON.stringify(request.headers);
    const error = { message: said, code: said, type: said, reason: said, description: said, error_number: 2_000 };
    const body = { ...error, error, errors: [error], detail: said, details: said, logs: said, status: said };
    answers(status, JSON.stringify({ ...body, rows: [{ user: said, at: said }], jobs: [said], sha: said }))(
      request,
      response,
      '',
    );
  };

const raw =
  (bytes: string): Answering =>
  (_request, response) => {
    response.socket?.end(bytes);
  };

const MUCH = 'x'.repeat(2 ** 20);
const long = MUCH.slice(0, 200_000);
const loud = { message: long, code: long, type: long, reason: long, description: long, error_number: 2_000 };
const many = (item: unknown) => Array.from({ length: 200_000 }, () => item);
const packed = gzipSync(Buffer.alloc(128 * 2 ** 20, ' '));

export const ANSWERS: readonly (readonly [name: string, answer: Answering])[] = [
  ...HOSTILE.map(([name, text]) => [name, answers(200, text)] as const),
  ['a success of another kind', answers(204, '')],
  ['not modified', answers(304, '')],
  ['part of a file', answers(206, '{}', { 'content-range': 'bytes 5-6/1e9' })],
  ...[400, 404, 503].map((status) => [`${status}, a page of a megabyte`, answers(status, MUCH)] as const),
  ['500, bytes', answers(500, Buffer.from(Array.from({ length: 5_000 }, (_, at) => at % 256)))],
  ['400, words without end', answers(400, JSON.stringify({ ...loud, error: loud, errors: [loud, loud, loud] }))],
  ['500, words without end', answers(500, JSON.stringify({ ...loud, error: loud, errors: [loud, loud, loud] }))],
  ...[200, 400, 401, 500].map((status) => [`${status}, which quotes what it was sent`, quoting(status)] as const),
  ...['1e300', 'Infinity', '-5', 'soon', '99999999999'].map(
    (after, at) => [`retry after ${after}`, answers(at % 2 ? 429 : 503, '{}', { 'retry-after': after })] as const,
  ),
  ['many wrong items', answers(200, JSON.stringify({ items: many(1), rows: many(1), nodes: many(1), jobs: many(1) }))],
  [
    'many empty items',
    answers(200, JSON.stringify({ items: many({}), rows: many({}), nodes: many({}), errors: many({}) })),
  ],
  ['a bomb', answers(200, packed, { 'content-encoding': 'gzip' })],
  ['JSON that is no gzip', answers(200, '{}', { 'content-encoding': 'gzip' })],
  [
    'fewer bytes than it says',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"a":');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  ['more bytes than it says', raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}{}{}{}')],
  ['another protocol', raw('SSH-2.0-OpenSSH_9.2\r\n')],
  ['headers without end', raw(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n{}`)],
  ['a length that is none', raw('HTTP/1.1 200 OK\r\ncontent-length: 1e9\r\n\r\n{}')],
  ['nothing and a closed door', (_request, response) => void response.destroy()],
  ['silence', () => undefined],
  ['one byte now and then', endless(' ', 40)],
  ['blanks without end', endless(' '.repeat(2 ** 20), 1)],
  ['digits without end', endless('9'.repeat(2 ** 20), 1)],
  ['events without end', endless(': still here\n\n'.repeat(10_000), 1)],
  ['a line of an event without end', endless(`data: ${'9'.repeat(2 ** 20)}`, 1)],
  ['a redirect to itself', (request, response) => void response.writeHead(302, { location: request.url }).end()],
  ...[301, 302, 307, 308].map((status): readonly [string, Answering] => [
    `${status}, a redirect to another host`,
    (_request, response, elsewhere) => void response.writeHead(status, { location: elsewhere }).end(),
  ]),
  ['a redirect to a file', answers(302, '', { location: 'file:///etc/passwd' })],
  ['a redirect to another protocol', answers(302, '', { location: 'ftp://127.0.0.1/x' })],
  ['a redirect to no address', answers(302, '', { location: 'http://[' })],
];

export interface HostileServer {
  url: string;
  /** Bytes that it could get rid of. */
  sent: () => number;
  close: () => Promise<void>;
}

/** A server of the loopback that answers so, but for requests that `right` answers first. */
export async function startHostile(
  answer: Answering,
  elsewhere: string,
  right: (request: IncomingMessage) => string | undefined = () => undefined,
): Promise<HostileServer> {
  let sent = 0;
  const server = createServer((request, response) => {
    const body = right(request);
    response.on('error', () => undefined);
    request.resume();
    if (body !== undefined) return void answers(200, body)(request, response, elsewhere);
    answer(request, response, elsewhere);
  });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('close', () => (sent += socket.bytesWritten));
  });
  const { url, close } = await listening(server);
  return { url, close, sent: () => sent };
}

/** A host that nobody has configured, and the headers of all who come there. */
export async function startElsewhere(): Promise<{ url: string; seen: string[]; close: () => Promise<void> }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(JSON.stringify(request.headers));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  return { ...(await listening(server)), seen };
}

async function listening(server: Server): Promise<{ url: string; close: () => Promise<void> }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
