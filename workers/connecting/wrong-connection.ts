/** Why Temporal can not be connected to, as far as settings or the server's refusal say it. */
export type ConnectionCode =
  /** A file that the settings name can not be read. */
  | 'FileUnreadable'
  /** The settings are not what they must be: a text that is no TOML, a certificate that is none. */
  | 'SettingsInvalid'
  /** The client's certificate has run out, or is not valid yet. */
  | 'CertificateExpired'
  /** The certificate that the server shows is not one to trust. */
  | 'ServerUntrusted'
  /** The server does not take the client's certificate, or wants one and gets none. */
  | 'CertificateRefused'
  /** One side speaks TLS and the other does not. */
  | 'TlsMismatch'
  /** The server does not take the API key, or wants one and gets none. */
  | 'KeyRefused';

/** A connection that no waiting mends: what is wrong, and what to do. Holds no key, and nothing of a file's text. */
export class WrongConnection extends Error {
  constructor(
    readonly code: ConnectionCode,
    what: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${what} (${code})`, options);
    this.name = 'WrongConnection';
  }
}
