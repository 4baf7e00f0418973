import { isGrpcServiceError } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { listens, speaksTls, tryTls, type Handshake } from './handshake';
import { WrongConnection } from './wrong-connection';

type Options = Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey'>;

export const DEFAULT_ADDRESS = 'localhost:7233';

// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md, and the words that the worker's half of the SDK has for them.
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;
const DENIED_WORDS = /does not have valid authentication credentials|does not have permission/;

/**
 * Why the server refuses a connection or a call, where it does; undefined where it is away, or the error is about something
 * else. The SDK's client says only that a deadline has passed, its worker says it in words of a library: so the handshake is
 * done once more, by Node, and looked at.
 */
export async function refusalOf(options: Options, error: unknown): Promise<WrongConnection | undefined> {
  if (isDenied(error)) return keyRefused(options.address ?? DEFAULT_ADDRESS, options.apiKey !== undefined, error);
  return failsToConnect(error) ? handshakeRefusal(options, { cause: error }) : undefined;
}

/** Why no connection comes to stand, by a handshake of our own; undefined where that one does, or nobody is there. */
export async function handshakeRefusal(options: Options, because: ErrorOptions): Promise<WrongConnection | undefined> {
  const { address = DEFAULT_ADDRESS, tls } = options;
  if (!tls) {
    if (!(await listens(address)) || !(await speaksTls(address))) return undefined;
    return new WrongConnection(
      'TlsMismatch',
      `Temporal at ${address} speaks TLS, and no TLS is configured`,
      'Set TEMPORAL_TLS=true, or the certificates that it wants.',
      because,
    );
  }
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls === true ? {} : tls;
  const handshake = await tryTls(address, {
    ca: serverRootCACertificate,
    certificate: clientCertPair?.crt,
    key: clientCertPair?.key,
    serverName: serverNameOverride,
  });
  return explained(address, handshake, clientCertPair !== undefined, because);
}

/** True for a call that the server does not let this client make. */
export function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const inner = isGrpcServiceError(error) ? error : error.cause;
  if (isGrpcServiceError(inner)) return [PERMISSION_DENIED, UNAUTHENTICATED].includes(Number(inner.code));
  return error.name === 'TransportError' && DENIED_WORDS.test(error.message);
}

const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;
function failsToConnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'TransportError' || error.message === 'Failed to connect before the deadline') return true;
  const inner = isGrpcServiceError(error) ? error : error.cause;
  return isGrpcServiceError(inner) && [DEADLINE_EXCEEDED, UNAVAILABLE].includes(Number(inner.code));
}

function keyRefused(address: string, hasKey: boolean, cause: unknown): WrongConnection {
  const what = hasKey ? 'does not take the API key' : 'wants to know who asks, and no API key is set';
  return new WrongConnection(
    'KeyRefused',
    `Temporal at ${address} ${what}`,
    'Set TEMPORAL_API_KEY (api_key in the profile) to a key that is valid and may use TEMPORAL_NAMESPACE; with certificates, let the namespace take them.',
    { cause },
  );
}

function explained(
  address: string,
  handshake: Handshake,
  hasCertificate: boolean,
  because: ErrorOptions,
): WrongConnection | undefined {
  if (handshake.came === 'dropped') return certificateRefused(address, hasCertificate, 'it hung up', because);
  if (handshake.came !== 'refused') return undefined;
  const { code, certificate } = handshake;
  if (code.includes('ALERT')) return certificateRefused(address, hasCertificate, code, because);
  if (/^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_HTTP_REQUEST|EPROTO)$/.test(code)) {
    return new WrongConnection(
      'TlsMismatch',
      `Temporal at ${address} speaks no TLS, and TLS is configured`,
      'Set TEMPORAL_TLS=false and no API key, or ask for the address that has TLS.',
      because,
    );
  }
  const [what, remedy] = untrusted(code, certificate?.subjectaltname);
  return new WrongConnection('ServerUntrusted', `Temporal at ${address} ${what} [${code}]`, remedy, because);
}

function untrusted(code: string, names = ''): [what: string, remedy: string] {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        `shows a certificate that is for another name${names ? `: ${names}` : ''}`,
        'Connect by a name of it, or set TEMPORAL_TLS_SERVER_NAME (tls.server_name in the profile) to one.',
      ];
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return [
        'shows a certificate that has run out, or is not valid yet',
        'Who runs it must renew it; look at the clock of this host, too.',
      ];
    default:
      return [
        'shows a certificate of an authority that is not trusted here',
        'Set TEMPORAL_TLS_SERVER_CA_CERT_PATH (tls.server_ca_cert_path in the profile) to that of its authority.',
      ];
  }
}

const certificateRefused = (address: string, has: boolean, how: string, because: ErrorOptions): WrongConnection =>
  new WrongConnection(
    'CertificateRefused',
    has
      ? `Temporal at ${address} does not take the certificate of this client [${how}]`
      : `Temporal at ${address} wants a certificate of its clients, and none is set [${how}]`,
    has
      ? 'Set TEMPORAL_TLS_CLIENT_CERT_PATH and _KEY_PATH to those of an authority that the server trusts.'
      : 'Set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH (tls in the profile).',
    because,
  );
