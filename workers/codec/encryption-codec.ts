import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ValueError, type Payload, type PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';

/** A key of AES-256 by the name that payloads carry. */
export interface EncryptionKey {
  id: string;
  /** 32 bytes. */
  secret: Buffer;
}

// The names that Temporal's own samples use in every language: a worker of a team's own, in Go or Java, reads the same payloads.
const ENCODING = 'encoding';
const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const CIPHER = 'aes-256-gcm';
/** Bytes of a nonce, drawn anew for each payload: a key is good for 2^32 of them (NIST SP 800-38D, 8.3). */
const NONCE = 12;
/** Bytes of the tag that a changed payload does not match. */
const TAG = 16;
export const KEY_BYTES = 32;

/** A payload names a key that is none of ours. */
export class MissingKey extends ValueError {}

/**
 * Encrypts each payload as a whole, what it is encoded as included, with the first of the keys; reads what any of them
 * wrote, and what was never encrypted. So a key is replaced by putting a new one before it, and goes when no history that
 * it wrote is kept any longer.
 *
 * What is not a payload stays readable for whoever can read the namespace: ids, types, search attributes, times.
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly current: EncryptionKey;

  /** @throws `RangeError` without a key, for a key that is not of 32 bytes, and where two have one name. */
  constructor(keys: readonly EncryptionKey[]) {
    const [current] = keys;
    if (!current) throw new RangeError('There is no key to encrypt with.');
    for (const { id, secret } of keys) {
      if (secret.length !== KEY_BYTES) throw new RangeError(`Key ${id} has ${secret.length} bytes, not ${KEY_BYTES}.`);
    }
    this.keys = new Map(keys.map(({ id, secret }) => [id, secret]));
    if (this.keys.size < keys.length) throw new RangeError('Two keys have the same id.');
    this.current = current;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.encrypt(payload)));
  }

  /** @throws `MissingKey` for a key that is not there, `ValueError` for a payload that was changed. */
  decode(payloads: Payload[]): Promise<Payload[]> {
    // Within a promise: what is thrown is to be its rejection.
    return Promise.resolve(payloads).then((all) =>
      all.map((payload) => (isEncrypted(payload) ? this.decrypt(payload) : payload)),
    );
  }

  private encrypt(payload: Payload): Payload {
    const { id, secret } = this.current;
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG });
    const plain = temporal.api.common.v1.Payload.encode(payload).finish();
    const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { [ENCODING]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(id) }, data: sealed };
  }

  private decrypt(payload: Payload): Payload {
    const id = keyIdOf(payload);
    const secret = this.keys.get(id);
    if (!secret) {
      throw new MissingKey(
        `A payload was encrypted with the key "${id}", which is none of ${[...this.keys.keys()].join(', ')}: keep it under encryption.keys in temporal.config.ts.`,
      );
    }
    const sealed = Buffer.from(payload.data ?? []);
    try {
      const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAuthTag(sealed.subarray(-TAG));
      const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
      return temporal.api.common.v1.Payload.decode(plain);
    } catch (error) {
      throw new ValueError(
        `A payload does not match its key "${id}": it was changed, or the key is another one.`,
        error,
      );
    }
  }
}

/** The name of the key that a payload was encrypted with. */
export const keyIdOf = ({ metadata }: Payload): string => text(metadata?.[KEY_ID]);

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

export const isEncrypted = ({ metadata }: Payload): boolean => text(metadata?.[ENCODING]) === ENCRYPTED;
