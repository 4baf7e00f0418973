/**
 * What the stage costs over the bare command: trainModel on real servers against torchrun alone, on the same rows with the same
 * parameters and two ranks, by turns (`--pairs`, 3). `--steps N` sets how long the job is; what the stage adds is a fixed sum, so its
 * share of a job of three minutes is told as well. `--halts N` measures instead N pauses, from the request until no process of the
 * job is left, and N ways back, from the request to the first step, beside the first step of the bare command.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { prepareJobFolder } from '../activities/training/job-folder';
import { torchrunCommand, torchrunEnvironment } from '../activities/training/launchers/torchrun';
import { MESSAGES } from '../schemas/names';
import { metricLine } from '../schemas/training';
import { RECIPE_PARAMETERS } from '../schemas/training-recipes';
import { startPack } from '../test/support/pack';
import { processesNaming } from '../test/support/training';
import { defaultCacheDir } from '../workers/stack/cache';
import { startStack } from '../workers/stack/stack';
import { ensureTrainersPython } from '../workers/stack/trainers';
import { median } from './figures';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '1000' },
    pairs: { type: 'string', default: '3' },
    halts: { type: 'string', default: '0' },
  },
});
const [STEPS, PAIRS, HALTS] = [options.steps, options.pairs, options.halts].map(Number) as [number, number, number];
const RANKS = 2;
const JOB_SECONDS = 180;
const parameters = {
  ...{ steps: STEPS, batchSize: 8, microBatchSize: 4, maxLength: 64, learningRate: 3e-3, checkpointEverySteps: 100 },
  architecture: { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 512 },
};

async function main(): Promise<void> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'llm-pack-bench-'));
  const python = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
  const stack = await startStack({ stateDir, cacheDir: defaultCacheDir(), env: {}, log: () => undefined });
  const { temporal, databaseUrl, elasticsearchUrl } = stack.addresses;
  const pack = await startPack({ temporalAddress: temporal.address, databaseUrl, elasticsearchUrl });
  try {
    const page = await readFile(path.join(__dirname, '..', 'docs', 'architecture.md'), 'utf8');
    const rows = page.split('\n\n').map((text) => `${JSON.stringify({ text })}\n`);
    await writeFile(path.join(pack.projectDir, 'rows.jsonl'), rows.join(''));
    if (HALTS > 0) return await halts(pack, python, rows.length);
    const added: number[] = [];
    const bare: number[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const alone = await timed(() => bareCommand(python, path.join(pack.projectDir, `bare-${pair}`), rows.length));
      // So long a job learns its few rows by heart, and nobody is there to approve that.
      const gate = { minImprovement: null, force: true };
      const input = { name: 'bench', data: { source: 'rows.jsonl' }, parameters, processesPerNode: RANKS, ...gate };
      const staged = await timed(async () => (await pack.start('trainModel', input, `bench-${pair}`)).result());
      bare.push(alone);
      added.push(staged - alone);
      console.log(`bare ${alone.toFixed(1)} s, stage ${staged.toFixed(1)} s`);
    }
    const more = median(added);
    console.log(`the stage adds ${more.toFixed(1)} s to ${median(bare).toFixed(1)} s (median of ${PAIRS} pairs)`);
    console.log(`of a job of ${JOB_SECONDS} s that is ${((100 * more) / JOB_SECONDS).toFixed(1)}%`);
    console.log(`Node ${process.version}, ${availableParallelism()} cores, ${RANKS} ranks, ${STEPS} steps`);
  } finally {
    await pack.stop();
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }

  /** Pauses a training once it has made some steps, and lets it go on. */
  async function halts(running: typeof pack, interpreter: string, count: number): Promise<void> {
    const { dir } = running.dependencies.training;
    const [gone, back, started]: [number[], number[], number[]] = [[], [], []];
    for (let halt = 0; halt < HALTS; halt += 1) {
      const bareDir = path.join(running.projectDir, `bare-${halt}`);
      const bare = bareCommand(interpreter, bareDir, count, AbortSignal.timeout(120_000)).catch(() => undefined);
      started.push(await timed(() => untilStep(path.join(bareDir, 'metrics.jsonl'), 1, 1)));
      for (const { pid } of processesNaming(bareDir)) process.kill(pid, 'SIGKILL');
      await bare;

      const name = `halted-${halt}`;
      const input = { name, data: { source: 'rows.jsonl' }, parameters, processesPerNode: RANKS };
      const handle = await running.start('trainModel', input, name);
      const metrics = async () => {
        const entries = await readdir(dir).catch((): string[] => []);
        return path.join(dir, entries.find((entry) => entry.startsWith(`${name}-`)) ?? '', 'metrics.jsonl');
      };
      await untilStep(metrics, 1, 50);
      gone.push(
        await timed(async () => {
          await handle.executeUpdate(MESSAGES.pause);
          while (processesNaming(`/${name}-`).length > 0) await after(50);
        }),
      );
      back.push(
        await timed(async () => {
          await handle.executeUpdate(MESSAGES.resume);
          await untilStep(metrics, 2, 1);
        }),
      );
      await handle.cancel();
      await handle.result().catch(() => undefined);
      console.log(
        `pause to nothing left ${gone[halt]?.toFixed(1)} s; resume to first step ${back[halt]?.toFixed(1)} s; bare to first step ${started[halt]?.toFixed(1)} s`,
      );
    }
    const [g, b, s] = [gone, back, started].map(median) as [number, number, number];
    console.log(`medians of ${HALTS}: ${g.toFixed(1)} s, ${b.toFixed(1)} s, ${s.toFixed(1)} s`);
  }

  async function bareCommand(interpreter: string, dir: string, count: number, signal?: AbortSignal): Promise<void> {
    const job = {
      ...{
        id: 'bare',
        attempt: 1,
        recipe: 'pretrain' as const,
        parameters: RECIPE_PARAMETERS.pretrain.parse(parameters),
      },
      ...{ models: {}, eval: null, columns: { text: 'text' }, resumeFrom: null, dir, lineage: {} },
      train: { format: 'jsonl' as const, paths: [path.join(pack.projectDir, 'rows.jsonl')], rows: count },
    };
    await prepareJobFolder(job);
    const request = { id: 'bare', dir, nodes: 1, processesPerNode: RANKS, env: {} };
    const [command = '', ...argv] = torchrunCommand(request, { python: interpreter });
    const perNode = { cpus: RANKS, gpus: 0, memoryBytes: 2 ** 30 };
    const env = { ...process.env, ...torchrunEnvironment({ ...request, perNode }) };
    // A line a step: what Node keeps of them by default is full after some 8,000.
    await promisify(execFile)(command, argv, { env, maxBuffer: 2 ** 26, ...(signal ? { signal } : {}) });
  }
}

/** Waits until an attempt has told of a step, or a later one. */
async function untilStep(file: string | (() => Promise<string>), attempt: number, step: number): Promise<void> {
  for (;;) {
    const text = await readFile(typeof file === 'string' ? file : await file(), 'utf8').catch(() => '');
    const lines = text.split('\n').slice(0, -1);
    const told = lines.map((line) => metricLine.parse(JSON.parse(line)));
    if (told.some((line) => line.attempt === attempt && line.step >= step && line.loss !== undefined)) return;
    await after(50);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await work();
  return (Date.now() - begun) / 1_000;
}

void main();
