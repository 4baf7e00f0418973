import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { QUEUES } from '../../schemas/names';
import { Cli } from '../../workers/cli/cli';
import { Output } from '../../workers/cli/output';
import { run } from '../../workers/cli/run';
import { runWorkers } from '../../workers/cli/run-workers';
import { ensureSearchAttributes } from '../../workers/cli/search-attributes';
import { loadSettings } from '../../workers/settings';
import { CANARY, canary } from '../support/secrets/canary';
import { issue, makeAuthority } from '../support/certificates';
import { sharedServers } from '../support/shared-servers';
import { expired, makeTlsFiles, SERVER_NAME, type TlsFiles } from '../support/tls-files';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy';

const KEY = canary('temporal-key');
const NEXT_KEY = canary('temporal-key');
const namespace = `tls-${randomUUID()}`;

let files: TlsFiles;
let dir: string;
let plain: Connection;
let mutual: TlsProxy;
let outdated: TlsProxy;
let keyed: TlsProxy;
/** Variables of a client that does everything right. */
let right: Record<string, string>;
/** The same with a key in the place of certificates. */
let rightKey: Record<string, string>;

beforeAll(async () => {
  const target = sharedServers().temporalAddress;
  [files, dir, plain] = await Promise.all([
    makeTlsFiles(),
    mkdtemp(join(tmpdir(), 'llm-pack-tls-project-')),
    Connection.connect({ address: target }),
  ]);
  await plain.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  await ensureSearchAttributes(plain, namespace);
  const { ours, server, expiredServer } = files;
  [mutual, outdated, keyed] = await Promise.all([
    startTlsProxy({ target, server, clients: ours.certificate }),
    startTlsProxy({ target, server: expiredServer, clients: ours.certificate }),
    startTlsProxy({ target, server, key: KEY }),
  ]);
  const client = await files.client('client', issue(ours, { name: 'client' }));
  const server_ = {
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: await files.write('ca.pem', ours.certificate),
  };
  right = {
    ...server_,
    TEMPORAL_ADDRESS: mutual.address,
    TEMPORAL_TLS_CLIENT_CERT_PATH: client.certificate,
    TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
  };
  rightKey = { ...server_, TEMPORAL_ADDRESS: keyed.address, TEMPORAL_API_KEY: KEY };
});
afterAll(async () => {
  await Promise.all([mutual?.close(), outdated?.close(), keyed?.close(), plain?.close()]);
  await Promise.all([files?.remove(), dir && rm(dir, { recursive: true, force: true })]);
});

/** What a command line or a worker wrote, on either stream. */
function written() {
  let text = '';
  const stream = { write: (more: string) => ((text += more), true) };
  return { stream, text: () => text };
}

/** A command that needs Temporal and nothing else, in this process. */
async function list(env: Record<string, string>) {
  const { stream, text } = written();
  const began = Date.now();
  const code = await run(['schedules', 'diff'], new Cli(dir, env, stream, stream));
  return { code, text: text(), seconds: (Date.now() - began) / 1000 };
}

/** Runs the workers of the llm pool until `use` is done, or to their end. */
async function work(env: Record<string, string>, use?: (said: () => string) => Promise<void>) {
  const { stream, text } = written();
  const stop = new AbortController();
  const settings = await loadSettings(dir, env);
  const out = new Output(false, stream, stream, env);
  const running = runWorkers({ pools: ['llm'], settings, out, versioned: false, stop: stop.signal });
  running.catch(() => undefined);
  try {
    if (use) {
      await Promise.race([vi.waitUntil(() => text().includes('Ready: llm'), { timeout: 30_000 }), running]);
      await use(text);
    }
  } finally {
    if (use) stop.abort();
    await running;
  }
}

/** A worker answers: a run without an input ends at once, and says why. */
async function oneRun(): Promise<void> {
  const client = new Client({ connection: plain, namespace });
  const handle = await client.workflow.start('cleanDataset', {
    workflowId: randomUUID(),
    taskQueue: QUEUES.llm,
    args: [{}],
  });
  const error: unknown = await handle.result().catch((failure: unknown) => failure);
  const cause: unknown = error instanceof WorkflowFailedError ? error.cause : error;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  expect((cause as ApplicationFailure).type).toBe('InvalidInput');
}

