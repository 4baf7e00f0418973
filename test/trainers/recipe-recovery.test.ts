import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../activities/kit/package-root';
import type { TrainingResult } from '../../schemas/training';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureTrainersPython, trainersDir } from '../../workers/stack/trainers';
import {
  endTrainers,
  type JobWish,
  lossCurve,
  pidOfRank,
  readFailure,
  readManifests,
  readMetrics,
  startTrainer,
  startWarm,
  train,
  untilStep,
  writeJob,
} from '../support/trainer-job';
import { WarmPython } from '../support/warm-python';

const PREFERENCES = resolve(packageRoot(), '../shared/data/preferences/harmless.jsonl');
const ARCHITECTURE = { hidden: 64, intermediate: 128, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 512 };
const SMALL = { batchSize: 8, microBatchSize: 4, maxLength: 64, evalRows: 32, gradientCheckpointing: false };
const STEPS = 60;
const RECIPES = ['pretrain', 'sft', 'reward'].map((name) => `llm_pack_trainers.recipes.${name}`);
const LOADED = ['torch.distributed.run', 'llm_pack_trainers.runtime', ...RECIPES];

let root: string;
/** Starts what is killed or sent a signal, as a launcher would; the rest is started warm. */
let python: string;
let warm: WarmPython;
let llama: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'llm-pack-recovery-'));
  python = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
  llama = join(root, 'llama');
  warm = await WarmPython.start(python, LOADED);
  await warm.run(['tests/make_base.py', llama, PREFERENCES]);
});
afterAll(async () => {
  endTrainers();
  await warm.stop();
  await rm(root, { recursive: true, force: true });
});

const pretraining = (name: string, extra: Record<string, unknown> = {}): JobWish => ({
  dir: join(root, name),
  recipe: 'pretrain',
  parameters: {
    ...SMALL,
    steps: STEPS,
    learningRate: 3e-3,
    checkpointEverySteps: 5,
    architecture: ARCHITECTURE,
    ...extra,
  },
  data: PREFERENCES,
  columns: { text: 'chosen' },
});
const fineTuning = (name: string): JobWish => ({
  dir: join(root, name),
  recipe: 'sft',
  // Adapters with dropout: chance has to go on where it stood, too.
  parameters: {
    ...SMALL,
    steps: STEPS,
    learningRate: 3e-3,
    checkpointEverySteps: 7,
    lora: { rank: 4, dropout: 0.1 },
  },
  data: PREFERENCES,
  columns: { text: 'chosen' },
  models: { base: llama },
});

/** Goes on with the latest checkpoint in another attempt. */
async function resume(wish: JobWish, ranks: number, extra: Partial<JobWish> = {}): Promise<TrainingResult> {
  const step = (await readManifests(wish.dir)).at(-1)!.step;
  return train(warm, { ...wish, ...extra, attempt: 2, resumeFrom: step }, ranks);
}

