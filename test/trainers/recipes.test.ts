import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../activities/kit/package-root';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureTrainersPython } from '../../workers/stack/trainers';
import { lossCurve, readManifests, readMetrics, train } from '../support/trainer-job';
import { WarmPython } from '../support/warm-python';

const PREFERENCES = resolve(packageRoot(), '../shared/data/preferences/harmless.jsonl');
const ARCHITECTURE = { hidden: 64, intermediate: 128, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 1_024 };
// Small enough for two ranks on two cores; what takes long is to import the libraries.
const SMALL = { batchSize: 16, microBatchSize: 8, maxLength: 96, evalRows: 96, gradientCheckpointing: false };
const RECIPES = ['pretrain', 'moe', 'sft', 'reward', 'dpo', 'grpo'].map((name) => `llm_pack_trainers.recipes.${name}`);
const LOADED = ['pytest', 'torch.distributed.run', 'llm_pack_trainers.runtime', ...RECIPES];

let root: string;
let python: WarmPython;
let llama: string;
/** A quarter of the preferences in the forms that recipes read, each in a file of its own. */
let some: Record<'texts' | 'prompts' | 'messages' | 'completions', string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'llm-pack-recipes-'));
  const interpreter = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
  python = await WarmPython.start(interpreter, LOADED);
  llama = await makeBase('llama');
  const lines = (await readFile(PREFERENCES, 'utf8')).split('\n').slice(0, 600);
  const pairs = lines.map((line) => JSON.parse(line) as { chosen: string; rejected: string });
  some = {
    texts: await writeRows('texts', pairs),
    prompts: await writeRows('prompts', pairs.map(withPrompt)),
    messages: await writeRows(
      'messages',
      pairs.map(({ chosen }) => ({ messages: messagesOf(chosen) })),
    ),
    completions: await writeRows(
      'completions',
      pairs.map(withPrompt).map(({ prompt, chosen }) => ({ prompt, completion: chosen, answer: 'e' })),
    ),
  };
});
afterAll(async () => {
  await python.stop();
  await rm(root, { recursive: true, force: true });
});

async function makeBase(architecture: 'llama' | 'qwen3'): Promise<string> {
  const dir = join(root, architecture);
  await python.run([join('tests', 'make_base.py'), dir, PREFERENCES, architecture]);
  return dir;
}

async function writeRows(name: string, rows: readonly object[]): Promise<string> {
  const file = join(root, `${name}.jsonl`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

/** The dialogue up to the last answer of the chosen side, and both sides' last answers. */
function withPrompt({ chosen, rejected }: { chosen: string; rejected: string }) {
  const cut = (text: string) => text.lastIndexOf('\n\nAssistant:') + '\n\nAssistant:'.length;
  const [at, other] = [cut(chosen), cut(rejected)];
  return { prompt: chosen.slice(0, at), chosen: chosen.slice(at), rejected: rejected.slice(other) };
}

/** Turns of a dialogue. */
const messagesOf = (text: string) =>
  text
    .split(/\n\n(?=(?:Human|Assistant):)/)
    .filter((turn) => turn !== '')
    .map((turn) => ({
      role: turn.startsWith('Human:') ? 'user' : 'assistant',
      content: turn.slice(turn.indexOf(':') + 1).trim(),
    }));

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
  const output = await python.run(['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/test_kit.py']);
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

  it('fine-tunes adapters by the answers of dialogues, and merges them into a model of the base’s kind', async () => {
    const dir = join(root, 'lora');
    const result = await train(python, {
      dir,
      recipe: 'sft',
      parameters: { ...SMALL, steps: 15, learningRate: 1e-2, lora: { rank: 8 } },
      data: some.messages,
      models: { base: llama },
    });
    expect(moved(result)[1]).toBeLessThan(moved(result)[0]);
    expect(result.architecture).toBe('LlamaForCausalLM');
    expect(await readdir(join(dir, 'result'))).not.toContain('adapter_config.json');
  });

  it('fine-tunes by completions of prompts, several in a row, as fewer and fuller rows', async () => {
    const result = await train(python, {
      dir: join(root, 'packed'),
      recipe: 'sft',
      parameters: { ...SMALL, epochs: 1, learningRate: 3e-3, maxLength: 256, packing: true },
      data: some.completions,
      models: { base: llama },
    });
    expect(moved(result)[1]).toBeLessThan(moved(result)[0]);
    // 570 rows are learnt from, 36 steps of 16 where each has a row of its own.
    expect(result.steps).toBeLessThan(36);
  });

  it('learns from preferences which answer people like better', async () => {
    const reward = await trainReward();
    expect(reward.metric).toEqual({ name: 'rewardAccuracy', better: 'higher' });
    expect(moved(reward)[1]).toBeGreaterThan(moved(reward)[0]);

    const dpo = await train(python, {
      dir: join(root, 'dpo'),
      recipe: 'dpo',
      parameters: { ...SMALL, steps: 30, learningRate: 1e-3 },
      data: some.prompts,
      models: { base: llama },
    });
    expect(moved(dpo)[1]).toBeLessThan(moved(dpo)[0]);
    expect(dpo.after.rewardMargin).toBeGreaterThan(dpo.before.rewardMargin as number);
  });

  it('raises rewards that are checked, and those of a model', async () => {
    const grpo = { recipe: 'grpo' as const, data: some.completions };
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
    const byChecks = {
      ...grpo,
      dir: join(root, 'grpo'),
      parameters: {
        ...{ ...parameters, completionLength: 4, beta: 0 },
        rewards: [
          { kind: 'regex', pattern: 'e' },
          { kind: 'exact', weight: 0.5 },
          { kind: 'json', weight: 0.1 },
          { kind: 'length', weight: 0.1, least: 1, most: 3 },
        ],
      },
      models: { base: llama },
    };
    const checked = await train(python, byChecks);
    expect(moved(checked)[1]).toBeGreaterThan(moved(checked)[0]);
    for (const name of ['rewardRegex', 'rewardExact', 'rewardJson', 'rewardLength'])
      expect(checked.after[name], name).toBeGreaterThanOrEqual(0);
    // A rule that stops has the next attempt make a model of the last checkpoint, with no step of its own.
    const again = await train(python, { ...byChecks, attempt: 2, resumeFrom: 25 });
    expect(again.after['rewardRegex']).toBeGreaterThan(checked.before['rewardRegex'] as number);

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
