import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { Client as Temporal, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Registry } from '../../activities/stores/registry';
import { QUEUES } from '../../schemas/names';
import { rolloutStrategyStage, type RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import { KillableWorker } from '../support/killable-worker';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { build, CliProject } from '../system/cli-process';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
/** Kills of each rollout at most: one that survives a look is over it, and there are only so many. */
const KILLS = Number(process.env['ROLLOUT_KILLS'] ?? 1);
const USERS = 400_000;
const MEAN = 0.3;
/** The shortest that may be waited between two looks, 3.6 s, and steps that end with the first look that finds no harm. */
const QUICK = {
  ...{ lookHours: 0.001, minimumHours: 0, lagHours: 0 },
  steps: [
    { share: 0.01, margin: 0.3 },
    { share: 0.5, margin: 0.3 },
  ],
};

describe(`rollouts whose worker is killed with SIGKILL within their looks (CHAOS_SEED=${SEED}, ROLLOUT_KILLS=${KILLS})`, () => {
  const name = `killed-${process.pid}-${Date.now()}`;
  const random = seededRandom(SEED);
  let registry: Registry;
  let project: CliProject;
  let worker: KillableWorker;
  let connection: Connection;
  let service: Server;
  /** What the candidate does to the metric. */
  let effect = 1;
  let kills = 0;
  let killing = Promise.resolve();
  const seen = new Map<number, number>();

  // Some die while they look, others once they have, and so before or after the pointer is moved.
  const kill = async () => {
    await after(random.below(200));
    await worker.kill();
  };

  /** Users by the pointers that they were served by, each arm with its share. */
  async function rows(until: number): Promise<object[]> {
    const moves = await registry.strategies.moves(name);
    return moves
      .filter(({ candidate }) => candidate !== null)
      .flatMap(({ sequence, share }) => {
        if (!seen.has(sequence)) seen.set(sequence, until);
        const at = new Date(seen.get(sequence) ?? until).toISOString();
        const arm = (of: string, users: number, mean: number) => ({
          ...{ at, sequence, arm: of, users },
          // Of zeros and ones the sum and the sum of squares are the same.
          ...{ sum: users * mean, squares: users * mean },
        });
        return [arm('control', USERS * (1 - share), MEAN), arm('canary', USERS * share, MEAN * effect)];
      });
  }

  beforeAll(async () => {
    await build();
    const { temporalAddress, databaseUrl, elasticsearchUrl } = sharedServers();
    registry = new Registry(databaseUrl);
    await registry.migrate();
    service = createServer((request, response) => {
      void (async () => {
        if (kills < KILLS) {
          kills += 1;
          killing = killing.then(kill);
          if (random.below(2) === 0) await killing;
        }
        const { searchParams } = new URL(request.url ?? '', 'http://localhost');
        const found = await rows(Date.parse(searchParams.get('until') ?? ''));
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ rows: found }));
      })();
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const config = { rollout: { metrics: { clicks: { type: 'http', url } } } };
    const created = await CliProject.create({ 'temporal.config.ts': `export default ${JSON.stringify(config)};` });
    project = created.withEnv({
      TEMPORAL_ADDRESS: temporalAddress,
      DATABASE_URL: databaseUrl,
      ELASTICSEARCH_URL: elasticsearchUrl,
    });
    connection = await Connection.connect({ address: temporalAddress });
    worker = await KillableWorker.start(project);
  });
  afterAll(async () => {
    await worker.stop();
    await connection.close();
    service.close().closeAllConnections();
    await registry.close();
    await project.remove();
  });

  async function rollOut(model: string): Promise<RolloutStrategyOutput> {
    kills = 0;
    const input = { name, strategy: { model }, metrics: [{ name: 'clicks' }], ...QUICK };
    const started = new Temporal({ connection }).workflow.execute('rolloutStrategy', {
      ...{ taskQueue: QUEUES.llm, workflowId: `rolloutStrategy-${name}-${model}`, args: [input] },
    });
    const output = rolloutStrategyStage.output.parse(await started);
    await killing;
    return output;
  }
  /** Where the pointer went: who is live, and which share of the users the candidate had. */
  const moves = async () =>
    (await registry.strategies.moves(name)).map(({ sequence, live, share }) => ({ sequence, live, share }));
  const verdicts = async () =>
    (await registry.decisions({ kind: 'strategy', name, limit: 10 })).map(({ version, verdict }) => [version, verdict]);

  it('makes the first of its name live, and a harmless one after each of its steps was made once', async () => {
    expect(await rollOut('first')).toMatchObject({ outcome: 'published', strategy: { version: 1 } });
    expect(await rollOut('second')).toMatchObject({ outcome: 'published', strategy: { version: 2 } });
    expect(kills).toBeGreaterThan(0);
    expect(await moves()).toEqual([
      { sequence: 1, live: 1, share: 0 },
      { sequence: 2, live: 1, share: 0.01 },
      { sequence: 3, live: 1, share: 0.5 },
      { sequence: 4, live: 2, share: 0 },
    ]);
    expect(await verdicts()).toEqual([[2, 'promote']]);
  });

  it('takes a harmful one back from everybody, once, with its verdict on record', async () => {
    effect = 0.5;
    expect(await rollOut('third')).toMatchObject({ outcome: 'rolled-back', strategy: { version: 3 } });
    expect(kills).toBeGreaterThan(0);
    expect((await moves()).slice(4)).toEqual([
      { sequence: 5, live: 2, share: 0.01 },
      { sequence: 6, live: 2, share: 0 },
    ]);
    expect(await verdicts()).toEqual([
      [3, 'reject'],
      [2, 'promote'],
    ]);
    expect(await registry.strategies.pointer(name)).toMatchObject({ live: 2, candidate: null, rollout: null });
  });
});