describe('a training that was never disturbed', () => {
  let undisturbed: { result: TrainingResult; curve: Map<number, number | null> };
  beforeAll(async () => {
    const wish = pretraining('undisturbed');
    undisturbed = { result: await train(warm, wish), curve: await lossCurve(wish.dir) };
  });

  it('is what comes of one whose rank was killed, bit by bit, and nearly of one that goes on with fewer ranks', async () => {
    const wish = pretraining('killed');
    await writeJob(wish);
    const trainer = startTrainer(python, wish.dir);
    await untilStep(trainer, wish.dir, 12);
    process.kill(await pidOfRank(trainer, 1), 'SIGKILL');
    expect((await trainer.ended).code).not.toBe(0);
    expect(await readFailure(wish.dir)).toMatchObject({ attempt: 1, class: 'infrastructure', rank: 0 });
    const [latest] = (await readManifests(wish.dir)).slice(-1);
    expect(latest).toMatchObject({ rowsSeen: latest!.step * 8, worldSize: 2, attempt: 1 });
    expect(latest!.step).toBeGreaterThanOrEqual(10);
    expect(latest!.step).toBeLessThan(STEPS);
    const fewer = { ...wish, dir: join(root, 'fewer') };
    await cp(wish.dir, fewer.dir, { recursive: true });

    const result = await resume(wish, 2);
    expect(await lossCurve(wish.dir)).toEqual(undisturbed.curve);
    expect(result.after).toEqual(undisturbed.result.after);
    const second = (await readMetrics(wish.dir)).filter((line) => line.attempt === 2 && line.loss !== undefined);
    expect(second[0]?.step).toBe(latest!.step + 1);

    const alone = await resume(fewer, 1);
    expect(alone.rowsSeen).toBe(undisturbed.result.rowsSeen);
    expect(alone.after.loss).toBeCloseTo(undisturbed.result.after.loss as number, 3);
    expect((await readManifests(fewer.dir)).at(-1)).toMatchObject({ step: STEPS, worldSize: 1 });
  });

  it('is nearly what comes of one rank that is stopped by its folder and goes on as two with shards', async () => {
    const wish = pretraining('more');
    await writeJob(wish);
    const trainer = await startWarm(warm, wish.dir, 1);
    await untilStep(trainer, wish.dir, 3);
    await writeFile(join(wish.dir, 'control.json'), '{"stop": true}');
    expect((await trainer.ended).code).toBe(0);
    const stopped = JSON.parse(await readFile(join(wish.dir, 'stopped.json'), 'utf8')) as { step: number };
    expect((await readManifests(wish.dir)).at(-1)).toMatchObject({ step: stopped.step, worldSize: 1 });

    await rm(join(wish.dir, 'control.json'));
    const { parameters } = pretraining('more', { parallel: 'fsdp' });
    const result = await resume(wish, 2, { parameters });
    expect(result.after.loss).toBeCloseTo(undisturbed.result.after.loss as number, 3);
    expect((await lossCurve(wish.dir)).size).toBe(STEPS);
  });
});

it('writes a checkpoint on SIGTERM and is gone in a moment, and goes on as if nothing had been', async () => {
  const undisturbed = fineTuning('tuned');
  const result = await train(warm, undisturbed);

  const wish = fineTuning('terminated');
  await writeJob(wish);
  const trainer = startTrainer(python, wish.dir);
  await untilStep(trainer, wish.dir, 10);
  const began = Date.now();
  trainer.child.kill('SIGTERM');
  await trainer.ended;
  expect(Date.now() - began).toBeLessThan(15_000);
  const stopped = JSON.parse(await readFile(join(wish.dir, 'stopped.json'), 'utf8')) as { step: number };
  expect((await readManifests(wish.dir)).at(-1)?.step).toBe(stopped.step);

  expect((await resume(wish, 2)).after).toEqual(result.after);
  expect(await lossCurve(wish.dir)).toEqual(await lossCurve(undisturbed.dir));
});

