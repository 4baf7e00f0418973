import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
const CHILD = path.join(__dirname, 'worker-child.ts');

/** One attempt of an activity, as its worker began or ended it; `at` is when we were told, in milliseconds. */
export interface ActivityEvent {
  what: 'begin' | 'end';
  activity: string;
  id: string;
  attempt: number;
  workflowId: string;
  at: number;
}

export interface WorkerProcessOptions {
  /** Its working folder, with its temporal.config.ts. */
  projectDir: string;
  /** The addresses of the servers, and all else that it may know. */
  env: NodeJS.ProcessEnv;
  /** Put before the command, which it then must run in its own process: `ip netns exec …`. */
  launcher?: readonly string[];
  onEvent?: (event: ActivityEvent) => void;
}

/** The cpu pool's workers in a process of their own, which can be killed at any moment. */
export interface WorkerProcess {
  pid: number;
  /** Attempts that were begun and not ended, as far as it has told. */
  inFlight(): ActivityEvent[];
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts the process and waits until its workers poll. @throws where it ends before. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { projectDir, env, launcher = [], onEvent } = options;
  const [command = '', ...argv] = [...launcher, process.execPath, JITI, CHILD];
  const child = spawn(command, argv, { cwd: projectDir, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const inFlight = new Map<string, ActivityEvent>();
  const take = (event: ActivityEvent) => {
    const key = `${event.workflowId}/${event.id}`;
    if (event.what === 'begin') inFlight.set(key, event);
    else inFlight.delete(key);
    onEvent?.(event);
  };
  await readyAfter(child, take);
  return {
    pid: child.pid ?? 0,
    inFlight: () => [...inFlight.values()],
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      // What it has told before is read to the end: `close`, not `exit`.
      await once(child, 'close');
    },
  };
}

function readyAfter(child: ChildProcess, take: (event: ActivityEvent) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('The worker has no standard output.');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Omit<ActivityEvent, 'at'> | { what: 'ready' };
      if (told.what === 'ready') resolve();
      else take({ ...told, at: Date.now() });
    });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      reject(new Error(`The worker ended with ${code ?? signal} before it was ready.`)),
    );
  });
}
