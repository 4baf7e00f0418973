import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, both as PEM. */
export interface Certificate {
  certificate: string;
  key: string;
}

/** One that may sign others. */
export interface Authority extends Certificate {
  name: string;
  privateKey: KeyObject;
}

export interface Wanted {
  /** Common name. */
  name: string;
  /** DNS names that a server is asked for by. */
  hosts?: readonly string[];
  /** Begin and end of its validity; a day around now where nothing is said. */
  from?: Date;
  until?: Date;
}

const DAY_MS = 86_400_000;

/** A certificate authority of its own. */
export function makeAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = certify({ name }, publicKey, { name, privateKey }, true);
  return { name, privateKey, certificate, key: pemOf(privateKey) };
}

/** A certificate of a server or a client, signed by `authority`. */
export function issue(authority: Authority, wanted: Wanted): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { certificate: certify(wanted, publicKey, authority, false), key: pemOf(privateKey) };
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

// What follows writes X.509 v3 (RFC 5280, section 4.1) in DER: node:crypto reads certificates and makes none.

const EC_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_ID = '2.5.29.14';
const ALTERNATIVE_NAMES = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';

function certify(
  { name, hosts = [], from = new Date(Date.now() - DAY_MS), until = new Date(Date.now() + DAY_MS) }: Wanted,
  publicKey: KeyObject,
  issuer: Pick<Authority, 'name' | 'privateKey'>,
  mayIssue: boolean,
): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(EC_WITH_SHA256));
  const extensions = [
    extension(BASIC_CONSTRAINTS, sequence(...(mayIssue ? [tagged(0x01, Buffer.of(0xff))] : []))),
    extension(SUBJECT_KEY_ID, tagged(0x04, createHash('sha1').update(spki).digest())),
    ...(hosts.length > 0
      ? [extension(ALTERNATIVE_NAMES, sequence(...hosts.map((host) => tagged(0x82, Buffer.from(host)))))]
      : []),
  ];
  const content = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    // The first bit of a positive number is 0, its first byte is not.
    integer(Buffer.concat([Buffer.of(0x41), randomBytes(15)])),
    algorithm,
    commonName(issuer.name),
    sequence(time(from), time(until)),
    commonName(name),
    spki,
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.of(0), sign('sha256', content, issuer.privateKey)]));
  const base64 = sequence(content, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function tagged(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? Buffer.of(body.length)
      : body.length < 0x100
        ? Buffer.of(0x81, body.length)
        : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

const sequence = (...content: Buffer[]): Buffer => tagged(0x30, ...content);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const commonName = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(objectId(COMMON_NAME), tagged(0x0c, Buffer.from(name)))));
const extension = (id: string, value: Buffer): Buffer => sequence(objectId(id), tagged(0x04, value));

/** GeneralizedTime, to the second, in UTC. */
const time = (date: Date): Buffer =>
  tagged(
    0x18,
    Buffer.from(
      `${date
        .toISOString()
        .replace(/\.\d+Z$/, '')
        .replace(/[-:T]/g, '')}Z`,
    ),
  );

/** The first two numbers share a byte; of the others each takes seven bits a byte, all but the last with the high bit set. */
function objectId(id: string): Buffer {
  const [first = 0, second = 0, ...rest] = id.split('.').map(Number);
  const bytes = rest.flatMap((number) => {
    const digits = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}
