import { describe, expect, it } from 'vitest';
import { classify } from '../../../activities/training/classify';
import type { FailureReport, JobState } from '../../../schemas/training';

const report = (of: FailureReport['class']): FailureReport => ({
  ...{ attempt: 1, class: of, type: 'ValueError', message: 'no text', rank: 1, step: 4 },
});
const ended = (state: JobState, exitCode?: number, native = 'failed') => ({
  ...{ state, native },
  ...(exitCode === undefined ? {} : { exitCode }),
});

describe('the class of a failure', () => {
  it('is what a rank says of itself', () => {
    expect(classify({ status: ended('failed', 1), report: report('data'), log: 'MemoryError' })).toEqual({
      class: 'data',
      why: 'rank 1 at step 4: ValueError: no text',
    });
  });

  it('is memory where the launcher says so, whatever a rank thought', () => {
    const status = { ...ended('failed', 137, 'OUT_OF_MEMORY') };
    expect(classify({ status, report: report('infrastructure'), log: '' }).class).toBe('memory');
    expect(classify({ status: { ...ended('failed'), reason: 'OOMKilled' }, report: null, log: '' }).class).toBe(
      'memory',
    );
  });

  it.each<[string, string]>([
    ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB', 'memory'],
    ["ModuleNotFoundError: No module named 'bitsandbytes'", 'user'],
    ['  traceback : Signal 9 (SIGKILL) received by PID 4242', 'infrastructure'],
    ['RuntimeError: [gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:1', 'infrastructure'],
    ['OSError: [Errno 28] No space left on device', 'infrastructure'],
  ])('is found in the log: %s', (log, of) => {
    const found = classify({ status: ended('failed', 1), report: null, log: `begins\n${log}\nends` });
    expect(found).toEqual({ class: of, why: log.trim() });
  });

  it('is the infrastructure for a signal and for what was taken away, and the code for any other end', () => {
    expect(classify({ status: ended('failed', 137), report: null, log: '' }).class).toBe('infrastructure');
    expect(classify({ status: ended('lost'), report: null, log: '' }).class).toBe('infrastructure');
    expect(classify({ status: ended('cancelled'), report: null, log: 'SyntaxError' }).class).toBe('infrastructure');
    expect(classify({ status: ended('failed', 2), report: null, log: '' })).toEqual({
      class: 'user',
      why: 'it ended with exit code 2',
    });
  });
});
