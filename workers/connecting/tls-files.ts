import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientConfigTLS, ConfigDataSource } from '@temporalio/envconfig';
import { WrongConnection } from './wrong-connection';

/** How a setting is called in the environment, without its `_PATH` or `_DATA`. */
const VARIABLES = {
  clientCert: 'TEMPORAL_TLS_CLIENT_CERT',
  clientKey: 'TEMPORAL_TLS_CLIENT_KEY',
  serverCACert: 'TEMPORAL_TLS_SERVER_CA_CERT',
} as const;
type Setting = keyof typeof VARIABLES;

/**
 * Reads the certificates and the key that TLS is set up with, and checks what can be checked without the server.
 * @throws WrongConnection
 */
export function checkTlsFiles(tls: ClientConfigTLS | undefined): void {
  if (!tls || tls.disabled) return;
  const { clientCert, clientKey, serverCACert } = tls;
  if (serverCACert) readCertificate('serverCACert', serverCACert);
  if (!clientCert && !clientKey) return;
  // The SDK leaves the one that it has away without the other.
  if (!clientCert || !clientKey) {
    const [has, lacks] = clientCert ? (['clientCert', 'clientKey'] as const) : (['clientKey', 'clientCert'] as const);
    throw new WrongConnection(
      'SettingsInvalid',
      `${VARIABLES[has]}_PATH is set, and ${VARIABLES[lacks]}_PATH is not`,
      'A client shows its certificate with its key: set both.',
    );
  }
  const certificate = readCertificate('clientCert', clientCert);
  const key = readKey(clientKey);
  if (!certificate.checkPrivateKey(key)) {
    throw new WrongConnection(
      'SettingsInvalid',
      `The key of ${place('clientKey', clientKey)} is not that of the certificate of ${place('clientCert', clientCert)}`,
      'Set the two that were issued together.',
    );
  }
  checkValidity(certificate, place('clientCert', clientCert));
}

function checkValidity({ validFrom, validTo }: X509Certificate, where: string): void {
  const now = Date.now();
  const wrong = Date.parse(validTo) < now ? `ran out on ${validTo}` : `is not valid before ${validFrom}`;
  if (Date.parse(validTo) >= now && Date.parse(validFrom) <= now) return;
  throw new WrongConnection(
    'CertificateExpired',
    `The certificate of ${where} ${wrong}`,
    'Have another one issued, and look at the clock of this host.',
  );
}

function readCertificate(setting: Setting, source: ConfigDataSource): X509Certificate {
  const bytes = readSource(setting, source);
  try {
    return new X509Certificate(bytes);
  } catch {
    throw invalid(setting, source, 'holds no certificate', 'It begins with -----BEGIN CERTIFICATE-----.');
  }
}

function readKey(source: ConfigDataSource): KeyObject {
  const bytes = readSource('clientKey', source);
  try {
    return createPrivateKey(bytes);
  } catch (error) {
    const encrypted = (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE';
    const wrong = encrypted ? 'is encrypted' : 'holds no private key';
    throw invalid('clientKey', source, wrong, 'It must be PEM without a passphrase: "openssl pkey" writes one.');
  }
}

function readSource(setting: Setting, source: ConfigDataSource): Buffer {
  if (!('path' in source)) return Buffer.from(source.data);
  try {
    return readFileSync(source.path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new WrongConnection(
      'FileUnreadable',
      `${place(setting, source)} can not be read: ${code}`,
      'Mount or copy it there, and let this user read it.',
    );
  }
}

const invalid = (setting: Setting, source: ConfigDataSource, wrong: string, remedy: string): WrongConnection =>
  new WrongConnection('SettingsInvalid', `${place(setting, source)} ${wrong}`, remedy);

const place = (setting: Setting, source: ConfigDataSource): string =>
  'path' in source ? `${source.path} (${VARIABLES[setting]}_PATH)` : `${VARIABLES[setting]}_DATA`;
