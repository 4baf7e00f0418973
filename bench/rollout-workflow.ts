/**
 * The workflow `rolloutStrategy` itself, on Temporal's test server that skips time, with real decisions and a real registry, beside
 * simulated services: `npx jiti bench/rollout-workflow.ts [--runs N] [--at-once N] [--from SEED] [--only harmful|harmless]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Context } from '@temporalio/activity';
import { wilson } from '../activities/evaluation/statistics/wilson';
import { canonicalJson } from '../activities/kit/canonical-json';
import { createWorkActivities } from '../activities/kit/work';
import { createRolloutActivities } from '../activities/rollout';
import { FileArtifactStore } from '../activities/stores/file-store';
import { Registry } from '../activities/stores/registry';
import { rolloutConfig } from '../schemas/rollout-config';
import { rolloutStrategyStage, type RolloutStrategyOutput } from '../schemas/rollout-strategy';
import { QUEUES } from '../schemas/names';
import { startPostgres } from '../test/support/postgres';
import { SimulatedServices } from '../test/support/simulated-metrics';
import { startSkippingServer } from '../test/support/skipping-server';
import type { Truth } from '../test/support/simulated-service';
import { startTestWorker } from '../test/support/test-worker';
import { makeBundle } from '../workers/bundle';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '100' },
    /** The first seed, so that a thousand can be had in parts. */
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const RUNS = Number(options.runs);
const AT_ONCE = Number(options['at-once']);
const FROM = Number(options.from);
const TRUTHS: Record<string, Truth> = {
  harmful: { conversions: -0.05, failures: 0 },
  harmless: { conversions: 0, failures: 0 },
};

const share = (hits: number): string => {
  const { mean, low, high } = wilson(hits, RUNS);
  return `${hits}: ${(mean * 100).toFixed(1)}% (${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)})`;
};

async function main(): Promise<void> {
  const postgres = await startPostgres();
  const registry = new Registry(await postgres.createDatabase());
  await registry.migrate();
  const dir = await mkdtemp(join(tmpdir(), 'llm-pack-bench-'));
  const store = new FileArtifactStore(dir);
  const services = new SimulatedServices(400_000);
  const source = await services.listen();
  const config = rolloutConfig.parse({
    metrics: {
      conversions: { type: 'http', url: `${source.url}/conversions` },
      failures: { type: 'http', url: `${source.url}/failures` },
    },
  });
  const made = createRolloutActivities({ registry, rollout: { config, env: {} } });
  const activities = {
    ...createWorkActivities({ registry, store }),
    ...made,
    async moveStrategy(move: Parameters<typeof made.moveStrategy>[0]) {
      const pointer = await made.moveStrategy(move);
      const at = Context.current().info.currentAttemptScheduledTimestampMs;
      services.moved(move.name, { at, sequence: pointer.sequence, share: pointer.share });
      return pointer;
    },
  };
  const skipping = await startSkippingServer({ alone: true });
  const server = skipping.address;
  const cpu = await startTestWorker(server, undefined, activities, QUEUES.cpu);
  const llm = await startTestWorker(server, await makeBundle(join(__dirname, '../workflows/rollout-strategy.ts')));
  const run = async (workflowId: string, input: object): Promise<RolloutStrategyOutput> =>
    rolloutStrategyStage.output.parse(
      await llm.client.workflow.execute('rolloutStrategy', { taskQueue: llm.taskQueue, workflowId, args: [input] }),
    );
  const metrics = [{ name: 'conversions' }, { name: 'failures', better: 'lower', leniency: 3 }];

  async function rollout(truth: Truth, kind: string, seed: number) {
    const name = `${kind}-${seed}`;
    services.add(name, truth, seed);
    await run(`${name}-first`, { name, strategy: { model: 'first' }, metrics });
    const output = await run(name, { name, strategy: { model: 'second' }, metrics });
    const pointer = await registry.strategies.pointer(name);
    const sequences = (await registry.strategies.moves(name)).map(({ sequence }) => sequence);
    const isWhole =
      pointer?.candidate === null &&
      pointer.rollout === null &&
      pointer.live === (output.outcome === 'published' ? 2 : 1) &&
      sequences.every((sequence, at) => sequence === at + 1);
    if (!isWhole) throw new Error(`${name} ended ${output.outcome} and left ${canonicalJson(pointer)}`);
    return { output, exposure: services.exposure(name) };
  }

  console.log('| true change | rolled back before 10% exposure | rolled back at all | published | looks, mean | s |');
  console.log('|---|---|---|---|---:|---:|');
  for (const [label, truth] of Object.entries(TRUTHS)) {
    if (options.only !== undefined && options.only !== label) continue;
    const began = performance.now();
    const ended: Awaited<ReturnType<typeof rollout>>[] = [];
    let next = 0;
    const lane = async () => {
      while (next < RUNS) ended.push(await rollout(truth, label, FROM + next++));
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, RUNS) }, lane));
    const of = (outcome: string, below = Infinity) =>
      share(ended.filter(({ output, exposure }) => output.outcome === outcome && exposure < below).length);
    const looks = ended.reduce((sum, { output }) => sum + output.counts.looks, 0) / RUNS;
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    const cells = [of('rolled-back', 0.1), of('rolled-back'), of('published'), looks.toFixed(1), seconds];
    console.log(`| ${label} | ${cells.join(' | ')} |`);
  }
  await llm.stop();
  await cpu.stop();
  await skipping.stop();
  source.close();
  await registry.close();
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
}

void main();
