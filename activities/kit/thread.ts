import { extname, join } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { ApplicationFailure } from '@temporalio/common';
import { Piscina } from 'piscina';
import type { Report } from './heartbeat';
import type { ThreadAnswer, ThreadRequest } from './thread-entry';

/** What the file of a pool exports: functions that take one task and may tell how far they are. */
export type ThreadFunctions<M> = { [K in keyof M]: (task: never, report: Report) => unknown };

export interface RunOptions {
  /**
   * Ends the task. A task that waits is dropped; one that runs is ended with its thread (another thread takes its
   * place), so it must leave nothing outside its scratch folder. Where a thread is dear, give it small tasks instead
   * and check the signal between them.
   */
  signal?: AbortSignal;
  /** Gets what the thread function reports. */
  report?: Report;
}

/** Threads that run the functions of one file, off the event loop. */
export interface ThreadPool<M extends ThreadFunctions<M>> {
  /**
   * Runs the exported function `name` in the next free thread. Task and result are copied, so they hold plain data and
   * typed arrays only. A failure of the pack arrives with its code; any other error as it was thrown.
   */
  run<K extends keyof M & string>(
    name: K,
    task: Parameters<M[K]>[0],
    options?: RunOptions,
  ): Promise<Awaited<ReturnType<M[K]>>>;
  /** Ends the threads, and with them what still runs. */
  close(): Promise<void>;
}

// Compiled or from source: what this very file is decides for all.
const extension = extname(__filename);

/**
 * A pool of `threads` threads over the file `name` in the folder `dir`; they start with the first task and stay until
 * `close`. Works from source (vitest, jiti) and from dist alike.
 *
 * @example
 * import type * as thread from './filter-thread';
 * const pool = createThreadPool<typeof thread>(__dirname, 'filter-thread', { threads: 2 });
 * const counts = await pool.run('filter', { unit: 3 }, { signal, report });
 * // filter-thread.ts: export function filter(task: { unit: number }, report: Report) { … }
 */
export function createThreadPool<M extends ThreadFunctions<M>>(
  dir: string,
  name: string,
  options: { threads: number },
): ThreadPool<M> {
  const file = join(dir, name + extension);
  let started: Piscina<ThreadRequest, ThreadAnswer> | undefined;
  const start = () =>
    (started ??= new Piscina<ThreadRequest, ThreadAnswer>({
      filename: join(__dirname, `thread-entry${extension}`),
      minThreads: options.threads,
      maxThreads: options.threads,
      ...(extension === '.ts' ? { execArgv: ['--require', join(__dirname, 'thread-loader.cjs')] } : {}),
    }));

  const run = async (request: ThreadRequest, { signal, report }: RunOptions): Promise<unknown> => {
    signal?.throwIfAborted();
    const channel = report && new MessageChannel();
    const tell = ([done, total]: [number, number]) => report?.(done, total);
    channel?.port1.on('message', tell);
    try {
      const answer = await start().run(channel ? { ...request, port: channel.port2 } : request, {
        transferList: channel ? [channel.port2] : [],
        ...(signal ? { signal } : {}),
      });
      if ('failure' in answer) throw ApplicationFailure.create(answer.failure);
      // The result may overtake the last reports, which came through another port: they are there, only not read yet.
      for (let late; channel && (late = receiveMessageOnPort(channel.port1));) tell(late.message as [number, number]);
      return answer.result;
    } catch (error) {
      // The caller's own reason (a cancelled activity) says more than the pool's AbortError.
      signal?.throwIfAborted();
      throw error;
    } finally {
      channel?.port1.close();
    }
  };

  return {
    run: (functionName, task, runOptions = {}) => run({ file, name: functionName, task }, runOptions) as never,
    async close() {
      await started?.destroy();
      started = undefined;
    },
  };
}