it('goes on with fewer ranks and with more within a trainer of TRL, and makes a model where it was stopped', async () => {
  const tuning = (name: string): JobWish => ({
    ...fineTuning(name),
    parameters: { ...SMALL, steps: 24, learningRate: 3e-3, checkpointEverySteps: 8 },
  });
  const undisturbed = tuning('ranks-undisturbed');
  const result = await train(warm, undisturbed);

  const wish = tuning('ranks');
  let step = 0;
  for (const [at, ranks] of [2, 1].entries()) {
    await writeJob({ ...wish, attempt: at + 1, ...(step > 0 ? { resumeFrom: step } : {}) });
    await rm(join(wish.dir, 'control.json'), { force: true });
    const trainer = await startWarm(warm, wish.dir, ranks);
    await untilStep(trainer, wish.dir, step + 2);
    await writeFile(join(wish.dir, 'control.json'), '{"stop": true}');
    expect((await trainer.ended).code).toBe(0);
    const latest = (await readManifests(wish.dir)).at(-1)!;
    expect(latest).toMatchObject({ worldSize: ranks, rowsSeen: latest.step * 8 });
    expect(latest.step).toBeGreaterThan(step);
    step = latest.step;
  }
  await rm(join(wish.dir, 'control.json'));
  const stopped = { ...wish, dir: join(root, 'ranks-stopped') };
  await cp(wish.dir, stopped.dir, { recursive: true });

  const resumed = await train(warm, { ...wish, attempt: 3, resumeFrom: step }, 2);
  expect(resumed.after.loss).toBeCloseTo(result.after.loss as number, 3);
  const [curve, expected] = [await lossCurve(wish.dir), await lossCurve(undisturbed.dir)];
  expect([...curve.keys()]).toEqual([...expected.keys()]);
  for (const [at, loss] of expected) expect(curve.get(at), `step ${at}`).toBeCloseTo(loss as number, 3);

  // As after a rule whose action is to stop: the model is that of the checkpoint, and nothing is trained any more.
  const parameters = { ...wish.parameters, steps: step };
  const finished = await train(warm, { ...stopped, parameters, attempt: 3, resumeFrom: step }, 2);
  expect(finished).toMatchObject({ steps: step, rowsSeen: step * 8, before: resumed.before });
  expect(finished.after.loss).toBeLessThan(finished.before.loss as number);
});

it('ends without a word when a later attempt has taken over', async () => {
  const wish = pretraining('fenced', { steps: 5_000 });
  await writeJob(wish);
  const trainer = await startWarm(warm, wish.dir, 1);
  await untilStep(trainer, wish.dir, 6);
  await writeFile(join(wish.dir, 'fence'), '2');
  expect((await trainer.ended).code).not.toBe(0);
  await expect(readFailure(wish.dir)).rejects.toThrow('ENOENT');
  const last = (await readManifests(wish.dir)).at(-1)!.step;

  const file = join(wish.dir, 'checkpoints', `step-${String(last).padStart(8, '0')}`, 'schedule.pt');
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
  await expect(resume(wish, 1)).rejects.toThrow('ended with 1');
  const failed = await readFailure(wish.dir);
  expect(failed).toMatchObject({ attempt: 2, class: 'infrastructure', type: 'CheckpointError' });
  expect(failed.message).toContain('is damaged');
  expect(failed.message).toContain(file);
});

describe('a failure says what it was', () => {
  const failed = async (wish: JobWish, ranks: number, code?: string) => {
    await writeJob(wish);
    // Code of another folder must not find what is loaded already.
    const started =
      code === undefined ? await startWarm(warm, wish.dir, ranks) : startTrainer(python, wish.dir, ranks, code);
    const { code: exit } = await started.ended;
    expect(exit).not.toBe(0);
    return readFailure(wish.dir);
  };

  it('numeric: a loss that is no number, before it is saved', async () => {
    const wish = { ...fineTuning('numeric'), unchecked: { learningRate: 1e20, warmupShare: 0, lora: undefined } };
    const failure = await failed(wish, 2);
    expect(failure).toMatchObject({ class: 'numeric', type: 'NumericError' });
    expect((await readMetrics(wish.dir)).at(-1)).toMatchObject({ step: failure.step });
    expect(await readManifests(wish.dir)).toEqual([]);
  });

  it('data: no such column', async () => {
    const failure = await failed({ ...pretraining('column'), columns: { text: 'body' } }, 1);
    expect(failure).toMatchObject({ class: 'data', step: 0 });
    expect(failure.message).toBe('The data has no columns input_ids or body; it has chosen, rejected');
  });

  it('user: a recipe that can not be imported', async () => {
    const code = join(root, 'broken');
    await cp(join(trainersDir(), 'llm_pack_trainers'), join(code, 'llm_pack_trainers'), { recursive: true });
    await writeFile(join(code, 'llm_pack_trainers', 'recipes', 'pretrain.py'), 'import a_package_that_is_not_there\n');
    expect(await failed(pretraining('broken-job'), 2, code)).toMatchObject({
      class: 'user',
      type: 'ModuleNotFoundError',
    });
  });
});
