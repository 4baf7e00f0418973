import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { unlessMissing } from '../../stores/disk';
import { readBytes } from '../job-folder';
import type { JobRequest, JobStatus, LogPiece } from './launcher';
import { stateOf } from './states';
import { torchrunCommand, torchrunEnvironment, type TorchrunOptions } from './torchrun';

/**
 * What a launcher and `trainers/llm_pack_trainers/supervise.py` tell one another of a job: the folder `launches/<id>` in the
 * job's own, which the training folder's `launches/<id>` points to. `supervise.py` says which files there are for a node.
 */
const REQUEST_FILE = 'request.json';

const request = z.object({
  id: z.string(),
  dir: z.string(),
  nodes: z.int().positive(),
  graceSeconds: z.number(),
  nodeTimeoutSeconds: z.number(),
});
export type LaunchRequest = z.infer<typeof request>;

const nodeEnd = z.object({
  word: z.string(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  /** It ended because another node did. */
  followed: z.boolean(),
  /** Seconds since 1970, by the node's clock. */
  at: z.number(),
});
/** How a node has ended. */
export type NodeEnd = z.infer<typeof nodeEnd>;

/** What `supervise.py status` and `stop` answer. */
export const nodeAnswer = z.object({ state: z.enum(['none', 'running', 'ended']), end: nodeEnd.nullable() });
export type NodeAnswer = z.infer<typeof nodeAnswer>;

export interface LaunchOptions extends TorchrunOptions {
  rendezvousHost: string;
  /** A node of which nothing is heard for so long is lost, and with it the job. */
  nodeTimeoutSeconds: number;
  /** From SIGTERM to SIGKILL: a step and a checkpoint have to fit in. */
  graceSeconds: number;
}

/** The `launches` of a training folder. */
export class Launches {
  private readonly root: string;

  constructor(trainingDir: string) {
    this.root = path.join(trainingDir, 'launches');
  }

  /** Makes the folder of a launch, or finds it as the first submit made it. @returns its path. */
  async prepare(job: JobRequest, options: LaunchOptions): Promise<string> {
    const folder = path.join(job.dir, 'launches', job.id);
    await mkdir(folder, { recursive: true });
    await mkdir(this.root, { recursive: true });
    const { rendezvousHost, nodeTimeoutSeconds, graceSeconds } = options;
    const content = {
      ...{ id: job.id, dir: job.dir, nodes: job.nodes, timeLimitSeconds: job.timeLimitSeconds },
      ...{ rendezvousHost, nodeTimeoutSeconds, graceSeconds },
      command: torchrunCommand(job, options),
      env: torchrunEnvironment(job),
      // The nodes know one another by it.
      token: randomBytes(16).toString('hex'),
    };
    await createWhole(path.join(folder, REQUEST_FILE), JSON.stringify(content, null, 2));
    await symlink(folder, path.join(this.root, job.id)).catch(unlessThere);
    return folder;
  }

  /** Removes what points to the launches of a job; before its folder, which says which they are. */
  async forget(jobDir: string): Promise<void> {
    const ids = (await unlessMissing(readdir(path.join(jobDir, 'launches')))) ?? [];
    for (const id of ids) await rm(path.join(this.root, id), { force: true });
  }

  /** The folder of a launch; undefined where there is none, and none was. */
  async find(id: string): Promise<{ folder: string; request: LaunchRequest } | undefined> {
    try {
      const folder = await realpath(path.join(this.root, id));
      return { folder, request: request.parse(JSON.parse(await readFile(path.join(folder, REQUEST_FILE), 'utf8'))) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** How a node has ended, by the file that it leaves. */
export const readNodeEnd = (folder: string, node: number): Promise<NodeEnd | undefined> =>
  readNodeFile(folder, node, 'exit', nodeEnd);

/** How those nodes have ended that have. */
export async function readEnds(folder: string, nodes: number): Promise<NodeEnd[]> {
  const ends = await Promise.all(Array.from({ length: nodes }, (_, node) => readNodeEnd(folder, node)));
  return ends.filter((end) => end !== undefined);
}

/** Whether the supervisor of the first node has begun: from then on the log lies in the folder. */
export const hasStarted = (folder: string): boolean => existsSync(path.join(folder, 'node-0.started.json'));

const nodeStart = z.object({ pid: z.int(), startTime: z.string().nullable() });

/** The process of this host that keeps a node, as it has said itself. */
export const readNodeStart = (folder: string, node: number): Promise<z.infer<typeof nodeStart> | undefined> =>
  readNodeFile(folder, node, 'started', nodeStart);

async function readNodeFile<T>(
  folder: string,
  node: number,
  kind: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path.join(folder, `node-${node}.${kind}.json`), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** How a job has ended whose nodes have: as the first of those that failed by themselves, or the first that failed at all. */
export function statusOfEnd(ends: readonly NodeEnd[]): JobStatus {
  const failed = ends.filter(({ word }) => word !== 'succeeded');
  const first = (some: readonly NodeEnd[]): NodeEnd | undefined => [...some].sort((a, b) => a.at - b.at)[0];
  const end = first(failed.filter(({ followed }) => !followed)) ?? first(failed) ?? first(ends);
  if (end === undefined) throw new Error('None of the nodes has ended.');
  const { word, reason, exitCode } = end;
  return {
    ...{ state: stateOf('local', word), native: word },
    ...(reason === null ? {} : { reason }),
    ...(exitCode === null ? {} : { exitCode }),
  };
}

const PIECE_BYTES = 65_536;

/**
 * The log of node 0 and, once the job has ended, those of the others after it, which do not grow any more: so an offset
 * always means the same byte. A character that is not whole yet is left for the next piece.
 */
export async function readLog(folder: string, nodes: number, ended: boolean, offset: number): Promise<LogPiece> {
  let begin = 0;
  for (let node = 0; node < (ended ? nodes : 1); node += 1) {
    const file = path.join(folder, `node-${node}.log`);
    const piece = pieceOf(await readBytes(file, offset - begin, PIECE_BYTES), offset, ended);
    if (piece.next > offset) return piece;
    if (!ended) break;
    begin += await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return { text: '', next: offset };
}

/** `readLog` of a job as far as its nodes have ended by now. */
export const logSoFar = async (folder: string, nodes: number, offset: number): Promise<LogPiece> =>
  readLog(folder, nodes, (await readEnds(folder, nodes)).length === nodes, offset);

/** The text of bytes that begin at an offset; where more may follow, without the beginning of a character at the end. */
export function pieceOf(bytes: Buffer, offset: number, last: boolean): LogPiece {
  const piece = bytes.subarray(0, PIECE_BYTES);
  const whole = last && piece.length < PIECE_BYTES ? piece.length : wholeCharacters(piece);
  return { text: piece.toString('utf8', 0, whole), next: offset + whole };
}

/** How many bytes of UTF-8 make whole characters: all, but for the beginning of one at the end. */
export function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Creates a file with its content, as one step. @returns false where it is there already. */
export async function createWhole(file: string, content: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, content, { mode: 0o600, flush: true });
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    unlessThere(error);
    return false;
  } finally {
    await rm(aside, { force: true });
  }
}

function unlessThere(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
}
