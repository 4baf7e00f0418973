import type { EncoderIdentity } from '../../schemas/rebuild-index';
import { failure } from '../errors';
import type { Encoder } from './encoder';

/** Which of the configured encoders is asked for. */
export type WantedEncoder =
  /** By its name in temporal.config.ts; `default` is the one under `encoder`. */
  | { named: string }
  /** The one for a language (ISO 639-1), else the default; the language is asked for only where it matters. */
  | { language: () => Promise<string | null> }
  /** The one that made the vectors of an index or a transform. */
  | { identity: EncoderIdentity };

/**
 * Opens an encoder on first use; the default one where none is named.
 * @throws `EncoderNotConfigured`, and `ModelNotFound` or `Unavailable` where it can not be loaded.
 */
export type OpenEncoder = (wanted?: WantedEncoder) => Promise<Encoder>;

/**
 * The encoder that made the vectors of `subject`, the name of an index or of what else holds them.
 * @throws `EncoderNotConfigured` where this host has it under no name.
 */
export async function encoderOf(open: OpenEncoder, identity: EncoderIdentity, subject: string): Promise<Encoder> {
  const encoder = await open({ identity });
  if (encoder.identity.fingerprint !== identity.fingerprint) throw notConfigured(identity, subject);
  return encoder;
}

/** That no configured encoder has the fingerprint. */
export const notConfigured = ({ name, fingerprint }: EncoderIdentity, subject: string): Error =>
  failure(
    'EncoderNotConfigured',
    `${subject} needs the encoder ${name} with the fingerprint ${fingerprint.slice(0, 12)}, which is not configured here.`,
  );
