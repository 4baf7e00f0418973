import { type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallToolInput } from '../../activities/agent';
import type { Message } from '../../activities/agent/models/model';
import { QUEUES } from '../../schemas/names';
import { runAgentStage, type RunAgentOutput } from '../../schemas/run-agent';
import { type Ledger, startLedger } from '../support/ledger';
import { type ModelCall, type ModelReply, type OpenAIServer, startOpenAIServer } from '../support/openai-server';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { build, CliProject, says } from '../system/cli-process';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_125);
const BOOKINGS = 7;
const ANSWER = 'All seven are booked.';

/** In what the worker dies: a model call without an answer, a tool call after its effect, or soon after a tool's answer. */
type Moment = 'model' | 'tool' | 'between';
const MOMENTS: readonly Moment[] = ['model', 'tool', 'between', 'model', 'tool'];

/** A kill for most steps, each another one, so that an attempt that is made again is let through. */
function plan(): Map<number, Moment> {
  const random = seededRandom(SEED);
  const steps = random.shuffle(Array.from({ length: BOOKINGS }, (_, step) => step));
  return new Map(random.shuffle(MOMENTS).map((moment, at) => [steps[at] ?? 0, moment]));
}

/** One request of the model. */
interface Asked {
  step: number;
  hash: string;
  key: string;
  at: number;
  answered: boolean;
}

