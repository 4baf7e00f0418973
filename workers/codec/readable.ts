import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { isEncrypted, keyIdOf, MissingKey } from './encryption-codec';

type History = temporal.api.history.v1.IHistory;

/** A payload of a history can not be decrypted. Says which key it needs, and never what a key holds. */
export class UnreadablePayload extends Error {
  constructor(
    readonly eventId: number,
    readonly keyId: string,
    why: string,
    readonly remedy: string,
  ) {
    super(`A payload of event ${eventId} can not be decrypted: it needs the key "${keyId}", ${why}.`);
    this.name = 'UnreadablePayload';
  }
}

/** The payloads anywhere in a value: the only objects of the API whose `metadata` holds bytes. */
export function payloadsOf(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const { metadata } = value as Payload;
  const isPayload =
    typeof metadata === 'object' &&
    metadata !== null &&
    'encoding' in metadata &&
    metadata['encoding'] instanceof Uint8Array;
  return isPayload ? [value] : Object.values(value).flatMap(payloadsOf);
}

/**
 * A copy of a history with every payload decrypted; the same where none is encrypted. What replays it decrypts for itself and
 * must be given the original.
 * @throws UnreadablePayload for the first that can not be read
 */
export async function readableHistory(history: History, codecs: readonly PayloadCodec[] = []): Promise<History> {
  if (!payloadsOf(history.events).some(isEncrypted)) return history;
  const { History } = temporal.api.history.v1;
  const copy = History.decode(History.encode(history).finish());
  for (const event of copy.events) {
    for (const payload of payloadsOf(event)) {
      if (!isEncrypted(payload)) continue;
      const { metadata, data } = await decrypted(payload, codecs, Number(event.eventId));
      Object.assign(payload, { metadata, data });
    }
  }
  return copy;
}

async function decrypted(payload: Payload, codecs: readonly PayloadCodec[], eventId: number): Promise<Payload> {
  const id = keyIdOf(payload);
  const entry = `{ id: "${id}", variable: "…" } under encryption.keys in temporal.config.ts`;
  if (codecs.length === 0) {
    throw new UnreadablePayload(
      eventId,
      id,
      'and this project names no keys',
      `Add ${entry}, and set that variable to the key that the workers of the run had.`,
    );
  }
  try {
    let payloads = [payload];
    for (const codec of [...codecs].reverse()) payloads = await codec.decode(payloads);
    return payloads[0] ?? payload;
  } catch (error) {
    const isMissing = error instanceof MissingKey;
    throw new UnreadablePayload(
      eventId,
      id,
      isMissing
        ? 'which this project does not name'
        : 'and the key of that name is another one, or the payload was changed',
      isMissing
        ? `Add ${entry}, and set that variable to the key that the workers of the run had.`
        : `Set the variable that encryption.keys names for "${id}" to the key that the workers of the run had.`,
    );
  }
}
