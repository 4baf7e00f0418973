import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Pool } from '../../schemas/names';

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
  /** Whose workers it has; those of the cpu pool where nothing is said. */
  pools?: readonly Pool[];
  onEvent?: (event: ActivityEvent) => void;
  /** Told of each other line that it writes, such as what the SDK's core says of the server. */
  onSaid?: (line: string) => void;
}

export interface Usage {
  cpuSeconds: number;
  /** The most memory that it has had at once, in bytes. */
  peakBytes: number;
}

/** Workers in a process of their own, which can be killed at any moment. */
export interface WorkerProcess {
  pid: number;
  /** Attempts that were begun and not ended, as far as it has told. */
  inFlight(): ActivityEvent[];
  /** What it has used so far, all its threads together, as Linux tells; no numbers elsewhere. */
  usage(): Usage;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts the process and waits until its workers poll. @throws where it ends before. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { projectDir, env, launcher = [], pools = ['cpu'], onEvent, onSaid } = options;
  const [command = '', ...argv] = [...launcher, process.execPath, JITI, CHILD, ...pools];
  const child = spawn(command, argv, { cwd: projectDir, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const inFlight = new Map<string, ActivityEvent>();
  const take = (event: ActivityEvent) => {
    const key = `${event.workflowId}/${event.id}`;
    if (event.what === 'begin') inFlight.set(key, event);
    else inFlight.delete(key);
    onEvent?.(event);
  };
  await readyAfter(child, take, onSaid);
  return {
    pid: child.pid ?? 0,
    inFlight: () => [...inFlight.values()],
    usage: () => usageOf(child.pid ?? 0),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      // What it has told before is read to the end: `close`, not `exit`.
      await once(child, 'close');
    },
  };
}

function readyAfter(
  child: ChildProcess,
  take: (event: ActivityEvent) => void,
  onSaid?: (line: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('The worker has no standard output.');
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The SDK's core writes there, too, such as that the server is away.
      if (!line.startsWith('{')) return onSaid?.(line);
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

// Linux counts CPU time for programs in hundredths of a second, whatever its kernel does (USER_HZ).
const TICKS_A_SECOND = 100;

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: after the name in brackets, utime and stime are 12th and 13th. */
function usageOf(pid: number): Usage {
  if (process.platform !== 'linux') return { cpuSeconds: NaN, peakBytes: NaN };
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND,
    peakBytes: Number(peak?.[1]) * 1024,
  };
}
