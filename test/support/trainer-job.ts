import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CheckpointManifest,
  checkpointManifest,
  type FailureReport,
  failureReport,
  type MetricLine,
  metricLine,
  type RecipeName,
  type TrainingJob,
  trainingJob,
  type TrainingResult,
  trainingResult,
} from '../../schemas/training';
import { RECIPE_PARAMETERS } from '../../schemas/training-recipes';
import { lastLines } from '../../workers/stack/commands';
import { trainersDir } from '../../workers/stack/trainers';
import { type Running, TRAINER_ENV, type WarmPython } from './warm-python';

/** What a test says of a job; the rest is filled in. */
export interface JobWish {
  dir: string;
  recipe: RecipeName;
  parameters: Record<string, unknown>;
  data: string;
  columns?: Record<string, string>;
  models?: Record<string, string>;
  attempt?: number;
  resumeFrom?: number;
  /** Instead of what the schema makes of the parameters: what only a defect would let through. */
  unchecked?: Record<string, unknown>;
}

/** Lays out a job's folder, or makes the one that is there ready for another attempt. */
export async function writeJob(wish: JobWish): Promise<void> {
  const job: TrainingJob = trainingJob.parse({
    id: `test-${wish.recipe}-${wish.attempt ?? 1}`,
    attempt: wish.attempt ?? 1,
    recipe: wish.recipe,
    parameters: { ...RECIPE_PARAMETERS[wish.recipe].parse(wish.parameters), ...wish.unchecked },
    models: wish.models ?? {},
    train: { format: wish.data.endsWith('.parquet') ? 'parquet' : 'jsonl', paths: [wish.data], rows: 1 },
    eval: null,
    columns: wish.columns ?? {},
    resumeFrom: wish.resumeFrom ?? null,
    dir: wish.dir,
    lineage: { data: 'sha256:0123' },
  });
  await mkdir(wish.dir, { recursive: true });
  await writeFile(join(wish.dir, 'job.json'), JSON.stringify(job));
  await writeFile(join(wish.dir, 'fence'), String(job.attempt));
}

/** torchrun with a job's ranks, in processes of their own, as a launcher starts it. */
export interface Trainer extends Running {
  child: ChildProcess;
}

const alive = new Set<ChildProcess>();
const TORCHRUN = ['-m', 'torch.distributed.run', '--standalone', '--max-restarts=0'];

/** Starts a job as a launcher would. `code` is the folder with the trainers' modules. */
export function startTrainer(python: string, dir: string, ranks = 2, code = trainersDir()): Trainer {
  const child = spawn(python, [...TORCHRUN, `--nproc-per-node=${ranks}`, '-m', 'llm_pack_trainers.run', dir], {
    env: { ...process.env, ...TRAINER_ENV, PYTHONPATH: code },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => {
      alive.delete(child);
      resolve({ code: exit, output });
    });
  });
  return { pid: child.pid as number, child, ended };
}

/** Starts a job under torchrun, all of which are forks of a Python that has loaded what they need. */
export const startWarm = (python: WarmPython, dir: string, ranks = 2): Promise<Running> =>
  python.start([
    ...[...TORCHRUN, `--nproc-per-node=${ranks}`, '--start-method=fork', '--run-path'],
    ...[join(__dirname, 'warm_rank.py'), dir],
  ]);

/** Ends what a failed test has left; ranks end with their torchrun. */
export function endTrainers(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** Trains a job to its end, in forks, and reads what it came to. */
export async function train(python: WarmPython, wish: JobWish, ranks = 2): Promise<TrainingResult> {
  await writeJob(wish);
  const { code, output } = await (await startWarm(python, wish.dir, ranks)).ended;
  if (code !== 0) throw new Error(`The trainer ended with ${code}:\n${lastLines(output, 40)}`);
  return readResult(wish.dir);
}

/** Waits until a job has told of a step, or has ended. */
export async function untilStep(trainer: Running, dir: string, step: number): Promise<void> {
  const ended = new AbortController();
  void trainer.ended.then(() => ended.abort());
  const reached = async () => (await readMetrics(dir)).some((line) => line.loss !== undefined && line.step >= step);
  if (await reached()) return;
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(dir, { signal: ended.signal }, () => {
      void reached().then((there) => {
        if (!there) return;
        watcher.close();
        resolve();
      }, reject);
    });
    ended.signal.addEventListener('abort', () => void trainer.ended.then(({ output }) => reject(new Error(output))));
  });
}

/** The process of a rank. */
export async function pidOfRank({ pid: parent }: Running, rank: number): Promise<number> {
  const children = (await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')).trim().split(' ').map(Number);
  for (const pid of children) {
    const env = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
    if (env.includes(`RANK=${rank}`)) return pid;
  }
  throw new Error(`torchrun has no rank ${rank}`);
}

/** Whole lines of `metrics.jsonl`, each held to its schema. */
export async function readMetrics(dir: string): Promise<MetricLine[]> {
  const text = await readFile(join(dir, 'metrics.jsonl'), 'utf8').catch(() => '');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter(Boolean).map((line) => metricLine.parse(JSON.parse(line)));
}

/** The loss of each step, of the latest attempt that has trained it. */
export async function lossCurve(dir: string): Promise<Map<number, number | null>> {
  const lines = await readMetrics(dir);
  return new Map(
    lines.filter((line) => line.loss !== undefined).map((line) => [line.step, line.loss as number | null]),
  );
}

/** Manifests of all checkpoints, the latest last. */
export async function readManifests(dir: string): Promise<CheckpointManifest[]> {
  const folders = (await readdir(join(dir, 'checkpoints'))).filter((name) => /^step-\d{8}$/.test(name)).sort();
  return Promise.all(folders.map((name) => read(join(dir, 'checkpoints', name, 'manifest.json'), checkpointManifest)));
}

export const readFailure = (dir: string): Promise<FailureReport> => read(join(dir, 'failure.json'), failureReport);

export const readResult = (dir: string): Promise<TrainingResult> =>
  read(join(dir, 'result', 'result.json'), trainingResult);

async function read<T>(file: string, schema: { parse(value: unknown): T }): Promise<T> {
  return schema.parse(JSON.parse(await readFile(file, 'utf8')));
}
