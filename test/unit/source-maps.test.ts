import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';
import { parseHistory, type KeptHistory } from '../../workers/cli/histories';
import { commandAt, tracedBundle } from '../../workers/cli/traced/command-stack';

const ROOT = join(__dirname, '..', '..');
const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

beforeAll(() => {
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
});

/** Every file and line of a stack is one that is there, in the sources. */
it('a stack of a workflow in the bundle names the file and the line of its source', async () => {
  const name = 'promote-version-published-2026-11-26.json';
  const kept: KeptHistory = parseHistory(name, readFileSync(join(ROOT, 'test', 'histories', name), 'utf8'));
  const scheduled = kept.history.events?.find(({ activityTaskScheduledEventAttributes: activity }) => activity);
  const made = await commandAt({ workflowBundle: await tracedBundle() }, kept, Number(scheduled?.eventId));
  const activity = scheduled?.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
  expect(made?.command).toBe(`activity ${activity}`);
  const [, file = '', line = ''] = /(\/\S+\.ts):(\d+):\d+\)?$/.exec(made?.stack[0] ?? '') ?? [];
  expect(file).toBe(join(ROOT, 'workflows', 'promote-version.ts'));
  expect(readFileSync(file, 'utf8').split('\n')[Number(line) - 1]).toContain(activity);
  expect(made?.stack.some((frame) => frame.includes(join(ROOT, 'workflows', 'kit', 'stage.ts')))).toBe(true);
});
