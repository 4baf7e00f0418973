import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

export interface ServerProcess {
  command: string;
  args: readonly string[];
  cwd: string;
  /** All that it sees of the environment. */
  env: Readonly<Record<string, string>>;
}

/** Each of the two steps of an end that is asked for: the input closed, then SIGTERM. */
const GRACE_MS = 1_000;
/** What the shell says where there is no such command. */
export const NO_COMMAND = 127;

/**
 * Leads the server's process group and ends it as a whole with SIGKILL: when the server has ended, so that nothing it
 * has started stays behind, and when we have, however we end, for then the other end of descriptor 3 is closed.
 */
const KEEPER = `
command -v "$1" >/dev/null || exit ${NO_COMMAND}
exec 4<&0
"$@" <&4 4<&- 3<&- &
server=$!
exec 4<&- 2>/dev/null
(read -r _ <&3; kill -KILL 0) </dev/null >/dev/null &
trap '' TERM
wait "$server"
kill -KILL 0
`;

/** Speaks with a server over its standard input and output, as the SDK's own transport does, in a process group of its own. */
export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Known once it has ended by itself. */
  exitCode: number | null = null;
  private child: ChildProcess | undefined;
  private readonly received = new ReadBuffer();

  constructor(private readonly server: ServerProcess) {}

  /** Of the process that leads the group. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    const { command, args, cwd, env } = this.server;
    const child = spawn('/bin/sh', ['-c', KEEPER, 'mcp-keeper', command, ...args], {
      cwd,
      env,
      detached: true,
      // What the server says to standard error is for the log of the worker.
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    this.child = child;
    child.once('close', (code) => {
      this.exitCode = code;
      this.received.clear();
      this.onclose?.();
    });
    // A server that ends while it is written to is noticed by its end.
    for (const stream of child.stdio) stream?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.read(chunk));
    await once(child, 'spawn');
    child.on('error', (error) => this.onerror?.(error));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const input = this.child?.stdin;
    if (!input?.writable || this.hasEnded()) throw new Error('The server has ended.');
    if (!input.write(serializeMessage(message))) await Promise.race([once(input, 'drain'), once(input, 'close')]);
  }

  async close(): Promise<void> {
    const { child } = this;
    if (!child || this.hasEnded()) return;
    const closed = once(child, 'close');
    child.stdin?.end();
    if (await within(GRACE_MS, closed)) return;
    this.signalGroup('SIGTERM');
    if (await within(GRACE_MS, closed)) return;
    this.kill();
    await closed;
  }

  /** Ends the server and all that it has started, at once. */
  kill(): void {
    this.signalGroup('SIGKILL');
  }

  private read(chunk: Buffer): void {
    try {
      this.received.append(chunk);
    } catch (error) {
      // A message that is too long to be held.
      this.onerror?.(error as Error);
      this.kill();
      return;
    }
    for (;;) {
      try {
        const message = this.received.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        // A line that is no message, as of a server that logs to its output: the next one may be one.
        this.onerror?.(error as Error);
      }
    }
  }

  private hasEnded(): boolean {
    return !this.child || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The group lives as long as its leader, which is not waited for before it has ended: the number can not be another's. */
  private signalGroup(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined || this.hasEnded()) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Gone in this very moment.
    }
  }
}

const within = async (ms: number, event: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const first = await Promise.race([event.then(() => true as const), late]);
  clearTimeout(timer);
  return first;
};
