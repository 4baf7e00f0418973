import { expect, it } from 'vitest';
import { suspendedUntil, suspension } from '../../../activities/training/suspension';
import { newCursor, type WatchCursor } from '../../../activities/training/watch';
import type { JobState } from '../../../schemas/training';

/** A job that runs from 10 s on, as it is seen at the given seconds. */
const seen = (...looks: [at: number, state: JobState][]): WatchCursor =>
  looks.reduce<WatchCursor>((cursor, [at, state]) => ({ ...cursor, state, ...suspension({ ...cursor, state }, at) }), {
    ...newCursor(null, 0),
    runningAt: 10,
  });

it('counts the time for which a job is suspended, and until it runs again', () => {
  const cursor = seen(
    [10, 'running'],
    [20, 'paused'],
    [25, 'paused'],
    [30, 'queued'],
    [34, 'running'],
    [40, 'running'],
  );
  expect(cursor).toMatchObject({ suspendedAt: null, suspendedSeconds: 14 });
  expect(suspendedUntil(50, cursor)).toBe(14);
  const again = seen([20, 'paused'], [24, 'running'], [30, 'paused']);
  expect(again).toMatchObject({ suspendedAt: 30, suspendedSeconds: 4 });
  expect(suspendedUntil(37, again)).toBe(11);
});

it('counts nothing of a job that waits for its first devices, or has ended', () => {
  expect(suspension({ ...newCursor(null, 0), state: 'paused' }, 5)).toEqual({ suspendedAt: null, suspendedSeconds: 0 });
  expect(seen([20, 'paused'], [26, 'failed'], [90, 'failed'])).toMatchObject({
    suspendedAt: null,
    suspendedSeconds: 6,
  });
});

it('goes on from a cursor that an earlier version has written', () => {
  const { suspendedAt: _, suspendedSeconds: __, ...earlier } = newCursor(null, 0);
  expect(suspendedUntil(50, earlier)).toBe(0);
  expect(suspension({ ...earlier, runningAt: 10, state: 'paused' }, 20)).toEqual({
    suspendedAt: 20,
    suspendedSeconds: 0,
  });
});
