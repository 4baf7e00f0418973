import { once } from 'node:events';
import { connect, constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Certificate } from './certificates';

/** Temporal as it stands in production: behind TLS, which asks for a client's certificate or a key. */
export interface TlsProxy {
  address: string;
  /** Keys that calls came with, each once, in the order in which they came first. */
  readonly keys: string[];
  /** Namespaces that calls named in their header. */
  readonly namespaces: ReadonlySet<string>;
  /** Takes another key beside those that it takes, as servers do while one is replaced. */
  allow(key: string): void;
  /** Takes that key no longer. */
  revoke(key: string): void;
  close(): Promise<void>;
}

export interface TlsProxyOptions {
  /** host:port of a server that speaks gRPC without TLS. */
  target: string;
  server: Certificate;
  /** PEM of the authority whose clients it takes; any client where nothing is said. */
  clients?: string;
  /** The key that each call must carry; none where nothing is said. */
  key?: string;
}

// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
const UNAUTHENTICATED = '16';
const { HTTP2_HEADER_AUTHORIZATION: AUTHORIZATION, NGHTTP2_CANCEL: CANCEL } = constants;

export async function startTlsProxy({ target, server, clients, key }: TlsProxyOptions): Promise<TlsProxy> {
  const keys = new Set<string>();
  const namespaces = new Set<string>();
  const allowed = new Set(key === undefined ? [] : [`Bearer ${key}`]);
  const onward = connect(`http://${target}`);
  const proxy = createSecureServer({
    cert: server.certificate,
    key: server.key,
    ...(clients === undefined ? {} : { ca: clients, requestCert: true, rejectUnauthorized: true }),
  });
  const sockets = new Set<Socket>();
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  proxy.on('sessionError', () => undefined);
  proxy.on('stream', (stream, headers) => {
    const { [AUTHORIZATION]: authorization, 'temporal-namespace': namespace } = headers;
    if (typeof authorization === 'string') keys.add(authorization.replace(/^Bearer /, ''));
    if (typeof namespace === 'string') namespaces.add(namespace);
    if (key === undefined || allowed.has(String(authorization))) return pass(stream, headers);
    stream.on('error', () => undefined);
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': UNAUTHENTICATED,
        'grpc-message': 'Request unauthorized.',
      },
      { endStream: true },
    );
  });
  const pass = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const { [AUTHORIZATION]: _key, ...rest } = headers;
    const call = onward.request({ ...rest, ':authority': target });
    stream.on('error', () => call.close(CANCEL));
    stream.on('aborted', () => call.close(CANCEL));
    call.on('error', () => stream.close(CANCEL));
    call.on('response', (answer) => {
      if (stream.destroyed) return;
      stream.respond(answer, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    });
    let trailers: IncomingHttpHeaders = {};
    call.on('trailers', (sent: IncomingHttpHeaders) => (trailers = sent));
    stream.pipe(call);
    call.pipe(stream);
  };
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    address: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    get keys() {
      return [...keys];
    },
    namespaces,
    allow: (next) => void allowed.add(`Bearer ${next}`),
    revoke: (last) => void allowed.delete(`Bearer ${last}`),
    async close() {
      const closed = once(proxy, 'close');
      proxy.close();
      for (const socket of sockets) socket.destroy();
      onward.destroy();
      await closed;
    },
  };
}
