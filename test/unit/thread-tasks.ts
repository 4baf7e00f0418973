import { threadId } from 'node:worker_threads';
import { failure } from '../../activities/errors';
import type { Report } from '../../activities/kit/heartbeat';

/** Functions that thread.test.ts runs in threads. */
export function sum(numbers: Float32Array): { sum: number; thread: number } {
  return { sum: numbers.reduce((total, value) => total + value, 0), thread: threadId };
}

export function count(task: { to: number }, report: Report): string {
  for (let i = 1; i <= task.to; i++) report(i, task.to);
  return 'counted';
}

export function fail(what: string): never {
  throw failure('SourceChanged', what);
}

export function crash(): never {
  throw new TypeError('a defect');
}

/** Never ends by itself, and holds its thread while it runs. */
export function spin(_task: null, report: Report): never {
  for (let i = 0; ; i++) if (i % 1_000_000 === 0) report(i, 0);
}
