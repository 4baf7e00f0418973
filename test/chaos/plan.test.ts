import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../system/cli-process';
import { runChaos } from './plan/driver';
import { Journal } from './plan/journal';
import { planFaults } from './plan/plan';
import { STAGE_RUNS } from './plan/stages';
import { sharedServers } from '../support/shared-servers';

const SEED = Number(process.env['CHAOS_SEED'] ?? 11_882);
const FAULTS = 5;
const AGAIN = `CHAOS_SEED=${SEED} npx vitest run --project chaos test/chaos/plan.test.ts`;
const STAGES = ['cleanDataset', 'evaluateModel', 'trainModel'];

/** The short form of `npm run chaos`, on the tier's Elasticsearch and servers of its own besides. */
describe(`three stages under a plan of ${FAULTS} faults (CHAOS_SEED=${SEED})`, () => {
  let dir: string;
  let journal: Journal;
  beforeAll(async () => {
    await build();
    dir = await mkdtemp(path.join(tmpdir(), 'chaos-plan-'));
    journal = new Journal(path.join(dir, 'journal.jsonl'), AGAIN);
    const targets = STAGE_RUNS.filter(({ stage }) => STAGES.includes(stage));
    await runChaos({
      plan: (pairs) => planFaults({ seed: SEED, faults: FAULTS, targets, pairs }),
      ...{ stages: STAGES, minutes: 5, trainer: 'stub', journal, log: () => undefined },
      elasticsearchUrl: sharedServers().elasticsearchUrl,
    });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('meets most of them', () => {
    expect(journal.faults).toHaveLength(FAULTS);
    expect(journal.faults.filter(({ met }) => met).length).toBeGreaterThan(FAULTS / 2);
  });

  it('ends every run well, with the same results, and keeps every invariant', () => {
    expect(journal.runs).toHaveLength(2 * STAGES.length);
    expect(journal.failures(), journal.again).toEqual([]);
  });
});
