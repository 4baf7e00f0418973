import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type History, readHistories } from '../../workers/cli/histories';
import { build, ended } from './cli-process';

const ROOT = join(__dirname, '..', '..');
const ENTRY = join(ROOT, 'dist', 'workers', 'debug-replayer.js');
const { History: HistoryMessage } = temporal.api.history.v1;

let server: Server;
let history: History;
/** Ids of the events that the replayer has told of: the extension halts at those with a breakpoint. */
let told: number[] = [];

beforeAll(async () => {
  await build();
  // What the extension serves: the history, and an address that is told of each workflow task.
  server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/history') {
      const bytes = Buffer.from(HistoryMessage.encode(history).finish());
      return void response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (request.url === '/current-wft-started') told.push((JSON.parse(body) as { eventId: number }).eventId);
      response.writeHead(request.url === '/current-wft-started' ? 200 : 404).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

async function debug(of: History) {
  history = of;
  told = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...process.env, TEMPORAL_DEBUGGER_PLUGIN_URL: url };
  return ended(spawn(process.execPath, [ENTRY], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

async function kept(name: string): Promise<History> {
  const [one] = await readHistories(join(ROOT, 'test', 'histories'), `${name}.json`);
  if (!one) throw new Error(`${name} is not kept.`);
  return one.history;
}

it('replays what the extension serves, and tells it of each workflow task that went on', async () => {
  const of = await kept('promote-version-published-2026-11-26');
  const { code, stdout, stderr } = await debug(of);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('Replay completed successfully');
  const tasks = (of.events ?? []).flatMap((event) =>
    event.workflowTaskStartedEventAttributes ? [Number(event.eventId)] : [],
  );
  expect(told[0]).toBe(tasks[0]);
  expect(told.length).toBeGreaterThan(2);
  expect(tasks).toEqual(expect.arrayContaining(told));
});

it('says that a history does not fit', async () => {
  const of = await kept('promote-version-published-2026-11-26');
  const events = (of.events ?? []).map((event) => {
    const activity = event.activityTaskScheduledEventAttributes;
    return activity
      ? { ...event, activityTaskScheduledEventAttributes: { ...activity, activityType: { name: 'other' } } }
      : event;
  });
  const { code, stderr } = await debug({ events });
  expect(code).toBe(1);
  expect(stderr).toContain("'other' does not match");
});
