import type { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NightlyRefreshOutput } from '../../schemas/nightly-refresh';
import { NIGHT, NightLane, ROLLOUT } from '../support/night-lane';

const DAY_MS = 86_400_000;
const TWO_OCLOCK_MS = 2 * 3_600_000;

let lane: NightLane;
beforeAll(async () => {
  lane = await NightLane.start();
});
afterAll(() => lane.stop());

it('keeps its marks exact for 365 nights, with nights on which nothing is new or something fails, and rollouts that outlive them', async () => {
  const nights = await lane.renew();
  const { server, llm } = lane;
  let trained = 0;
  let cleaningFailed = 0;
  const rollouts: (string | undefined)[] = [];
  const ends: Promise<void>[] = [];
  let foundOpen = 0;
  const first = Math.ceil((await server.now()) / DAY_MS) * DAY_MS + TWO_OCLOCK_MS;
  for (let day = 0; day < 365; day += 1) {
    const at = first + day * DAY_MS;
    await server.skip(at - (await server.now()));
    // Nothing on three nights of seven; cleaning fails on one of 31, training on every second night that it is due.
    nights.documents += day % 7 < 3 ? 0 : (day * 37) % 23;
    const failing = day % 31 === 30 ? 'cleanDataset' : day % 2 === 1 ? 'trainModel' : null;
    nights.failing.clear();
    if (failing) nights.failing.add(failing);
    const begun = await lane.night({ ...NIGHT, rollout: ROLLOUT });
    const { night, steps } = (await begun.result().catch(detailsOf)) as NightlyRefreshOutput;
    expect(night).toBe(new Date(at).toISOString().slice(0, 10));
    const training = steps.find(({ step }) => step === 'train')?.state;
    const { state, made, says } = steps.find(({ step }) => step === 'rollout') ?? {};
    if (failing === 'cleanDataset') {
      expect([night, training, state]).toEqual([night, 'left out', 'left out']);
      cleaningFailed += 1;
      continue;
    }
    const isDue = nights.documents - trained >= NIGHT.minNewDocuments;
    const fails = failing === 'trainModel';
    expect([night, training]).toEqual([night, isDue ? (fails ? 'failed' : 'done') : 'not due']);
    if (isDue && !fails) trained = nights.documents;
    const version = await nights.registry.trainedOn('model', 'docs');
    const rows = version === undefined ? 0 : (await nights.registry.dataset('docs', version))?.artifact.rows;
    expect([night, rows]).toEqual([night, trained]);
    expect((await nights.registry.dataset('docs'))?.artifact.rows).toBe(nights.documents);
    // What was made is tried that very night, or another is still tried.
    const tried = rollouts.length === 0 ? 'done' : 'under way';
    expect([night, state]).toEqual([
      night,
      training === 'done' ? tried : training === 'failed' ? 'left out' : 'not due',
    ]);
    if (made !== undefined) {
      rollouts.push(made);
      const child = llm.client.workflow.getHandle(`${begun.workflowId}-rollout`);
      if (state === 'under way') ends.push(child.result().then(() => server.letGo()));
    } else if (state === 'under way') foundOpen += 1;
    if (foundOpen > 0 && made !== undefined) expect(says).toContain('The last rollout: answers@');
  }
  expect(cleaningFailed).toBe(11);
  expect(trained).toBeGreaterThan(1_000);
  // The last rollout ends as all others have.
  await server.skip(30 * DAY_MS);
  await Promise.all(ends);
  const decisions = await nights.registry.decisions({ kind: 'strategy', name: 'answers', limit: 100 });
  const verdicts = decisions.map(({ version, verdict }) => `answers@${version} ${verdict}`).reverse();
  // The first of its name was live at once, without a verdict.
  expect(verdicts).toEqual(
    rollouts.slice(1).map((of) => `${of} ${Number(of?.split('@')[1]) % 4 === 0 ? 'reject' : 'promote'}`),
  );
  expect([rollouts.length, foundOpen].map((count) => count > 2)).toEqual([true, true]);
  expect(await nights.registry.strategies.pointer('answers')).toMatchObject({ candidate: null, rollout: null });
  const { workflowService } = llm.client.connection;
  const open = await workflowService.listOpenWorkflowExecutions({ namespace: 'default', startTimeFilter: {} });
  expect(open.executions).toEqual([]);
});

/** What a night that is not whole says of its steps. */
const detailsOf = (error: unknown): unknown =>
  ((error as WorkflowFailedError).cause as ApplicationFailure).details?.[0];
