import { expect, it } from 'vitest';
import { hasEnded, stateOf } from '../../../activities/training/launchers/states';

it.each([
  ['ray', 'PENDING', 'queued'],
  ['ray', 'STOPPED', 'cancelled'],
  ['slurm', 'STOPPED', 'paused'],
  ['slurm', 'NODE_FAIL', 'lost'],
  ['slurm', 'PREEMPTED', 'lost'],
  ['slurm', 'OUT_OF_MEMORY', 'failed'],
  ['PyTorchJob', 'Restarting', 'recovering'],
  ['TrainJob', 'Complete', 'done'],
  ['JobSet', 'Completed', 'done'],
  ['local', 'timeout', 'failed'],
] as const)('%s calls it %s: %s', (vocabulary, native, state) => {
  expect(stateOf(vocabulary, native)).toBe(state);
});

it.each([
  ['COMPLETED COMPLETING', 'running'],
  ['PENDING,REQUEUED', 'recovering'],
  ['PREEMPTED+REQUEUED', 'recovering'],
  ['FAILED SPECIAL_EXIT', 'failed'],
  ['RUNNING SIGNALING', 'running'],
])('what is under way outranks the state it will end in: %s', (native, state) => {
  expect(stateOf('slurm', native)).toBe(state);
});

it('guesses nothing of a word that it does not know', () => {
  for (const word of ['', 'Done', 'completed', 'RUNNING MOON', 'constructor'])
    expect(stateOf('slurm', word)).toBe('unknown');
  expect(stateOf('ray', 'Running')).toBe('unknown');
  expect(hasEnded('unknown')).toBe(false);
});

it('tells a job that was taken away from one that failed', () => {
  expect(stateOf('ray', 'FAILED', 'JOB_SUPERVISOR_ACTOR_DIED')).toBe('lost');
  expect(stateOf('ray', 'FAILED', 'JOB_ENTRYPOINT_COMMAND_ERROR')).toBe('failed');
  expect(stateOf('PyTorchJob', 'Failed', 'Evicted')).toBe('lost');
  expect(stateOf('PyTorchJob', 'Failed', 'OOMKilled')).toBe('failed');
  expect(stateOf('PyTorchJob', 'Succeeded', 'Evicted')).toBe('done');
});
