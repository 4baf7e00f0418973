import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from './cache';
import { lastLines } from './commands';
import { type Log, StackError } from './log';
import { endProcess, processIdentity, send, type ProcessRef } from './processes';

/** A process that is to run until it is stopped. */
export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  /** The whole environment; without it, that of this process. */
  env?: Env;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Both outputs are appended here; without it they go where those of this process go. */
  logFile?: string;
  /** Done before every start, the first and each restart. */
  prepare?: () => Promise<void>;
  /** Asked until it says true; an error is a no. Without it a process that runs is ready. */
  ready?: () => Promise<boolean>;
  /** How long the first start may take until it is ready. Default 60. */
  readyWithinSeconds?: number;
  /** How often the first start is tried. Default 1; more where it may fail by chance, such as over a port. */
  startAttempts?: number;
  /** What asks it to end. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take to end before it is killed. Default 10. */
  stopWithinSeconds?: number;
  /** Told of each process, as soon as there is one: so that it can be found if this process dies. */
  onSpawn?: (ref: ProcessRef) => void;
  log: Log;
  /** Gives up the start. */
  signal?: AbortSignal;
}

/** A supervised process: it is started again when it ends, until `stop`. */
export interface Supervised {
  readonly name: string;
  /** Of the process that runs now; undefined between two. */
  readonly pid: number | undefined;
  /** How often it was started again. */
  readonly restarts: number;
  /** Ends it and what is left of its group; safe to call twice. */
  stop(): Promise<void>;
}

const READY_SECONDS = 60;
const READY_POLL_MS = 50;
const STOP_SECONDS = 10;
// The first restart comes at once for a person, and one that fails again and again does not keep a core busy.
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;
// A process that ran for this long was not failing at its start: the next delay is the first again.
const STEADY_MS = 10_000;
// Parts log little. A file is set aside once at a start, so two of these are the most a part takes.
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/**
 * Starts a process in a group of its own (so that Ctrl-C in a terminal does not reach it) and keeps it running: one that
 * ends is started again, at growing intervals of 0.2 to 10 seconds, with the same arguments.
 * @returns when it is ready for the first time.
 * @throws StackError with the end of its output where it ends, or is not ready in time, at the first start.
 */
export async function supervise(spec: ChildSpec): Promise<Supervised> {
  const child = new Child(spec);
  await child.start();
  return child;
}

class Child implements Supervised {
  readonly name: string;
  restarts = 0;
  private current: ProcessRef | undefined;
  private readonly stopping = new AbortController();
  private life: Promise<void> = Promise.resolve();

  constructor(private readonly spec: ChildSpec) {
    this.name = spec.name;
  }

  get pid(): number | undefined {
    return this.current?.pid;
  }

  async start(): Promise<void> {
    const { spec } = this;
    const onAbort = () => void this.stop();
    spec.signal?.throwIfAborted();
    spec.signal?.addEventListener('abort', onAbort);
    try {
      for (let attempt = 1; ; attempt++) {
        const run = await this.spawn();
        const why = await Promise.race([run.ended, this.notReady()]);
        if (why === undefined) {
          this.life = this.keepUp(run);
          return;
        }
        await this.stopCurrent();
        spec.signal?.throwIfAborted();
        if (attempt >= (spec.startAttempts ?? 1)) throw this.failedToStart(why);
        await this.pause(FIRST_DELAY_MS * attempt);
      }
    } finally {
      // From here on `stop` is the way to end it, in an order that the owner of several chooses.
      spec.signal?.removeEventListener('abort', onAbort);
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.stopCurrent();
    await this.life;
  }

  private async stopCurrent(): Promise<void> {
    const { stopSignal = 'SIGTERM', stopWithinSeconds = STOP_SECONDS } = this.spec;
    if (this.current) await endProcess(this.current, stopSignal, stopWithinSeconds * 1000);
    this.current = undefined;
  }

  /** Restarts after each end, until the stop. */
  private async keepUp(first: Run): Promise<void> {
    let run = first;
    let delay = FIRST_DELAY_MS;
    for (;;) {
      const began = Date.now();
      const why = await run.ended;
      // What it started does not outlive it: the next one would find its ports and files taken.
      if (this.current) send(-this.current.pid, 'SIGKILL');
      this.current = undefined;
      if (this.stopping.signal.aborted) return;
      if (Date.now() - began > STEADY_MS) delay = FIRST_DELAY_MS;
      this.say(`${why}; starting it again in ${delay / 1000} s`);
      if (!(await this.pause(delay))) return;
      delay = Math.min(delay * 2, MAX_DELAY_MS);
      this.restarts++;
      try {
        run = await this.spawn();
      } catch (error) {
        run = { ended: Promise.resolve(error instanceof Error ? error.message : String(error)) };
        continue;
      }
      if (this.stopping.signal.aborted) await this.stopCurrent();
      else void this.sayWhenReady(run);
    }
  }

  private async sayWhenReady(run: Run): Promise<void> {
    const began = Date.now();
    const why = await Promise.race([run.ended, this.notReady()]);
    if (why === undefined)
      this.say(`is back after ${((Date.now() - began) / 1000).toFixed(1)} s (process ${this.pid})`);
  }

  private async spawn(): Promise<Run> {
    const { command, args, env, cwd, uid, gid, logFile, prepare, onSpawn } = this.spec;
    await prepare?.();
    const output = logFile === undefined ? undefined : openLog(logFile);
    try {
      const child = spawn(command, args, {
        detached: true,
        stdio: ['ignore', output ?? 'inherit', output ?? 'inherit'],
        ...(env ? { env } : {}),
        ...(cwd === undefined ? {} : { cwd }),
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
      });
      if (child.pid !== undefined) {
        this.current = { pid: child.pid, identity: processIdentity(child.pid) ?? 'gone' };
        onSpawn?.(this.current);
      }
      return { ended: ended(child) };
    } finally {
      if (output !== undefined) closeSync(output);
    }
  }

  /** Resolves to undefined once it is ready, or to the reason why it is not. */
  private async notReady(): Promise<string | undefined> {
    const { ready = () => Promise.resolve(true), readyWithinSeconds = READY_SECONDS } = this.spec;
    const run = this.current;
    const deadline = Date.now() + readyWithinSeconds * 1000;
    for (;;) {
      if (this.stopping.signal.aborted || this.current !== run) return 'was stopped';
      if (await ready().catch(() => false)) return undefined;
      if (Date.now() > deadline) return `was not ready within ${readyWithinSeconds} s`;
      if (!(await this.pause(READY_POLL_MS))) return 'was stopped';
    }
  }

  /** False where the stop came first. */
  private async pause(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.stopping.signal }).catch(() => false);
  }

  private say(message: string): void {
    this.spec.log({ part: this.name, message });
  }

  private failedToStart(why: string): StackError {
    const { logFile } = this.spec;
    const tail = logFile === undefined ? '' : `\n${lastLines(readFileSync(logFile, 'utf8'))}`;
    return new StackError(
      `${this.name} did not start: it ${why}.${tail}`,
      logFile === undefined ? 'See its output above.' : `See ${logFile}.`,
    );
  }
}

interface Run {
  /** Resolves, once it has ended, to how. */
  ended: Promise<string>;
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be run (${error.message})`));
    child.once('exit', (code, signal) =>
      resolve(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
  });
}

function openLog(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true });
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > MAX_LOG_BYTES) renameSync(file, `${file}.old`);
  return openSync(file, 'a', 0o600);
}
