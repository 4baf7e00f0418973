import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { defaultPayloadConverter, METADATA_ENCODING_KEY, type Payload } from '@temporalio/common';
import { expect, it } from 'vitest';
import { dataConverterOf } from '../../../workers/codec/data-converter';
import { EncryptionCodec, isEncrypted } from '../../../workers/codec/encryption-codec';

const key = (id: string) => ({ id, secret: randomBytes(32) });
const [old, fresh] = [key('old'), key('fresh')];
const plain = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);

it('gives back what it was given, whatever that is', async () => {
  const codec = new EncryptionCodec([fresh]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.jsonValue(), fc.uint8Array())), async (values) => {
      const payloads = values.map(plain);
      const sealed = await codec.encode(payloads);
      expect(sealed.every(isEncrypted)).toBe(true);
      const opened = await codec.decode(sealed);
      expect(opened.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual(
        payloads.map((payload) => defaultPayloadConverter.fromPayload(payload)),
      );
    }),
  );
});

it('shows nothing of it, and never seals the same twice alike', async () => {
  const codec = new EncryptionCodec([fresh]);
  const [one, other] = await codec.encode([plain('very secret'), plain('very secret')]);
  expect(Buffer.from(one?.data ?? []).includes('secret')).toBe(false);
  expect(Object.keys(one?.metadata ?? {}).sort()).toEqual([METADATA_ENCODING_KEY, 'encryption-key-id']);
  expect(Buffer.compare(one?.data ?? Buffer.of(), other?.data ?? Buffer.of())).not.toBe(0);
});

it('encrypts with the first key and reads what any of them wrote, and what is plain', async () => {
  const before = await new EncryptionCodec([old]).encode([plain('before')]);
  const rotated = new EncryptionCodec([fresh, old]);
  const after = await rotated.encode([plain('after')]);
  const opened = await rotated.decode([...before, ...after, plain('plain')]);
  expect(opened.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual(['before', 'after', 'plain']);
  await expect(new EncryptionCodec([old]).decode(after)).rejects.toThrow('the key "fresh", which is none of old');
});

it('refuses a payload that was changed anywhere', async () => {
  const codec = new EncryptionCodec([fresh]);
  const [sealed] = await codec.encode([plain({ amount: 1 })]);
  const data = Buffer.from(sealed?.data ?? []);
  for (let at = 0; at < data.length; at += 1) {
    const changed = Buffer.from(data);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(codec.decode([{ metadata: sealed?.metadata ?? {}, data: changed }])).rejects.toThrow('was changed');
  }
  await expect(codec.decode([{ metadata: sealed?.metadata ?? {}, data: data.subarray(0, 5) }])).rejects.toThrow();
});

it('says which key is missing or wrong, and never what it holds', () => {
  const config = { encryption: { keys: [{ id: 'k1', variable: 'KEY_ONE' }] } };
  expect(dataConverterOf({ encryption: undefined }, {})).toBeUndefined();
  expect(() => dataConverterOf(config, {})).toThrow('KEY_ONE is empty');
  const short = Buffer.from('short secret').toString('base64');
  expect(() => dataConverterOf(config, { KEY_ONE: short })).toThrow(/^(?!.*c2hvcnQ).*32 bytes in base64/);
  const good = dataConverterOf(config, { KEY_ONE: randomBytes(32).toString('base64') });
  expect(good?.payloadCodecs).toHaveLength(1);
});
