import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canary } from '../support/secrets/canary';
import { refuseSecrets, secretSearch } from '../support/secrets/find-secrets';
import { scanFolder } from '../support/secrets/scan-folder';
import { scanHistory } from '../support/secrets/scan-histories';
import { scanProcesses } from '../support/secrets/scan-processes';

// In two halves: this file is no place for a key either.
const join2 = (...parts: string[]) => parts.join('');
const PLANTED = {
  'a private key': join2('-----BEGIN ', 'PRIVATE KEY-----'),
  'a key of AWS': join2('AKIA', 'IOSFODNN7EXAMPLE'.replace(/[0189]/g, '2')),
  'a token of GitHub': join2('ghp_', 'a1B2'.repeat(9)),
  'a key of a model provider': join2('sk-proj-', 'a1B2'.repeat(8)),
  'a token of the Hugging Face hub': join2('hf_', 'aBcD'.repeat(8), 'ef'),
  'a web token': join2('eyJhbGciOiJIUzI1NiJ9x.', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0.', 'dozjgNryP4J3jVmNHl0w5N'),
  'an address with a password': join2('postgresql://u', 'ser:pa55word@db.test/x'),
};

const search = secretSearch([{ name: 'the password', text: 'correct-horse-battery' }]);

describe('a planted secret is found', () => {
  it.each(Object.entries(PLANTED))('%s', (what, text) => {
    expect(search('log', Buffer.from(`before ${text} after`), true)).toEqual([{ where: 'log', what, at: 7 }]);
  });

  it.each([0, 1, 2])('a known one and a canary, in base64 after %i bytes', (before) => {
    for (const [what, secret] of [
      ['the password', 'correct-horse-battery'],
      ['a canary of the tests', canary('s3')],
    ] as const) {
      const encoded = Buffer.from(`${'x'.repeat(before)}${secret}yz`).toString('base64');
      expect(search('log', Buffer.from(encoded), false)).toMatchObject([{ what }]);
    }
  });

  it('in the forms that addresses, JSON, digits and the base64 of addresses have', () => {
    const secret = 'a"b/c d?~~>>??\u00ff';
    const found = secretSearch([{ name: 'it', text: secret }]);
    const bytes = Buffer.from(secret);
    const forms = [encodeURIComponent(secret), JSON.stringify({ secret }), bytes.toString('hex')];
    for (const form of [...forms, bytes.toString('base64url')])
      expect(found('log', Buffer.from(`x ${form} y`), false), form).toMatchObject([{ what: 'it' }]);
  });

  it('in the command line of a process', async () => {
    const secret = canary('argument');
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 30_000)', secret]);
    try {
      await once(child, 'spawn');
      await vi.waitFor(async () =>
        expect(await scanProcesses(search)).toContainEqual(expect.objectContaining({ where: `process ${child.pid}` })),
      );
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('in a payload of a history, in a failure, and in what stands beside', () => {
    const payloads = [defaultPayloadConverter.toPayload({ url: PLANTED['an address with a password'] })];
    const history = { events: [{ workflowExecutionStartedEventAttributes: { input: { payloads } } }] };
    expect(scanHistory('run', history, search).map(({ where }) => where)).toContain('run (payloads)');
    const failure = { message: `refused: ${canary('key')}` };
    const failed = { events: [{ activityTaskFailedEventAttributes: { failure } }] };
    expect(scanHistory('run', failed, search)).toMatchObject([{ where: 'run', what: 'a canary of the tests' }]);
  });

  it('and is told by its place alone', () => {
    const secret = canary('key');
    const findings = search('worker.log', Buffer.from(secret), true);
    expect(() => refuseSecrets(findings)).toThrow(/worker\.log, byte 0: a canary of the tests/);
    expect(() => refuseSecrets(findings)).not.toThrow(secret);
    expect(() => refuseSecrets([])).not.toThrow();
  });
});

describe('in a folder', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'llm-pack-scan-'));
    await mkdir(join(dir, 'deep', 'er'), { recursive: true });
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is found wherever it lies, once, over the edge of what is read at once too', async () => {
    const edge = 8 * 2 ** 20;
    const bytes = Buffer.alloc(edge + 1_000, 'x');
    bytes.write(canary('edge'), edge - 5);
    await writeFile(join(dir, 'deep', 'er', 'data.bin'), bytes);
    await writeFile(join(dir, 'worker.log'), `x ${PLANTED['a token of GitHub']}`);
    expect(await scanFolder(dir, search)).toMatchObject([
      { where: join(dir, 'worker.log'), what: 'a token of GitHub', at: 2 },
      { where: join(dir, 'deep', 'er', 'data.bin'), what: 'a canary of the tests', at: edge - 5 },
    ]);
  });

  it('is found in what is packed, up to where that is damaged', async () => {
    const packed = gzipSync(Buffer.from(`a line\n${canary('packed')}\n`));
    await writeFile(join(dir, 'whole.jsonl.gz'), packed);
    await writeFile(join(dir, 'cut.jsonl.gz'), packed.subarray(0, packed.length - 6));
    expect((await scanFolder(dir, search)).map(({ where }) => where).sort()).toEqual(
      ['cut.jsonl.gz', 'whole.jsonl.gz'].map((name) => join(dir, name)),
    );
  });

  it('is let be only in the two files that keep it', async () => {
    await writeFile(join(dir, 'stack.json'), 'correct-horse-battery');
    await writeFile(join(dir, 'password'), 'correct-horse-battery');
    expect(await scanFolder(dir, search)).toEqual([]);
  });
});

it('prose, hashes and addresses without a password are none', () => {
  const texts = [
    'sk-learn and task-oriented',
    'e3b0c44298fc1c149afbf4c8996fb924',
    'postgresql://user:***@host/db',
    'http://127.0.0.1:9200/',
    'https://user@host:80/',
  ];
  expect(texts.flatMap((text) => search('prose', Buffer.from(text), true))).toEqual([]);
});
