import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Registry } from '../../activities/stores/registry';
import type { TrainingClaim } from '../../activities/stores/registry-training';
import { sharedServers } from '../support/shared-servers';

describe('claims of runs that train', () => {
  const registry = new Registry(sharedServers().databaseUrl);
  const { training } = registry;
  const sql = new Client({ connectionString: sharedServers().databaseUrl });
  beforeAll(async () => {
    await registry.migrate();
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await registry.close();
  });

  const capacity = { cpus: 4, gpus: 0 };
  /** A launcher of its own for each test, so that none sees the claims of another. */
  const onLauncher =
    (launcher: string) =>
    async (job: string, more: Partial<TrainingClaim> = {}) => {
      const workKey = createHash('sha256').update(`${launcher}/${job}`).digest('hex');
      const work = { workKey, stage: 'trainModel', subject: job, workflowId: job, runId: job };
      await registry.beginWork({ ...work, inputs: [], recipe: {}, codeVersion: 1 });
      const claim: TrainingClaim = {
        ...{ job: `${launcher}-${job}`, workKey, workflowId: job, runId: job, launcher, cpus: 2, gpus: 0 },
        ...{ priority: 3, fairnessKey: job, ...more },
      };
      return { ask: () => training.claim(claim, capacity), claim };
    };
  const silence = (job: string) =>
    sql.query(`update llm_pack.training_claims set seen_at = now() - interval '2 minutes' where job = $1`, [job]);

  it('get all of their devices at once or wait, and keep what they have', async () => {
    const on = onLauncher(`gang-${randomUUID()}`);
    const [small, large] = [await on('small'), await on('large', { cpus: 3 })];
    expect(await small.ask()).toEqual({ state: 'granted' });
    expect(await large.ask()).toEqual({ state: 'waits', free: { cpus: 2, gpus: 0 }, ahead: 0 });
    expect(await small.ask()).toEqual({ state: 'granted' });
    await training.release(small.claim.job, 'small');
    expect(await large.ask()).toEqual({ state: 'granted' });
  });

  it('go by priority, then by who has the fewest devices, then by who asked first; nobody goes past the first', async () => {
    const on = onLauncher(`order-${randomUUID()}`);
    const holder = await on('holder', { cpus: 3, fairnessKey: 'greedy' });
    await holder.ask();
    const waiting = [
      await on('greedy', { cpus: 2, fairnessKey: 'greedy' }),
      await on('modest', { cpus: 2 }),
      await on('late', { cpus: 2 }),
      await on('urgent', { cpus: 4, priority: 1 }),
    ];
    for (const { ask } of waiting) await ask();
    // The one core that is free goes to nobody: the first in line wants four.
    const places = await Promise.all(waiting.map(({ ask }) => ask()));
    expect(places.map((answer) => (answer.state === 'waits' ? answer.ahead : null))).toEqual([3, 1, 2, 0]);
  });

  it('are in nobody’s way while they want no devices, and wait anew when they do', async () => {
    const on = onLauncher(`idle-${randomUUID()}`);
    const [paused, other] = [await on('paused', { cpus: 4 }), await on('other', { cpus: 4 })];
    await paused.ask();
    await training.yieldDevices(paused.claim.job, 'paused');
    expect(await other.ask()).toEqual({ state: 'granted' });
    expect(await paused.ask()).toMatchObject({ state: 'waits' });
  });

  it('hold the folder of a job against every other run, until they let it go', async () => {
    const on = onLauncher(`twins-${randomUUID()}`);
    const [first, second] = [await on('same', { runId: 'a' }), await on('same', { runId: 'b' })];
    await first.ask();
    expect(await second.ask()).toEqual({ state: 'taken', by: 'same' });
    await training.release(first.claim.job, 'b');
    expect(await second.ask()).toEqual({ state: 'taken', by: 'same' });
    await training.release(first.claim.job, 'a');
    expect(await second.ask()).toEqual({ state: 'granted' });
  });

  it('are named when their runs are silent, and taken back unless these were heard of meanwhile', async () => {
    const launcher = `silent-${randomUUID()}`;
    const on = onLauncher(launcher);
    const { ask, claim } = await on('dead');
    await ask();
    expect(await training.seen(claim.job, 'dead', 'dead-1')).toBe(true);
    expect(await training.silent(launcher)).toEqual([]);
    await silence(claim.job);
    const [silent] = await training.silent(launcher);
    expect(silent).toEqual({ job: claim.job, workflowId: 'dead', runId: 'dead', submission: 'dead-1' });
    await ask();
    if (silent) await training.takeBack(silent);
    expect(await training.seen(claim.job, 'dead', 'dead-1')).toBe(true);
    await silence(claim.job);
    if (silent) await training.takeBack(silent);
    // Who has lost its claim must not submit.
    expect(await training.seen(claim.job, 'dead', 'dead-2')).toBe(false);
  });
});
