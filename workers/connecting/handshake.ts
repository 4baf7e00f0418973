import { connect as connectPlain } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';

export interface Credentials {
  /** PEM of the authorities that the server's certificate may be from; those that Node knows where nothing is said. */
  ca?: Uint8Array | undefined;
  certificate?: Uint8Array | undefined;
  key?: Uint8Array | undefined;
  /** The name that the certificate must be for; the host where nothing is said. */
  serverName?: string | undefined;
}

/** How far a connection came: `plain` where the server took bytes without TLS, `tls` with it. */
export type Handshake =
  | { came: 'away' }
  | { came: 'through' }
  /** The server's certificate was not trusted, or an alert came: Node's or OpenSSL's code, and the certificate. */
  | { came: 'refused'; code: string; certificate?: PeerCertificate }
  /** Hung up on after the handshake, as servers do that look at the client's certificate themselves. */
  | { came: 'dropped' };

const TIMEOUT_MS = 3_000;
// RFC 9113, 3.4: what a client says first; a server answers with its settings.
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

/** Opens a TLS connection as the SDK does and says hello, to find the reason that the SDK does not give. */
export function tryTls(address: string, credentials: Credentials): Promise<Handshake> {
  const { host, port } = hostAndPort(address);
  const { ca, certificate, key, serverName } = credentials;
  const socket = connectTls({
    host,
    port,
    // A name is sent to servers that have several; an address is no name (RFC 6066).
    ...(serverName ? { servername: serverName } : {}),
    ...(ca ? { ca: Buffer.from(ca) } : {}),
    ...(certificate && key ? { cert: Buffer.from(certificate), key: Buffer.from(key) } : {}),
    ALPNProtocols: ['h2'],
  });
  return watched(socket, 'secureConnect');
}

/** True where the server answers a TLS client at all, whoever it is. */
export function speaksTls(address: string): Promise<boolean> {
  const { host, port } = hostAndPort(address);
  const socket = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'], timeout: TIMEOUT_MS });
  return new Promise((resolve) => {
    const end = (speaks: boolean) => {
      socket.destroy();
      resolve(speaks);
    };
    // The server's half is over by then; that it wants a certificate of us comes after.
    socket.once('secureConnect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** True where something takes connections there. */
export function listens(address: string): Promise<boolean> {
  const socket = connectPlain({ ...hostAndPort(address), timeout: TIMEOUT_MS });
  return new Promise((resolve) => {
    const end = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

function watched(socket: TLSSocket, connected: 'secureConnect'): Promise<Handshake> {
  let shaken = false;
  return new Promise((resolve) => {
    const end = (handshake: Handshake) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(handshake);
    };
    const timer = setTimeout(() => end({ came: shaken ? 'through' : 'away' }), TIMEOUT_MS);
    socket.once(connected, () => {
      shaken = true;
      socket.write(PREFACE);
    });
    socket.once('data', () => end({ came: 'through' }));
    socket.once('error', (error: NodeJS.ErrnoException & { cert?: PeerCertificate }) => end(reasonOf(error, shaken)));
    socket.once('close', () => end({ came: shaken ? 'dropped' : 'away' }));
  });
}

const AWAY = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'];

function reasonOf(error: NodeJS.ErrnoException & { cert?: PeerCertificate }, shaken: boolean): Handshake {
  const { code = '', cert } = error;
  if (AWAY.includes(code)) return { came: 'away' };
  if (['ECONNRESET', 'EPIPE'].includes(code)) return { came: shaken ? 'dropped' : 'away' };
  return { came: 'refused', code, ...(cert ? { certificate: cert } : {}) };
}

/** Of `host:port`, `[::1]:port` or a host alone, whose port is Temporal's. */
export function hostAndPort(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || '7233') };
}
