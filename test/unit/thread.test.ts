import { afterAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { createThreadPool } from '../../activities/kit/thread';
import type * as tasks from './thread-tasks';

describe('thread pool', () => {
  const pool = createThreadPool<typeof tasks>(__dirname, 'thread-tasks', { threads: 1 });
  afterAll(() => pool.close());

  it('runs a function of a TypeScript file in another thread', async () => {
    const { sum, thread } = await pool.run('sum', Float32Array.of(1, 2, 3.5));
    expect(sum).toBe(6.5);
    expect(thread).toBeGreaterThan(0);
  });

  it('passes progress on, in order, before the result', async () => {
    const seen: number[] = [];
    await expect(pool.run('count', { to: 5 }, { report: (done) => seen.push(done) })).resolves.toBe('counted');
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps the code of a failure and the text of any other error', async () => {
    const failed = await pool.run('fail', 'moved').catch((error: unknown) => error);
    expect(isFailure(failed, 'SourceChanged')).toBe(true);
    await expect(pool.run('crash', undefined as never)).rejects.toThrow('a defect');
  });

  it('ends a task that never returns, with the reason of the signal, and goes on with the next', async () => {
    const abort = new AbortController();
    const reason = new Error('the run was cancelled');
    const spinning = pool.run('spin', null, { signal: abort.signal, report: () => abort.abort(reason) });
    await expect(spinning).rejects.toBe(reason);
    await expect(pool.run('count', { to: 1 })).resolves.toBe('counted');
  });
});
