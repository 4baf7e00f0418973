import { describe, expect, it } from 'vitest';
import { Cli } from '../../workers/cli/cli';
import { type DeploymentStatus, mayGo, printStatus, shareOf } from '../../workers/cli/deploy/status';
import { EXIT } from '../../workers/cli/exit';
import { Output } from '../../workers/cli/output';
import { run } from '../../workers/cli/run';

/** Runs a command line in this process; no server is reached from it. */
async function deploy(env: NodeJS.ProcessEnv, ...argv: string[]) {
  let stderr = '';
  const out = { write: () => true };
  const err = { write: (text: string) => ((stderr += text), true) };
  const cli = new Cli(__dirname, { LLM_PACK_STATE: '/nonexistent/state', PATH: process.env['PATH'], ...env }, out, err);
  return { code: await run(['deploy', ...argv], cli), stderr };
}

describe('a command line that is wrong', () => {
  it.each([
    ['no deployment', {}, ['status'], 'No deployment is configured'],
    ['a share of nothing', {}, ['ramp', '0'], 'whole number from 1 to 99'],
    ['a share of all', {}, ['ramp', '100'], 'whole number from 1 to 99'],
    ['a build of no deployment', { TEMPORAL_WORKER_BUILD_ID: 'b1' }, ['status'], 'Set both, or neither'],
    ['a wait without a unit', {}, ['drained', 'b1', '--wait', '5'], 'must be a number with s, m, h, d or w'],
  ])('is refused for %s, and says what to do', async (_, env, argv, words) => {
    const { code, stderr } = await deploy(env, ...argv);
    expect(code).toBe(EXIT.wrongUse);
    expect(stderr).toContain(words);
  });

  it('seeks the server where it is right', async () => {
    const { code, stderr } = await deploy({ TEMPORAL_DEPLOYMENT_NAME: 'pack' }, 'status');
    expect(code).toBe(EXIT.unreachable);
    expect(stderr).toContain('No address for Temporal');
  });
});

describe('whether workers can be stopped for good', () => {
  const none = { pinned: 0, examples: [] };
  it.each([
    ['current', none, false, 'it is current'],
    ['ramping', none, false, 'it gets a share'],
    ['draining', { pinned: 1, examples: ['trainModel-a'] }, false, '1 run pinned to it: trainModel-a'],
    ['draining', { pinned: 7, examples: ['a', 'b'] }, false, '7 runs pinned to it: a, b, …'],
    ['draining', none, false, 'the server looks once more'],
    // Moved there by hand after it was drained: the runs count, not the server's word.
    ['drained', { pinned: 1, examples: ['a'] }, false, '1 run pinned to it: a'],
    ['drained', none, true, 'drained'],
    ['inactive', none, true, 'it never got runs'],
  ] as const)('of a version that is %s with %j: %s, %s', (standing, open, canGo, because) => {
    const told = mayGo({ standing }, open);
    expect(told.canGo).toBe(canGo);
    expect(told.because).toContain(because);
  });
});

describe('the share of a version', () => {
  it('is what a ramp leaves', () => {
    const routing = { current: 'old', ramping: { buildId: 'new', percent: 25 } };
    expect(['old', 'new', 'older', null].map((build) => shareOf(routing, build))).toEqual([75, 25, 0, 0]);
  });

  it('is all, without a ramp', () => expect(shareOf({ current: 'old', ramping: null }, 'old')).toBe(100));

  it('is that of workers without a version where none is current', () =>
    expect(shareOf({ current: null, ramping: { buildId: 'new', percent: 10 } }, null)).toBe(90));
});

it('a deployment is told in a table, with what gets the runs above it', () => {
  let text = '';
  const stream = { write: (more: string) => ((text += more), true) };
  const version = { since: null, workers: 2, open: { pinned: 1, moving: 3, pinnedByWorkflow: {}, examples: ['a'] } };
  const status: DeploymentStatus = {
    deployment: 'pack',
    current: null,
    ramping: { buildId: 'new', percent: 10 },
    versions: [
      { ...version, buildId: 'new', standing: 'ramping', share: 10, canGo: false, because: 'it gets a share' },
    ],
  };
  printStatus(new Output(false, stream, stream, {}), status);
  expect(text.split('\n')).toEqual([
    'pack: workers without a version get 90%, new gets 10%.',
    'build  standing  share  workers  pinned  moving  can it go',
    'new    ramping   10%    2        1       3       no: it gets a share',
    '',
  ]);
});
