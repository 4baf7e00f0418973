import { link, copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod';
import {
  checkpointManifest,
  failureReport,
  metricLine,
  trainingResult,
  type CheckpointManifest,
  type FailureReport,
  type MetricLine,
  type TrainingJob,
  type TrainingResult,
} from '../../schemas/training';
import { digestFile } from '../stores/file-set';
import { unlessMissing } from '../stores/disk';

/** Names in the folder of a job, as `schemas/training.ts` describes them. */
const FILES = {
  job: 'job.json',
  fence: 'fence',
  control: 'control.json',
  metrics: 'metrics.jsonl',
  failure: 'failure.json',
  stopped: 'stopped.json',
  checkpoints: 'checkpoints',
  manifest: 'manifest.json',
  result: 'result',
  resultFile: 'result.json',
};

/** Bytes of metrics that one look reads at the most; the next look reads on. */
const MOST_METRICS = 4 * 2 ** 20;

/** The lines that a trainer has written from an offset on; a line that is not whole yet comes with the next look. */
export async function readMetrics(dir: string, offset: number): Promise<{ lines: MetricLine[]; next: number }> {
  const handle = await unlessMissing(open(path.join(dir, FILES.metrics), 'r'));
  if (!handle) return { lines: [], next: offset };
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(MOST_METRICS, size - offset)));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    const whole = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    const lines = buffer.subarray(0, whole).toString('utf8').split('\n').flatMap((text) => parsed(metricLine, text) ?? []);
    return { lines, next: offset + whole };
  } finally {
    await handle.close();
  }
}

/** What a rank of this attempt has said of its failure; null where none has. */
export async function readFailure(dir: string, attempt: number): Promise<FailureReport | null> {
  const report = await readJson(failureReport, path.join(dir, FILES.failure));
  return report?.attempt === attempt ? report : null;
}

/** The step at which this attempt ended as it was asked to; null where it has not. */
export async function readStopped(dir: string, attempt: number): Promise<number | null> {
  const text = await unlessMissing(readFile(path.join(dir, FILES.stopped), 'utf8'));
  if (text === undefined) return null;
  const stopped = JSON.parse(text) as { attempt?: number; step?: number };
  return stopped.attempt === attempt ? (stopped.step ?? 0) : null;
}

/** What the training came to; null while it has not. It is there whole or not at all. */
export const readResult = (dir: string): Promise<TrainingResult | null> =>
  readJson(trainingResult, path.join(dir, FILES.result, FILES.resultFile));

/** Folder of the trained model. */
export const resultFolder = (dir: string): string => path.join(dir, FILES.result);

/** Asks every rank for a checkpoint and the end. */
export const askToStop = (dir: string): Promise<void> => replaceFile(path.join(dir, FILES.control), '{"stop": true}\n');

/** The attempt that may publish; 0 where none was made yet. */
export async function readFence(dir: string): Promise<number> {
  const text = await unlessMissing(readFile(path.join(dir, FILES.fence), 'utf8'));
  return text === undefined ? 0 : Number(text);
}

/** Makes an attempt the one that may publish, and takes away what was said to and by those before it. */
export async function beginAttempt(job: TrainingJob): Promise<void> {
  const file = (name: string) => path.join(job.dir, name);
  // The fence first: whoever is still there of the attempt before ends without a word.
  await replaceFile(file(FILES.fence), `${job.attempt}\n`);
  for (const name of [FILES.control, FILES.failure, FILES.stopped]) await rm(file(name), { force: true });
  await replaceFile(file(FILES.job), `${JSON.stringify(job, null, 2)}\n`);
}

/** A checkpoint that is whole, and those after it that are not: why, for people. */
export interface GoodCheckpoint {
  manifest: CheckpointManifest | null;
  damaged: { step: number; why: string }[];
}

/**
 * The newest checkpoint of which every file has the size and the hash that it was written with. One that is damaged is
 * moved aside, so that no trainer meets it. @param seen is told of bytes as they are read
 */
export async function newestCheckpoint(dir: string, seen: (bytes: number) => void): Promise<GoodCheckpoint> {
  const folder = path.join(dir, FILES.checkpoints);
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const damaged: GoodCheckpoint['damaged'] = [];
  for (const name of names.filter((one) => /^step-\d+$/.test(one)).sort().reverse()) {
    const at = path.join(folder, name);
    const manifest = await readJson(checkpointManifest, path.join(at, FILES.manifest));
    // Without a manifest it was never finished: there is no checkpoint, and nothing to say of it.
    if (!manifest) continue;
    const why = await damageOf(at, manifest, seen);
    if (why === null) return { manifest, damaged };
    damaged.push({ step: manifest.step, why });
    await rename(at, path.join(folder, `damaged-${name}-${Date.now()}`));
  }
  return { manifest: null, damaged };
}

async function damageOf(at: string, manifest: CheckpointManifest, seen: (bytes: number) => void): Promise<string | null> {
  for (const { name, bytes, sha256 } of manifest.files) {
    const file = path.join(at, name);
    const found = await unlessMissing(stat(file));
    if (!found) return `${name} is missing`;
    if (found.size !== bytes) return `${name} has ${found.size} bytes instead of ${bytes}`;
    if ((await digestFile(file)).sha256 !== sha256) return `${name} does not have the content it was written with`;
    seen(bytes);
  }
  return null;
}

/** Lays a file where the nodes see it: a second name for it where the disk is the same, a copy elsewhere. */
export async function layFile(from: string, to: string): Promise<void> {
  if (await unlessMissing(stat(to))) return;
  await mkdir(path.dirname(to), { recursive: true });
  const aside = `${to}.part`;
  await rm(aside, { force: true });
  await link(from, aside).catch(() => copyFile(from, aside));
  await rename(aside, to);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const aside = `${file}.part`;
  await writeFile(aside, text, { flush: true });
  await rename(aside, file);
}

async function readJson<S extends z.ZodType>(schema: S, file: string): Promise<z.output<S> | null> {
  const text = await unlessMissing(readFile(file, 'utf8'));
  return text === undefined ? null : (parsed(schema, text) ?? null);
}

function parsed<S extends z.ZodType>(schema: S, text: string): z.output<S> | undefined {
  if (text === '') return undefined;
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
