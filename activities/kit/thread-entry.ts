import { createRequire } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import type { Report } from './heartbeat';

/** What a pool sends to one of its threads. */
export interface ThreadRequest {
  file: string;
  name: string;
  task: unknown;
  /** Carries progress back; absent when nobody listens. */
  port?: MessagePort;
}

/** A failure of the pack, in a form that survives the way between threads: a thrown one arrives without its type. */
export interface FailureData {
  type: string;
  message: string;
  nonRetryable: boolean;
}

export type ThreadAnswer = { result: unknown } | { failure: FailureData };

type ThreadModule = Record<string, (task: unknown, report: Report) => unknown>;

/** Runs in the thread, for every task of the pool: calls the named function of the named file. */
export default async function run({ file, name, task, port }: ThreadRequest): Promise<ThreadAnswer> {
  try {
    const threadFunction = (createRequire(__filename)(file) as ThreadModule)[name];
    if (!threadFunction) throw new Error(`${file} exports no function ${name}`);
    return { result: await threadFunction(task, (done, total) => port?.postMessage([done, total])) };
  } catch (error) {
    const data = failureData(error);
    if (data) return { failure: data };
    throw error;
  } finally {
    port?.close();
  }
}

// By name, not by class: loading Temporal's packages in every thread would cost more than most tasks do.
function failureData(error: unknown): FailureData | undefined {
  if (!(error instanceof Error) || error.name !== 'ApplicationFailure') return undefined;
  const { type, nonRetryable } = error as Error & { type?: string | null; nonRetryable?: boolean | null };
  return { type: type ?? 'InvariantBroken', message: error.message, nonRetryable: nonRetryable === true };
}
