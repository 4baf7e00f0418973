import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { packageRoot } from '../../activities/kit/package-root';
import type { PackConfig } from '../../schemas/config';
import { EncryptionCodec, type EncryptionKey, KEY_BYTES } from './encryption-codec';

/** How payloads are written where they are encrypted. */
export interface EncryptedConverter extends DataConverter {
  payloadCodecs: [EncryptionCodec];
  failureConverterPath: string;
}

/** A key that `encryption.keys` names is not in the environment, or is none. Says which, and never what it holds. */
export class WrongKey extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WrongKey';
  }
}

// Compiled, since it is loaded by its path: `npm ci` builds it in a checkout, too.
export const FAILURE_CONVERTER = join(packageRoot(), 'dist', 'workers', 'codec', 'failure-converter.js');

/**
 * What clients and workers write payloads with, from the keys that the configuration names; undefined where it names none, and
 * payloads are plain. @throws WrongKey
 */
export function dataConverterOf(
  { encryption }: Pick<PackConfig, 'encryption'>,
  env: NodeJS.ProcessEnv,
): EncryptedConverter | undefined {
  if (!encryption) return undefined;
  const keys = encryption.keys.map(({ id, variable }) => readKey(id, variable, env[variable]));
  return { payloadCodecs: [new EncryptionCodec(keys)], failureConverterPath: FAILURE_CONVERTER };
}

function readKey(id: string, variable: string, value: string | undefined): EncryptionKey {
  const key = `The key "${id}" of payloads`;
  const remedy = 'Make one with "llm-pack codec new-key", and give it to every worker and client.';
  if (!value) throw new WrongKey(`${key} is not set: ${variable} is empty. ${remedy}`);
  const secret = Buffer.from(value.trim(), 'base64');
  if (secret.length !== KEY_BYTES)
    throw new WrongKey(`${key} is no key: ${variable} must hold ${KEY_BYTES} bytes in base64. ${remedy}`);
  return { id, secret };
}