describe('behind TLS that asks for certificates', () => {
  it('commands and workers come through, by variables and by a profile', async () => {
    expect(await list(right)).toMatchObject({ code: 0 });
    await work(right, oneRun);
    const toml = `[profile.prod]
address = "${mutual.address}"
namespace = "${namespace}"
[profile.prod.tls]
server_name = "${SERVER_NAME}"
server_ca_cert_path = "${right['TEMPORAL_TLS_SERVER_CA_CERT_PATH']}"
client_cert_path = "${right['TEMPORAL_TLS_CLIENT_CERT_PATH']}"
client_key_path = "${right['TEMPORAL_TLS_CLIENT_KEY_PATH']}"
`;
    const TEMPORAL_CONFIG_FILE = await files.write('temporal.toml', toml);
    expect(await list({ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'prod' })).toMatchObject({ code: 0 });
    expect(mutual.namespaces).toContain(namespace);
  });

  it('the doctor tells what is wrong, as any command does', async () => {
    const { stream, text } = written();
    const { TEMPORAL_TLS_CLIENT_CERT_PATH: _c, TEMPORAL_TLS_CLIENT_KEY_PATH: _k, ...without } = right;
    await run(['doctor'], new Cli(dir, without, stream, stream));
    expect(text()).toContain('wants a certificate of its clients, and none is set');
  });

  /** Each with what it changes of the right settings, and what is said: the code last. */
  const wrong: [name: string, change: () => Promise<Record<string, string | undefined>>, said: RegExp][] = [
    [
      'no certificate of the client',
      () => Promise.resolve({ TEMPORAL_TLS_CLIENT_CERT_PATH: undefined, TEMPORAL_TLS_CLIENT_KEY_PATH: undefined }),
      /wants a certificate of its clients, and none is set .*\(CertificateRefused\)/,
    ],
    [
      'one of another authority',
      () => clientOf(issue(makeAuthority('Stranger'), { name: 'client' })),
      /does not take the certificate of this client .*\(CertificateRefused\)/,
    ],
    [
      'one that has run out',
      () => clientOf(issue(files.ours, { name: 'client', ...expired })),
      /ran out on .*\(CertificateExpired\)/,
    ],
    [
      'another authority for the server',
      async () => ({
        TEMPORAL_TLS_SERVER_CA_CERT_PATH: await files.write('other-ca.pem', makeAuthority('Stranger').certificate),
      }),
      /of an authority that is not trusted here .*\(ServerUntrusted\)/,
    ],
    [
      'another name of the server',
      () => Promise.resolve({ TEMPORAL_TLS_SERVER_NAME: 'other.test' }),
      /is for another name: DNS:temporal\.test .*\(ServerUntrusted\)/,
    ],
    [
      'a server whose certificate has run out',
      () => Promise.resolve({ TEMPORAL_ADDRESS: outdated.address }),
      /that has run out, or is not valid yet .*\(ServerUntrusted\)/,
    ],
    [
      'no TLS',
      () =>
        Promise.resolve({
          TEMPORAL_TLS: 'false',
          TEMPORAL_TLS_CLIENT_CERT_PATH: undefined,
          TEMPORAL_TLS_CLIENT_KEY_PATH: undefined,
        }),
      /speaks TLS, and no TLS is configured \(TlsMismatch\)/,
    ],
    [
      'TLS to a server without',
      () => Promise.resolve({ TEMPORAL_ADDRESS: sharedServers().temporalAddress }),
      /speaks no TLS, and TLS is configured \(TlsMismatch\)/,
    ],
    [
      'a key file that is not there',
      () => Promise.resolve({ TEMPORAL_TLS_CLIENT_KEY_PATH: join(dir, 'gone.key') }),
      /gone\.key \(TEMPORAL_TLS_CLIENT_KEY_PATH\) can not be read: ENOENT \(FileUnreadable\)/,
    ],
    [
      'a key file with another thing in it',
      async () => ({ TEMPORAL_TLS_CLIENT_KEY_PATH: await files.write('wrong.key', KEY) }),
      /holds no private key \(SettingsInvalid\)/,
    ],
    [
      'a key of another certificate',
      async () => ({
        TEMPORAL_TLS_CLIENT_KEY_PATH: await files.write('of-another.key', issue(files.ours, { name: 'client' }).key),
      }),
      /is not that of the certificate .*\(SettingsInvalid\)/,
    ],
    [
      'a certificate without its key',
      () => Promise.resolve({ TEMPORAL_TLS_CLIENT_KEY_PATH: undefined }),
      /KEY_PATH is not \(SettingsInvalid\)/,
    ],
  ];

  async function clientOf(certificate: ReturnType<typeof issue>) {
    const paths = await files.client(`client-${randomUUID()}`, certificate);
    return { TEMPORAL_TLS_CLIENT_CERT_PATH: paths.certificate, TEMPORAL_TLS_CLIENT_KEY_PATH: paths.key };
  }

  it.concurrent.each(wrong)('%s is told with its remedy within seconds', async (_name, change, said) => {
    const all = { ...right, ...(await change()) };
    const env = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => !!entry[1]));
    const { code, text, seconds } = await list(env);
    expect(text).toMatch(said);
    expect(text).toMatch(/^Remedy: .{20}/m);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('PRIVATE KEY');
    expect(code).toBe(/FileUnreadable|SettingsInvalid|CertificateExpired/.test(text) ? 2 : 1);
    expect(seconds).toBeLessThan(15);
    await expect(worksOrNot(env)).rejects.toThrow(said);
  });
});

