import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Env } from './cache';
import { send } from './processes';

/** A command that ran and failed, or could not be run; the message ends with the last lines it wrote. */
export class CommandFailed extends Error {
  constructor(command: string, why: string, output: string) {
    super(`${command}: ${why}${output ? `\n${lastLines(output)}` : ''}`);
    this.name = 'CommandFailed';
  }
}

export interface CommandOptions {
  cwd?: string;
  env?: Env;
  uid?: number;
  gid?: number;
  /** Ends the command and all that it started. */
  signal?: AbortSignal;
  /** Called every few seconds with the seconds since the start. */
  onWait?: (elapsedSeconds: number) => void;
  /** A command that has not ended by then is ended; in milliseconds. Without it there is no limit. */
  timeoutMs?: number;
}

const WAIT_EVERY_MS = 5_000;

/** Runs a command to its end and returns what it wrote on both outputs. @throws CommandFailed, or the signal's reason. */
export function runCommand(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { signal, onWait, timeoutMs, ...spawnOptions } = options;
  const name = path.basename(command);
  return new Promise((resolve, reject) => {
    let output = '';
    const began = Date.now();
    // Its own group, so that an abort ends its children too (go and mvn start many).
    const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => child.pid !== undefined && send(-child.pid, 'SIGKILL');
    const waiting = onWait && setInterval(() => onWait(Math.round((Date.now() - began) / 1000)), WAIT_EVERY_MS);
    const limit = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs);
    const settle = () => {
      clearInterval(waiting);
      clearTimeout(limit);
      signal?.removeEventListener('abort', end);
      process.removeListener('exit', end);
    };
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end);
    process.once('exit', end);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.on('error', (error) => {
      settle();
      reject(new CommandFailed(name, error.message, ''));
    });
    child.on('close', (code, killedBy) => {
      settle();
      if (signal?.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve(output);
      else reject(new CommandFailed(name, code === null ? `ended by ${killedBy}` : `exit code ${code}`, output));
    });
  });
}

/** The first executable file called `name` on the PATH of `env`. */
export function onPath(name: string, env: Env): string | undefined {
  for (const dir of (env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(dir, name);
    if (dir && isExecutable(file)) return file;
  }
  return undefined;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The end of an output, as much as helps to see why something failed. */
export const lastLines = (output: string, lines = 15): string => output.trimEnd().split('\n').slice(-lines).join('\n');
