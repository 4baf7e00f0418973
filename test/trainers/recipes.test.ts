import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../activities/kit/package-root';
import { defaultCacheDir } from '../../workers/stack/cache';
import { runCommand } from '../../workers/stack/commands';
import { ensureTrainersPython, trainersDir } from '../../workers/stack/trainers';
import { endTrainers, lossCurve, readManifests, readMetrics, train } from '../support/trainer-job';

const PREFERENCES = resolve(packageRoot(), '../shared/data/preferences/harmless.jsonl');
const ARCHITECTURE = { hidden: 64, intermediate: 128, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 1_024 };
// Small enough for two ranks on two cores; what takes long is to import the libraries.
const SMALL = { batchSize: 16, microBatchSize: 8, maxLength: 96, evalRows: 96, gradientCheckpointing: false };

let root: string;
let python: string;
let llama: string;
/** A quarter of the preferences, for recipes that read whole dialogues before they begin. */
let some: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'llm-pack-recipes-'));
  python = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
  llama = await makeBase('llama');
  some = join(root, 'some.jsonl');
  await writeFile(some, (await readFile(PREFERENCES, 'utf8')).split('\n').slice(0, 600).join('\n'));
});
afterAll(async () => {
  endTrainers();
  await rm(root, { recursive: true, force: true });
});

async function makeBase(architecture: 'llama' | 'qwen3'): Promise<string> {
  const dir = join(root, architecture);
  const args = [join(trainersDir(), 'tests', 'make_base.py'), dir, PREFERENCES, architecture];
  await runCommand(python, args, { env: { ...process.env, PYTHONPATH: trainersDir() } });
  return dir;
}

/** Before and after, of the metric that the recipe is judged by. */
const moved = (result: Awaited<ReturnType<typeof train>>): [number, number] => [
  result.before[result.metric.name] as number,
  result.after[result.metric.name] as number,
];

let rewardModel: ReturnType<typeof train> | undefined;
/** Trained once, for the two tests that want it. */
const trainReward = () =>
  (rewardModel ??= train(python, {
    dir: join(root, 'reward'),
    recipe: 'reward',
    parameters: { ...SMALL, steps: 40, learningRate: 2e-3 },
    data: PREFERENCES,
    models: { base: llama },
  }));

it('holds the parts of the kit to what they say', async () => {
  const output = await runCommand(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/test_kit.py'], {
    cwd: trainersDir(),
    env: { ...process.env, PYTHONPATH: trainersDir() },
  });
  expect(output).toMatch(/\d+ passed/);
  expect(output).not.toMatch(/failed|error/i);
});

