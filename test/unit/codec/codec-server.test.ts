import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CodecServer, startCodecServer } from '../../../workers/codec/codec-server';
import { EncryptionCodec } from '../../../workers/codec/encryption-codec';
import { HOSTILE } from '../../support/fuzz/hostile';

const UI = 'http://127.0.0.1:8233';
const secret = randomBytes(32);
const codec = new EncryptionCodec([{ id: 'k1', secret }]);
let server: CodecServer;
beforeAll(async () => {
  server = await startCodecServer({ codec, host: '127.0.0.1', port: 0, origins: [UI] });
});
afterAll(() => server.close());

const { Payloads } = temporal.api.common.v1;
const asJson = (payloads: Payload[]) =>
  JSON.stringify(Payloads.toObject(Payloads.create({ payloads }), { bytes: String }));
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

it('opens for the UI what a worker has sealed, and seals what the UI sends', async () => {
  const plain: Payload = defaultPayloadConverter.toPayload({ name: 'docs' });
  const sealed = await codec.encode([plain]);
  const opened = await post('/decode', asJson(sealed), { origin: UI, 'x-namespace': 'default' });
  expect(opened.headers.get('access-control-allow-origin')).toBe(UI);
  const { payloads } = (await opened.json()) as { payloads: { data: string }[] };
  expect(JSON.parse(Buffer.from(payloads[0]?.data ?? '', 'base64').toString())).toEqual({ name: 'docs' });

  const back = Payloads.fromObject((await (await post('/encode', JSON.stringify({ payloads }))).json()) as object);
  const [again] = await codec.decode(back.payloads);
  expect(defaultPayloadConverter.fromPayload(again ?? {})).toEqual({ name: 'docs' });
});

it('answers the question that a browser asks first', async () => {
  const asked = await fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin: UI } });
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-headers')).toContain('x-namespace');
});

it('refuses pages of other sites, what is no payload, and what it does not know', async () => {
  const body = asJson([]);
  const other = await post('/decode', body, { origin: 'http://evil.example' });
  expect(other.status).toBe(403);
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
  expect((await post('/decode', 'no json')).status).toBe(400);
  expect((await post('/open', body)).status).toBe(404);
  expect((await fetch(`${server.url}/decode`)).status).toBe(405);
});

it('answers whatever it is sent, and never with what a key holds', async () => {
  const [sealed] = await codec.encode([defaultPayloadConverter.toPayload('x')]);
  const other = new EncryptionCodec([{ id: 'k2', secret: randomBytes(32) }]);
  const wrongKey = asJson(await other.encode([defaultPayloadConverter.toPayload('x')]));
  const cut = { ...sealed, data: sealed?.data?.subarray(0, 5) ?? null };
  const bodies = [
    ...HOSTILE.map(([, text]) => text),
    wrongKey,
    asJson([cut]),
    '{"payloads":[{"data":"%%%"}]}',
    '{"payloads":5}',
  ];
  for (const path of ['/decode', '/encode']) {
    for (const body of bodies) {
      const answer = await post(path, body);
      expect([200, 400]).toContain(answer.status);
      const said = await answer.text();
      expect(said).not.toContain(secret.toString('base64'));
      if (answer.status === 400) expect(said.length).toBeLessThan(2_000);
    }
  }
  expect((await post('/decode', wrongKey)).status).toBe(400);
  // Of other pages nothing is opened, whichever they call themselves.
  for (const origin of ['null', `${UI}.evil.example`, UI.toUpperCase(), 'http://127.0.0.1:82331'])
    expect((await post('/decode', asJson([sealed ?? {}]), { origin })).status).toBe(403);
  // The last: who still sends when it is refused loses the connection.
  const large = await post('/decode', ' '.repeat(33 * 2 ** 20)).catch(() => ({ status: 413 }));
  expect(large.status).toBe(413);
});
