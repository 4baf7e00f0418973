import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEncoder } from '../../activities/encoder/encoder';
import { packageRoot } from '../../activities/kit/package-root';
import { packConfig } from '../../schemas/config';
import { defaultCacheDir } from '../../workers/stack/cache';
import { runCommand } from '../../workers/stack/commands';
import { ensureEncoderModel } from '../../workers/stack/encoder-model';
import { ensureEncoderWeights } from '../../workers/stack/encoder-weights';
import { ensureTrainersPython, trainersDir } from '../../workers/stack/trainers';
import { seededRandom } from '../support/random';

const { model } = packConfig.parse({}).encoder;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llm-pack-parity-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('equals sentence-transformers on a few hundred texts of every kind', async () => {
  const options = { cacheDir: defaultCacheDir(), log: () => undefined };
  const python = await ensureTrainersPython(options);
  const weights = await ensureEncoderWeights({ ...options, model });
  const encoder = await openEncoder({
    dir: (await ensureEncoderModel({ ...options, model })).dir,
    name: model,
    threads: 'cores',
    provider: 'cpu',
  });
  const texts = await variedTexts();
  const vectors = await encoder.encode(texts);
  await encoder.close();

  const parity = join(dir, 'parity.json');
  await writeFile(join(dir, 'vectors.f32'), vectors);
  await writeFile(parity, JSON.stringify({ weights: weights.dir, texts, vectors: join(dir, 'vectors.f32') }));
  const output = await runCommand(
    python,
    ['-m', 'pytest', '-q', '-s', '-p', 'no:cacheprovider', 'tests/test_encoder_parity.py'],
    {
      cwd: trainersDir(),
      env: { ...process.env, LLM_PACK_PARITY: parity, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
    },
  );
  console.log(output.split('\n').find((line) => line.startsWith('parity over')));
  expect(output).toMatch(/2 passed/);
});

/** English, code, Chinese, other scripts, emoji, control characters, empty, long; all from a fixed seed. */
async function variedTexts(): Promise<string[]> {
  const root = packageRoot();
  const files = ['README.md', 'package.json', 'activities/encoder/bert-onnx.ts', 'schemas/config.ts'];
  const sources = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const random = seededRandom(11);
  const cuts = sources.flatMap((source) =>
    Array.from({ length: 50 }, () => {
      const start = random.below(source.length);
      return source.slice(start, start + random.below(1200));
    }),
  );
  const words = [
    '数据',
    '清洗',
    '索引',
    '。',
    'vector',
    'naïve',
    'Straße',
    '😀',
    '👩‍👩‍👧',
    'ไทย',
    'हिन्दी',
    '한국어',
    'かな',
    '±½',
    'x²',
    '\u0301',
    '\u200b',
    '[MASK]',
  ];
  const mixed = Array.from({ length: 100 }, () =>
    Array.from({ length: random.below(60) }, () => random.pick(words)).join(random.pick(['', ' ', '\n'])),
  );
  const edges = ['', ' ', '\n\t', '\u0000', 'a', '。', '😀', 'é', 'e\u0301', 'ﬁ', 'I\u0307', '\ufffd', 'a'.repeat(150)];
  return [
    ...cuts,
    ...mixed,
    ...edges,
    'word '.repeat(252),
    'word '.repeat(254),
    'word '.repeat(2000),
    '字'.repeat(600),
  ];
}
