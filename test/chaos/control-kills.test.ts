import { setTimeout as after } from 'node:timers/promises';
import { Client as Temporal, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controllerOf } from '../../activities/control/loop-settings';
import { control, type ControllerState, startController } from '../../activities/rollout/controller';
import { Registry } from '../../activities/stores/registry';
import { controlMetricStage, type ControlMetricOutput } from '../../schemas/control-metric';
import { QUEUES } from '../../schemas/names';
import { type ControlledService, startControlledService } from '../support/controlled-service';
import { KillableWorker } from '../support/killable-worker';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { build, CliProject } from '../system/cli-process';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
const KILLS = Number(process.env['CONTROL_KILLS'] ?? 1);
/** Looks between two kills, and after the last. */
const BETWEEN = 3;

interface StepRow {
  step: number;
  metric: number;
  value: number;
  state: ControllerState;
}

describe(`a loop whose worker is killed with SIGKILL within its steps (CHAOS_SEED=${SEED}, CONTROL_KILLS=${KILLS})`, () => {
  const strategy = `killed-${process.pid}-${Date.now()}`;
  const input = controlMetricStage.input.parse({
    loop: { strategy, knob: 'bid', metric: 'spend', target: 14, gain: 10, low: 0, high: 1, safe: 0.1 },
    ...{ periodSeconds: 1, settlePeriods: 20, periods: BETWEEN * (KILLS + 1), newStrategy: true },
  });
  const random = seededRandom(SEED);
  let service: ControlledService;
  let project: CliProject;
  let worker: KillableWorker;
  let connection: Connection;
  let output: ControlMetricOutput;
  let steps: StepRow[];
  let moved: number[];
  let kills = 0;
  let killing = Promise.resolve();

  // Some die while they wait for the metric, others with it, and so before or after the step is written.
  const kill = async () => {
    await after(random.below(100));
    await worker.kill();
  };

  beforeAll(async () => {
    await build();
    const { temporalAddress, databaseUrl, elasticsearchUrl } = sharedServers();
    const registry = new Registry(databaseUrl);
    await registry.migrate();
    service = await startControlledService(databaseUrl, { strategy, knob: 'bid', initial: 0.1 });
    let looks = 0;
    service.onAsked = async () => {
      looks += 1;
      if (looks % (BETWEEN + 1) !== 0 || kills >= KILLS) return;
      kills += 1;
      killing = killing.then(kill);
      if (random.below(2) === 0) await killing;
    };
    const config = { control: { metrics: { spend: { type: 'http', url: service.url } } } };
    const created = await CliProject.create({ 'temporal.config.ts': `export default ${JSON.stringify(config)};` });
    project = created.withEnv({
      TEMPORAL_ADDRESS: temporalAddress,
      DATABASE_URL: databaseUrl,
      ELASTICSEARCH_URL: elasticsearchUrl,
    });
    connection = await Connection.connect({ address: temporalAddress });
    worker = await KillableWorker.start(project);
    const handle = await new Temporal({ connection }).workflow.start('controlMetric', {
      taskQueue: QUEUES.llm,
      workflowId: `controlMetric-${strategy}`,
      args: [input],
    });
    output = controlMetricStage.output.parse(await handle.result());
    await killing;
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query<StepRow>(
      'select step, metric, value, state from llm_pack.control_steps where name = $1 order by step',
      [strategy],
    );
    steps = rows;
    await client.end();
    moved = (await registry.strategies.moves(strategy)).map(({ knobs }) => knobs['bid'] ?? NaN);
    await registry.close();
  });
  afterAll(async () => {
    await worker.stop();
    await connection.close();
    await service.close();
    await project.remove();
  });

  it('was killed as often as was planned, and ended all the same', () => {
    expect(kills).toBe(KILLS);
    expect(output).toMatchObject({ outcome: 'ended', counts: { periods: input.periods } });
  });

  it('took every step once, each from the one before by its metric', () => {
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: input.periods }, (_, at) => at));
    const settings = controllerOf(input);
    let before = startController(input.loop.safe, settings);
    for (const { metric, value, state } of steps) {
      expect(control(settings, before, metric)).toEqual(state);
      expect(state.knob).toBe(value);
      before = state;
    }
  });

  it('made one move of the pointer for each step that turned the knob, and the service has the last', () => {
    const values = [input.loop.safe, ...steps.map(({ value }) => value)];
    const turned = values.filter((value, at) => value !== values[at - 1]);
    expect(moved).toEqual(turned);
    expect(service.knobs.at(-1)).toBe(turned.at(-1));
  });
});