describe(`an agent whose worker is killed with SIGKILL (CHAOS_SEED=${SEED})`, () => {
  const planned = plan();
  const random = seededRandom(SEED + 1);
  const asked: Asked[] = [];
  const kills: Moment[] = [];
  // One after another: what is killed has to be running.
  let killing = Promise.resolve();
  let model: OpenAIServer;
  let ledger: Ledger;
  let project: CliProject;
  let worker: ChildProcess;
  let connection: Connection;
  let handle: WorkflowHandle;
  let output: RunAgentOutput;

  const startWorker = async () => {
    worker = project.spawn('worker', '--pool', 'all');
    await says(worker, /./);
  };
  /** True the first time that a step meets the moment that is planned for it: the worker is killed, soon. */
  const meets = (step: number, moment: Moment): boolean => {
    if (planned.get(step) !== moment) return false;
    planned.delete(step);
    kills.push(moment);
    killing = killing.then(kill);
    return true;
  };
  const kill = async () => {
    await after(random.below(50));
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await startWorker();
  };
  const answer = ({ body, headers }: ModelCall): ModelReply => {
    const step = body.messages.filter(({ role }) => role === 'assistant').length;
    const answered = !meets(step, 'model');
    const hash = createHash('sha256').update(JSON.stringify(body.messages)).digest('hex');
    asked.push({ step, hash, key: String(headers['idempotency-key']), at: Date.now(), answered });
    if (!answered) return { silent: true };
    if (step >= BOOKINGS) return { text: ANSWER };
    return { toolCalls: [{ name: 'ledger_book', arguments: JSON.stringify({ amount: step + 1 }) }] };
  };

  beforeAll(async () => {
    await build();
    model = await startOpenAIServer(answer);
    ledger = await startLedger(async ({ amount }) => {
      const step = amount - 1;
      // Who is killed gets no answer: the effect stands, and nobody has been told.
      if (meets(step, 'tool')) await once(worker, 'exit');
      else meets(step, 'between');
    });
    const config = {
      agent: {
        models: { scripted: { provider: 'openai', baseUrl: model.baseUrl, model: 'scripted' } },
        model: 'scripted',
        mcp: { ledger: { transport: 'http', url: ledger.url } },
      },
    };
    const { temporalAddress, databaseUrl, elasticsearchUrl } = sharedServers();
    const created = await CliProject.create({ 'temporal.config.ts': `export default ${JSON.stringify(config)};` });
    project = created.withEnv({
      TEMPORAL_ADDRESS: temporalAddress,
      DATABASE_URL: databaseUrl,
      ELASTICSEARCH_URL: elasticsearchUrl,
      // What tells its processes, and theirs, from all others.
      CHAOS_PROJECT: created.dir,
    });
    connection = await Connection.connect({ address: temporalAddress });
    await startWorker();
    handle = await new Client({ connection }).workflow.start('runAgent', {
      taskQueue: QUEUES.llm,
      workflowId: `runAgent-kills-${process.pid}-${Date.now()}`,
      args: [{ question: 'Book 1 to 7.', tools: ['ledger_book'], approvals: [], grounding: 'off' }],
    });
    output = runAgentStage.output.parse(await handle.result());
    await killing;
  });
  afterAll(async () => {
    worker.kill('SIGKILL');
    await connection.close();
    await model.close();
    await ledger.close();
    await project.remove();
  });

  it('has met every kill that was planned', () => {
    expect([...planned]).toEqual([]);
    expect(kills.toSorted()).toEqual(MOMENTS.toSorted());
  });

  it('ends with the right answer, and counts each step once', () => {
    expect(output).toMatchObject({ outcome: 'answered', answer: ANSWER, steps: BOOKINGS + 1 });
    expect(output.usage).toMatchObject({ modelCalls: BOOKINGS + 1, toolCalls: { ledger_book: BOOKINGS } });
  });

  it('asks the model again only for what it had not answered when its worker was killed', async () => {
    expect(new Set(asked.map(({ hash }) => hash)).size).toBe(BOOKINGS + 1);
    // Whoever asks again says that it does: an endpoint that keeps keys charges once.
    expect(new Set(asked.map(({ hash, key }) => `${hash} ${key}`)).size).toBe(BOOKINGS + 1);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(BOOKINGS + 1);
    expect(asked.filter(({ answered }) => !answered)).toHaveLength(kills.filter((moment) => moment === 'model').length);
    // A kill between two calls may meet an answer on its way: sent, and not yet published.
    expect(asked.length - (BOOKINGS + 1)).toBeLessThanOrEqual(kills.filter((moment) => moment !== 'tool').length);
    const completed = await completions(handle);
    expect(completed.size).toBe(BOOKINGS + 1);
    for (const { step, at } of asked) expect(at).toBeLessThanOrEqual(completed.get(step) ?? 0);
  });

  it('has each effect once, every attempt of a call under the same key', () => {
    const amounts = Array.from({ length: BOOKINGS }, (_, at) => at + 1);
    expect(ledger.effects.map(({ amount }) => amount)).toEqual(amounts);
    expect(new Set(ledger.attempts.map(({ key, amount }) => `${amount} ${key}`)).size).toBe(BOOKINGS);
    const tool = kills.filter((moment) => moment === 'tool').length;
    expect(ledger.attempts.length).toBeGreaterThanOrEqual(BOOKINGS + tool);
    expect(ledger.attempts.length).toBeLessThanOrEqual(BOOKINGS + kills.length);
  });

  it('keeps the whole conversation', async () => {
    const folder = output.transcript.uri.replace('artifact:', '');
    const file = path.join(project.dir, '.llm-pack', 'artifacts', folder, 'transcript.jsonl');
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const messages = lines.map((line) => JSON.parse(line) as Message);
    const said = messages.filter(({ role }) => role === 'assistant' || role === 'tool');
    expect(said.map(({ role }) => role)).toEqual([
      ...Array.from({ length: BOOKINGS }, () => ['assistant', 'tool']).flat(),
      'assistant',
    ]);
    const results = said.filter(({ role }) => role === 'tool').map(({ content }) => content);
    for (const [at, content] of results.entries()) expect(content).toContain(`Booked ${at + 1}.`);
    expect(said.at(-1)?.content).toBe(ANSWER);
  });

  it('leaves no process behind', async () => {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    await vi.waitFor(async () => expect(await project.processes()).toEqual([]), { timeout: 10_000, interval: 500 });
  });
});

/** When each step's model call was recorded as completed, in milliseconds since 1970. */
async function completions(handle: WorkflowHandle): Promise<Map<number, number>> {
  const { events = [] } = await handle.fetchHistory();
  const steps = new Map<string, number>();
  const completed = new Map<number, number>();
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const payload = scheduled?.input?.payloads?.[0];
    if (scheduled?.activityType?.name === 'callModel' && payload) {
      steps.set(String(event.eventId), defaultPayloadConverter.fromPayload<CallToolInput>(payload).step);
    }
    const step = steps.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
    const { seconds, nanos } = event.eventTime ?? {};
    if (step !== undefined) completed.set(step, Number(seconds) * 1000 + Math.ceil((nanos ?? 0) / 1e6));
  }
  return completed;
}