// The runtime of the SDK is one a process: workers start one after another.
let turn: Promise<unknown> = Promise.resolve();
const worksOrNot = (env: Record<string, string>): Promise<void> => {
  const mine = turn.then(() => work(env));
  turn = mine.catch(() => undefined);
  return mine;
};

describe('behind TLS that asks for an API key', () => {
  it('commands come through, a key with a line break at its end too', async () => {
    expect(await list(rightKey)).toMatchObject({ code: 0 });
    expect(await list({ ...rightKey, TEMPORAL_API_KEY: `${KEY}\n` })).toMatchObject({ code: 0 });
  });

  it.each([
    ['another key', { TEMPORAL_API_KEY: canary('another-key') }, /does not take the API key \(KeyRefused\)/],
    ['no key', { TEMPORAL_API_KEY: '' }, /no API key is set \(KeyRefused\)/],
    [
      'a key that is none',
      { TEMPORAL_API_KEY: `${CANARY}-with\nbreak` },
      /apiKey: must be of printable ASCII.*\(SettingsInvalid\)/,
    ],
  ])('%s is told with its remedy, and never shown', async (_name, change, said) => {
    const env = { ...rightKey, ...change };
    const { text, code } = await list(env);
    expect(text).toMatch(said);
    expect(text).toMatch(/^Remedy: .{20}/m);
    expect(text).not.toContain(CANARY);
    expect([1, 2]).toContain(code);
    await expect(work(env)).rejects.toThrow(said);
  });

  it('a file of settings that is no TOML is told by its line, not by its text', async () => {
    const TEMPORAL_CONFIG_FILE = await files.write('broken.toml', `[profile.default]\napi_key = "${KEY}\nx`);
    const { code, text } = await list({ TEMPORAL_CONFIG_FILE });
    expect(text).toMatch(/is no TOML: look at line \d \(SettingsInvalid\)/);
    expect(text).not.toContain(CANARY);
    expect(code).toBe(2);
  });

  it('a worker takes a new key from its profile, and new certificates from their files, and goes on', async () => {
    const profile = (key: string) =>
      files.write('rotating.toml', `[profile.default]\naddress = "${keyed.address}"\napi_key = "${key}"\n`);
    const { TEMPORAL_API_KEY: _k, TEMPORAL_ADDRESS: _a, ...tls } = rightKey;
    const own = await files.client('own', issue(files.ours, { name: 'client' }));
    const env = {
      ...tls,
      TEMPORAL_CONFIG_FILE: await profile(KEY),
      TEMPORAL_TLS_CLIENT_CERT_PATH: own.certificate,
      TEMPORAL_TLS_CLIENT_KEY_PATH: own.key,
      LLM_PACK_LOOK_EVERY_MS: '200',
    };
    await work(env, async (said) => {
      keyed.allow(NEXT_KEY);
      await profile(NEXT_KEY);
      await vi.waitUntil(() => said().includes('Took the new API key'), { timeout: 20_000 });
      await oneRun();
      expect(keyed.keys).toContain(NEXT_KEY);
      keyed.revoke(KEY);
      await oneRun();
      await writeFile(own.key, issue(files.ours, { name: 'renewed' }).key);
      // Half of a change: the key of another certificate is left for the next look.
      const renewed = issue(files.ours, { name: 'renewed' });
      await writeFile(own.certificate, renewed.certificate);
      await writeFile(own.key, renewed.key);
      await vi.waitUntil(() => said().includes('Took the new certificates'), { timeout: 20_000 });
      await oneRun();
      expect(said()).not.toContain(CANARY);
    });
  });
});
