import * as z from 'zod';
import { failure, isFailure } from '../../errors';
import { processStart } from '../../kit/process-start';
import type { JobRequest, JobStatus, Launcher, LogPiece, NodeRequest } from './launcher';
import {
  Launches,
  type LaunchOptions,
  type NodeAnswer,
  nodeAnswer,
  type NodeEnd,
  logSoFar,
  readNodeEnd,
  readNodeStart,
  statusOfEnd,
} from './launch-folder';
import { askNode } from './node-command';
import { hasEnded, stateOf } from './states';

export interface LocalOptions extends LaunchOptions {
  /** For each node the words before its command; a job of n nodes takes the first n. */
  nodes: readonly (readonly string[])[];
  /** Absolute folder of jobs, the same on every node. */
  trainingDir: string;
}

const ASK_MS = 30_000;
// Supervisors tell one another of an end sooner, and leave a file of it that every node sees.
const ASK_AGAIN_MS = 5_000;
const RUNNING: NodeAnswer = { state: 'running', end: null };
// What `supervise.py stop` may take beyond the grace: SIGKILL, and the kernel.
const KILL_MS = 30_000;
const started = z.object({ found: z.boolean() });
const capacity = z.object({ cpus: z.int(), gpus: z.int(), memoryBytes: z.int() });

/** torchrun under a supervisor on each node, which lives on when the worker ends; the job's folder holds what is known of it. */
export function localLauncher(options: LocalOptions): Launcher {
  const launches = new Launches(options.trainingDir);
  const run = (node: number, timeoutMs: number, ...argv: string[]): Promise<unknown> =>
    askNode(options.nodes[node] ?? [], options.python, argv, timeoutMs);
  const tell = async (node: number, command: string, folder: string, timeoutMs = ASK_MS): Promise<NodeAnswer> =>
    nodeAnswer.parse(await run(node, timeoutMs, command, folder, String(node)));

  // Nodes that ran when they were asked, by the folder and number, and until when that is taken to be so.
  const seenRunning = new Map<string, number>();

  /** How a node stands that has not told its end. On this host a look is enough; elsewhere it takes a connection. */
  async function ask(folder: string, node: number, isFresh: boolean): Promise<NodeAnswer> {
    if (options.nodes[node]?.length === 0) {
      const supervisor = await readNodeStart(folder, node);
      if (supervisor?.startTime && processStart(supervisor.pid) === supervisor.startTime) return RUNNING;
    }
    const key = `${folder} ${node}`;
    if (!isFresh && Date.now() < (seenRunning.get(key) ?? 0)) return RUNNING;
    const answer = await tell(node, 'status', folder);
    if (answer.state === 'running') seenRunning.set(key, Date.now() + ASK_AGAIN_MS);
    else seenRunning.delete(key);
    return answer;
  }

  /** How each node stands. One that has told its end is not asked; where one has, the others are asked anew. */
  async function look(folder: string, nodes: number): Promise<(NodeAnswer | Error)[]> {
    const ends = await Promise.all(range(nodes).map((node) => readNodeEnd(folder, node)));
    const isFresh = ends.some((end) => end !== undefined);
    return Promise.all(
      ends.map(async (end, node): Promise<NodeAnswer | Error> => {
        if (end) return { state: 'ended', end };
        return ask(folder, node, isFresh).catch((error: unknown) => {
          if (isFailure(error, 'Unavailable')) return error as Error;
          throw error;
        });
      }),
    );
  }

  async function status(id: string): Promise<JobStatus | undefined> {
    const launch = await launches.find(id);
    if (!launch) return undefined;
    const answers = await look(launch.folder, launch.request.nodes);
    return judge(answers, launch.request.nodeTimeoutSeconds + launch.request.graceSeconds);
  }

  return {
    async submit(job: JobRequest): Promise<{ found: boolean }> {
      if (job.nodes > options.nodes.length)
        throw failure('LauncherRefused', `The job wants ${job.nodes} nodes and "nodes" names ${options.nodes.length}.`);
      const folder = await launches.prepare(job, options);
      const start = async (node: number): Promise<boolean> =>
        started.parse(await run(node, ASK_MS, 'start', folder, String(node))).found;
      // The others look for node 0.
      const first = await start(0);
      const others = await Promise.all(range(job.nodes).slice(1).map(start));
      return { found: [first, ...others].every(Boolean) };
    },

    status,

    async logs(id: string, offset: number): Promise<LogPiece> {
      const launch = await launches.find(id);
      if (!launch) return { text: '', next: offset };
      const { folder, request } = launch;
      return logSoFar(folder, request.nodes, offset);
    },

    async stop(id: string): Promise<void> {
      const launch = await launches.find(id);
      if (!launch) return;
      const { folder, request } = launch;
      const answers = await look(folder, request.nodes);
      const state = judge(answers, request.nodeTimeoutSeconds + request.graceSeconds)?.state;
      if (state && hasEnded(state)) return;
      const timeoutMs = request.graceSeconds * 1000 + KILL_MS;
      await Promise.all(range(request.nodes).map((node) => tell(node, 'stop', folder, timeoutMs)));
    },

    // It suspends nothing by itself.
    resume: () => Promise.resolve(),

    async capacity(): Promise<{ nodes: number; perNode: NodeRequest }> {
      const each = await Promise.all(
        options.nodes.map(async (_, node) => capacity.parse(await run(node, ASK_MS, 'capacity'))),
      );
      const least = (name: keyof NodeRequest): number => Math.min(...each.map((node) => node[name]));
      const perNode = { cpus: least('cpus'), gpus: least('gpus'), memoryBytes: least('memoryBytes') };
      return { nodes: each.length, perNode };
    },
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/**
 * The state of a job from those of its nodes.
 * @param lostAfterSeconds a node that does not answer has ended by itself so long after all others have: its supervisor has
 *   missed theirs by then.
 */
function judge(answers: readonly (NodeAnswer | Error)[], lostAfterSeconds: number): JobStatus {
  const [away] = answers.filter((answer) => answer instanceof Error);
  const known = answers.filter((answer): answer is NodeAnswer => !(answer instanceof Error));
  const ends: NodeEnd[] = known.flatMap(({ end }) => end ?? []);
  const word = (native: string): JobStatus => ({ state: stateOf('local', native), native });
  if (known.some(({ state }) => state === 'running')) return word(ends.length > 0 ? 'stopping' : 'running');
  if (away !== undefined) {
    const last = Math.max(...ends.map(({ at }) => at));
    const over = known.length > 0 && ends.length === known.length && Date.now() / 1000 - last > lostAfterSeconds;
    if (!over) throw away;
  }
  // A node that was not started when the others ended never will be.
  return ends.length > 0 ? statusOfEnd(ends) : word('starting');
}
