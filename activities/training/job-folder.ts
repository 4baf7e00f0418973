import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import {
  type CheckpointManifest,
  checkpointManifest,
  type FailureReport,
  failureReport,
  type MetricLine,
  metricLine,
  type TrainingJob,
  type TrainerSpan,
  trainerSpan,
  trainingJob,
  type TrainingResult,
  trainingResult,
} from '../../schemas/training';
import { failure } from '../errors';

/** Names in a job's folder; what each holds stands at `trainingJob`. */
export const JOB_FILES = {
  job: 'job.json',
  fence: 'fence',
  control: 'control.json',
  metrics: 'metrics.jsonl',
  spans: 'spans.jsonl',
  checkpoints: 'checkpoints',
  manifest: 'manifest.json',
  failure: 'failure.json',
  stopped: 'stopped.json',
  result: 'result',
  resultFile: 'result/result.json',
} as const;

/** Written aside, flushed and renamed: whoever reads sees the old content or the new one, also after a power cut. */
async function writeWhole(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    const handle = await open(aside, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Content of a file, undefined where there is none. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a file holds, undefined where it is missing or not of that form: a trainer that was killed may leave anything. */
async function readAs<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readIfThere(file);
  return text === undefined ? undefined : parseAs(text, schema);
}

function parseAs<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Makes the folder of a job ready for an attempt. Its fence goes up first, so that from then on no earlier attempt publishes;
 * a wish to stop that an earlier one was told goes. For the attempt that is there already nothing is done: what was asked of it
 * since stands.
 * @throws `Superseded` where a later attempt has the folder.
 */
export async function prepareJobFolder(job: TrainingJob): Promise<void> {
  const file = (name: keyof typeof JOB_FILES): string => path.join(job.dir, JOB_FILES[name]);
  await mkdir(file('checkpoints'), { recursive: true });
  const fence = await readFence(job.dir);
  if (fence > job.attempt)
    throw failure('Superseded', `Attempt ${fence} has ${job.dir}; attempt ${job.attempt} is over.`);
  const there = await readAs(file('job'), trainingJob);
  if (fence === job.attempt && there?.attempt === job.attempt) return;
  await writeWhole(file('fence'), `${job.attempt}\n`);
  await rm(file('control'), { force: true });
  await writeWhole(file('job'), `${JSON.stringify(trainingJob.parse(job), null, 2)}\n`);
}

/** The attempt that may publish; 0 before the first one. */
export async function readFence(dir: string): Promise<number> {
  return Number((await readIfThere(path.join(dir, JOB_FILES.fence))) ?? 0);
}

/** Lets no attempt up to `attempt` publish from now on; for one that is given up and may still run where nobody sees it. */
export async function raiseFence(dir: string, above: number): Promise<void> {
  if ((await readFence(dir)) <= above) await writeWhole(path.join(dir, JOB_FILES.fence), `${above + 1}\n`);
}

/** Asks the job for a checkpoint and its end after the step that is under way. */
export const askToStop = (dir: string): Promise<void> =>
  writeWhole(path.join(dir, JOB_FILES.control), `${JSON.stringify({ stop: true })}\n`);

/** Lines of metrics that were whole at the time. */
export interface MetricsPiece {
  lines: MetricLine[];
  /** Bytes from the beginning: where the next piece begins. */
  next: number;
  /** Lines that are none, of a trainer that was killed while it wrote one. */
  torn: number;
}

const PIECE_BYTES = 1 << 20;

/** Metrics from an offset on, at most 1 MiB. A last line without its end is left for the next time. */
export async function readMetrics(dir: string, offset: number): Promise<MetricsPiece> {
  const bytes = await readBytes(path.join(dir, JOB_FILES.metrics), offset, PIECE_BYTES);
  const end = bytes.lastIndexOf('\n') + 1;
  // A line of that length is no metric; without this it would be waited for for ever.
  if (end === 0) return { lines: [], next: offset + (bytes.length === PIECE_BYTES ? PIECE_BYTES : 0), torn: 0 };
  const texts = bytes.toString('utf8', 0, end).split('\n').filter(Boolean);
  const parsed = texts.map(readMetricLine);
  const lines = parsed.filter((line) => line !== undefined);
  return { lines, next: offset + end, torn: parsed.length - lines.length };
}

/** Objects in one line of metrics at most: the line itself and its `extra`, and a few that a recipe of one's own may add. */
const OBJECTS_A_LINE = 8;

/** One metric. After half a line of a trainer that was killed follows, on the same line, the first of the next attempt. */
function readMetricLine(text: string): MetricLine | undefined {
  const whole = parseAs(text, metricLine);
  if (whole) return whole;
  // Only the last few beginnings: to try all of them would take time by the square of a long line's length.
  let start = text.length;
  for (let tried = 0; tried < OBJECTS_A_LINE && start > 0; tried += 1) {
    start = text.lastIndexOf('{"', start - 1);
    if (start === -1) return undefined;
    const line = parseAs(text.slice(start), metricLine);
    if (line) return line;
  }
  return undefined;
}

/** Spans that an attempt has told of: a few, for there is one a phase. */
export async function readSpans(dir: string, attempt: number): Promise<TrainerSpan[]> {
  const bytes = await readBytes(path.join(dir, JOB_FILES.spans), 0, PIECE_BYTES);
  const spans = bytes.toString('utf8').split('\n').filter(Boolean);
  return spans.flatMap((text) => ofAttempt(attempt, parseAs(text, trainerSpan)) ?? []);
}

/** Bytes of a file from an offset on, none where it is missing or shorter. */
export async function readBytes(file: string, offset: number, atMost: number): Promise<Buffer> {
  let handle;
  try {
    handle = await open(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.max(0, Math.min(atMost, size - offset)));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const ofAttempt = <T extends { attempt: number }>(attempt: number, value: T | undefined): T | undefined =>
  value?.attempt === attempt ? value : undefined;

/** Why an attempt failed, as its first rank that failed says; undefined where none could say. */
export const readFailure = async (dir: string, attempt: number): Promise<FailureReport | undefined> =>
  ofAttempt(attempt, await readAs(path.join(dir, JOB_FILES.failure), failureReport));

const stoppedMark = z.object({ attempt: z.int().positive(), step: z.int().nonnegative() });

/** The step at which an attempt has ended as it was asked, its checkpoint written. */
export const readStopped = async (dir: string, attempt: number): Promise<{ step: number } | undefined> =>
  ofAttempt(attempt, await readAs(path.join(dir, JOB_FILES.stopped), stoppedMark));

/** What a job has made, whichever of its attempts did. */
export const readResult = (dir: string): Promise<TrainingResult | undefined> =>
  readAs(path.join(dir, JOB_FILES.resultFile), trainingResult);

/** A checkpoint whose manifest is there: it was whole once. */
export interface Checkpoint {
  step: number;
  dir: string;
  manifest: CheckpointManifest;
}

/** Checkpoints of a job, first step first. Folders without a manifest are none. */
export async function listCheckpoints(dir: string): Promise<Checkpoint[]> {
  const root = path.join(dir, JOB_FILES.checkpoints);
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(
    names
      .filter((name) => /^step-\d{8}$/.test(name))
      .map(async (name) => {
        const manifest = await readAs(path.join(root, name, JOB_FILES.manifest), checkpointManifest);
        return manifest && { step: manifest.step, dir: path.join(root, name), manifest };
      }),
  );
  return found.filter((checkpoint) => checkpoint !== undefined).sort((a, b) => a.step - b.step);
}

/**
 * What is wrong with a checkpoint's files by its manifest, undefined where nothing is. Reads all of them.
 * @param seen is told of bytes as they are read: tens of gigabytes take minutes
 */
export async function checkpointDefect(
  { dir, manifest }: Checkpoint,
  seen: (bytes: number) => void = () => undefined,
): Promise<string | undefined> {
  for (const { name, bytes, sha256 } of manifest.files) {
    const file = path.join(dir, name);
    const size = await stat(file).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) return `${name} is missing`;
    if (size !== bytes) return `${name} has ${size} bytes, not ${bytes}`;
    const hash = createHash('sha256');
    const reading = createReadStream(file).on('data', (piece) => seen(piece.length));
    await pipeline(reading, hash);
    if (hash.digest('hex') !== sha256) return `${name} is not what was written`;
  }
  return undefined;
}