describe('on two ranks', () => {
  it('pre-trains a model from nothing, whole or in shards, to the same losses', async () => {
    const parameters = { ...SMALL, steps: 20, learningRate: 3e-3, checkpointEverySteps: 8, architecture: ARCHITECTURE };
    const jobs = ['ddp', 'fsdp'].map((parallel) => ({
      dir: join(root, `pretrain-${parallel}`),
      recipe: 'pretrain' as const,
      parameters: { ...parameters, parallel },
      data: PREFERENCES,
      columns: { text: 'chosen' },
    }));
    const [whole, sharded] = [await train(python, jobs[0]!), await train(python, jobs[1]!)];

    const [before, after] = moved(whole);
    expect(after).toBeLessThan(before - 0.5);
    expect(moved(sharded)[1]).toBeCloseTo(after, 3);
    expect(whole).toMatchObject({ steps: 20, rowsSeen: 320, architecture: 'LlamaForCausalLM' });

    const { dir } = jobs[0]!;
    const curve = await lossCurve(dir);
    expect([...curve.keys()]).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    const last = (await readMetrics(dir)).findLast((line) => line.loss !== undefined);
    expect(last?.tokensPerSecond).toBeGreaterThan(100);
    expect(last?.memoryBytes).toBeGreaterThan(1e8);
    // Two are kept; the last step has one of its own.
    const manifests = await readManifests(dir);
    expect(manifests.map(({ step, rowsSeen, worldSize }) => ({ step, rowsSeen, worldSize }))).toEqual([
      { step: 16, rowsSeen: 256, worldSize: 2 },
      { step: 20, rowsSeen: 320, worldSize: 2 },
    ]);
    const files = await readdir(join(dir, 'result'));
    for (const file of ['model.safetensors', 'config.json', 'tokenizer.json', 'README.md'])
      expect(files).toContain(file);
    expect(await readFile(join(dir, 'result', 'README.md'), 'utf8')).toContain('| data | `sha256:0123` |');
  });

  it('trains experts from nothing, and of a dense base, and says how evenly they are used', async () => {
    const parameters = { ...SMALL, steps: 20, learningRate: 3e-3, experts: 4 };
    const columns = { text: 'chosen' };
    const fresh = await train(python, {
      dir: join(root, 'moe'),
      recipe: 'moe',
      parameters: { ...parameters, architecture: ARCHITECTURE },
      data: PREFERENCES,
      columns,
    });
    expect(fresh.architecture).toBe('MixtralForCausalLM');
    expect(moved(fresh)[1]).toBeLessThan(moved(fresh)[0] - 0.5);
    const line = (await readMetrics(join(root, 'moe'))).find((metric) => metric.step === 20);
    expect(line?.extra?.routerBalance).toBeGreaterThanOrEqual(1);
    expect(line?.extra?.routerBalance).toBeLessThan(4);
    expect(line?.extra?.routerEntropy).toBeLessThanOrEqual(1.000001);

    const upcycled = await train(python, {
      dir: join(root, 'upcycle'),
      recipe: 'moe',
      parameters,
      data: PREFERENCES,
      columns,
      models: { base: await makeBase('qwen3') },
    });
    expect(upcycled.architecture).toBe('Qwen3MoeForCausalLM');
    expect(moved(upcycled)[1]).toBeLessThan(moved(upcycled)[0] - 0.5);
  });

  it('fine-tunes adapters and merges them into a model of the base’s kind', async () => {
    const dir = join(root, 'lora');
    const result = await train(python, {
      dir,
      recipe: 'sft',
      parameters: { ...SMALL, steps: 15, learningRate: 1e-2, lora: { rank: 8 } },
      data: PREFERENCES,
      columns: { text: 'chosen' },
      models: { base: llama },
    });
    expect(moved(result)[1]).toBeLessThan(moved(result)[0]);
    expect(result.architecture).toBe('LlamaForCausalLM');
    expect(await readdir(join(dir, 'result'))).not.toContain('adapter_config.json');
  });

  it('learns from preferences which answer people like better', async () => {
    const reward = await trainReward();
    expect(reward.metric).toEqual({ name: 'rewardAccuracy', better: 'higher' });
    expect(moved(reward)[1]).toBeGreaterThan(moved(reward)[0]);

    const dpo = await train(python, {
      dir: join(root, 'dpo'),
      recipe: 'dpo',
      parameters: { ...SMALL, steps: 30, learningRate: 1e-3 },
      data: some,
      models: { base: llama },
    });
    expect(moved(dpo)[1]).toBeLessThan(moved(dpo)[0]);
    expect(dpo.after.rewardMargin).toBeGreaterThan(dpo.before.rewardMargin as number);
  });

  it('raises rewards that are checked, and those of a model', async () => {
    const grpo = {
      recipe: 'grpo' as const,
      data: some,
      columns: { prompt: 'chosen' },
    };
    const parameters = {
      ...SMALL,
      batchSize: 8,
      microBatchSize: 16,
      maxLength: 32,
      evalRows: 32,
      steps: 25,
      learningRate: 1e-2,
      generations: 4,
      completionLength: 8,
    };
    const checked = await train(python, {
      ...grpo,
      dir: join(root, 'grpo'),
      parameters: { ...parameters, completionLength: 4, beta: 0, rewards: [{ kind: 'regex', pattern: 'e' }] },
      models: { base: llama },
    });
    expect(moved(checked)[1]).toBeGreaterThan(moved(checked)[0]);

    await trainReward();
    const modelled = await train(python, {
      ...grpo,
      dir: join(root, 'grpo-model'),
      parameters,
      models: { base: llama, reward: join(root, 'reward', 'result') },
    });
    expect(moved(modelled)[1]).toBeGreaterThan(moved(modelled)[0]);
    expect((await readMetrics(join(root, 'grpo-model'))).at(-2)?.extra?.kl).toBeGreaterThan(0);
  });
});
