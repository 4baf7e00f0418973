import { type ApplicationFailure, type WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { stageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { type NightlyRefreshOutput, nightlyRefreshStage } from '../../schemas/nightly-refresh';
import { NIGHT, NightLane, ROLLOUT } from '../support/night-lane';
import type { SimulatedNights } from '../support/simulated-night';

describe('a night', () => {
  let nights: SimulatedNights;
  let lane: NightLane;
  beforeAll(async () => {
    lane = await NightLane.start();
  });
  afterAll(() => lane.stop());
  beforeEach(async () => {
    nights = await lane.renew();
    nights.documents = 120;
  });
  const start = (more: object = {}): Promise<WorkflowHandle> => lane.night({ ...NIGHT, ...more });
  const run = async (more: object = {}): Promise<NightlyRefreshOutput> =>
    nightlyRefreshStage.output.parse(await (await start(more)).result());
  const states = ({ steps }: Pick<NightlyRefreshOutput, 'steps'>) => steps.map(({ step, state }) => `${step} ${state}`);
  const failureOf = async (handle: WorkflowHandle): Promise<ApplicationFailure> => {
    const error: unknown = await handle.result().catch((caught: unknown) => caught);
    return (error as WorkflowFailedError).cause as ApplicationFailure;
  };

  it('does every step once, with the versions that it makes itself and its date in texts', async () => {
    const output = await run({ night: '2026-02-28' });
    expect(states(output)).toEqual(['clean done', 'index done', 'train done', 'promote done']);
    expect(nights.started.map(({ stage, input }) => [stage, input])).toMatchObject([
      ['cleanDataset', { source: 'incoming/2026-02-28' }],
      ['updateIndex', { dataset: 'docs@1' }],
      ['trainModel', { data: { dataset: 'docs@1' } }],
      ['promoteVersion', { name: 'model', version: 1 }],
    ]);
    expect(await run({ night: '2026-02-28' })).toEqual({ ...output, outcome: 'reused' });
  });

  it('does nothing where nothing has changed, and trains once enough is new since the model was trained', async () => {
    expect(states(await run({ night: '2026-03-01' }))).toContain('train done');
    expect(states(await run({ night: '2026-03-02' }))).toEqual([
      ...['clean unchanged', 'index unchanged', 'train not due', 'promote not due'],
    ]);
    nights.documents += 99;
    const third = await run({ night: '2026-03-03' });
    expect(states(third)).toEqual(['clean done', 'index done', 'train not due', 'promote not due']);
    expect(third.steps[2]?.says).toBe('99 new documents of 100: model has seen docs@1');
    nights.documents += 1;
    expect(states(await run({ night: '2026-03-04' }))).toEqual([
      ...['clean done', 'index done', 'train done', 'promote done'],
    ]);
  });

  it('goes on beside a step that failed, leaves out what needs it, and does it again the next night', async () => {
    nights.failing.add('trainModel');
    const handle = await start({ night: '2026-04-01' });
    const failure = await failureOf(handle);
    expect(failure.type).toBe('NightIncomplete');
    expect(failure.message).toContain('train failed: InvariantBroken: broken');
    expect(states((failure.details as NightlyRefreshOutput[])[0] as NightlyRefreshOutput)).toEqual([
      ...['clean done', 'index done', 'train failed', 'promote left out'],
    ]);
    const { findings } = stageProgress.parse(await handle.query(MESSAGES.progress));
    expect(findings.join('\n')).toContain('The next night does again: **train, promote**');
    nights.failing.clear();
    expect(states(await run({ night: '2026-04-02' }))).toEqual([
      ...['clean unchanged', 'index unchanged', 'train done', 'promote done'],
    ]);
  });

  it('judges what the night before has made and could not judge, although nothing new is made', async () => {
    nights.failing.add('promoteVersion');
    const first = await failureOf(await start({ night: '2026-04-11' }));
    expect(first.message).toContain('promote failed: InvariantBroken: broken');
    nights.failing.add('cleanDataset');
    expect((await failureOf(await start({ night: '2026-04-12' }))).message).toContain('Left out for that');
    nights.failing.clear();
    const { steps } = await run({ night: '2026-04-13' });
    expect(states({ steps })).toEqual(['clean unchanged', 'index unchanged', 'train not due', 'promote done']);
    expect(steps[2]).toMatchObject({
      made: 'model@1',
      says: expect.stringContaining('model@1 waits for promote') as string,
    });
    expect(nights.started.at(-1)).toMatchObject({ stage: 'promoteVersion', input: { version: 1 } });
    expect(states(await run({ night: '2026-04-14' }))).toContain('promote not due');
  });

  it('goes on with the documents of a source that is again as it was before the newest version', async () => {
    for (const [at, documents] of [120, 150, 120].entries()) {
      nights.documents = documents;
      await run({ night: `2026-05-0${at + 1}` });
    }
    expect((await nights.registry.dataset('docs'))?.artifact.rows).toBe(120);
    expect((await run()).steps[0]).toMatchObject({ state: 'unchanged', made: 'docs@3' });
  });

  it('does nothing more where cleaning failed', async () => {
    nights.failing.add('cleanDataset');
    expect((await failureOf(await start())).message).toContain('Left out for that: index, train, promote');
    expect(nights.started.map(({ stage }) => stage)).toEqual(['cleanDataset']);
  });

  it('waits where a step waits for a person, says so, and hands on what is decided', async () => {
    nights.holding.set('promoteVersion', 'nobody has judged model@1');
    const handle = await start();
    await vi.waitFor(async () => {
      const { status, hold } = stageProgress.parse(await handle.query(MESSAGES.progress));
      expect([status, hold]).toEqual(['holding', expect.stringContaining('nobody has judged model@1')]);
    }, 20_000);
    await handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Ada', note: 'not tonight' }] });
    const failure = await failureOf(handle);
    expect(failure.message).toContain('promote failed: Rejected: Rejected by Ada: not tonight.');
    nights.holding.clear();
    expect(states(await run({ night: '2026-04-21' }))).toContain('promote not due');
  });

  it('says what it would do on a dry run, and leaves no night on record', async () => {
    expect(states(await run({ dryRun: true }))).toHaveLength(4);
    expect(nights.started.every(({ input }) => (input as { dryRun?: boolean }).dryRun)).toBe(true);
    expect((await run()).outcome).toBe('published');
  });

  describe('with a rollout', () => {
    const child = (night: WorkflowHandle) => lane.llm.client.workflow.getHandle(`${night.workflowId}-rollout`);
    let day = 0;
    /** One night more, for which there are so many documents more. */
    const next = async (
      rollout: object = ROLLOUT,
      { more = 100, ...rest }: { more?: number; dryRun?: boolean } = {},
    ) => {
      nights.documents += more;
      const handle = await start({
        rollout,
        night: new Date(Date.UTC(2026, 5, (day += 1))).toISOString().slice(0, 10),
        ...rest,
      });
      const { steps } = nightlyRefreshStage.output.parse(await handle.result());
      return { handle, rollout: steps.find(({ step }) => step === 'rollout') };
    };
    const pointer = () => nights.registry.strategies.pointer('answers');
    const moved = (to: object) => vi.waitFor(async () => expect(await pointer()).toMatchObject(to), 20_000);
    const kill = async (night: WorkflowHandle) => {
      await child(night).signal(MESSAGES.kill, { by: 'Ada', note: 'pager' });
      await child(night).result();
    };
    /** Two nights, of which the second has begun a rollout of the second version. */
    const begun = async () => {
      const first = await next();
      const { handle, rollout } = await next();
      await moved({ live: 1, candidate: 2, share: 0.01 });
      return { first: first.rollout, handle, rollout };
    };

    it('ends once its rollout has begun, which goes on with the versions of the night', async () => {
      const { first, handle, rollout } = await begun();
      expect(first).toMatchObject({ state: 'done', made: 'answers@1', says: 'live: the first of its name' });
      const { runId, status } = await child(handle).describe();
      expect(rollout).toMatchObject({ state: 'under way', made: 'answers@2' });
      expect(rollout?.says).toContain(`${handle.workflowId}-rollout, run ${runId}`);
      expect((await nights.registry.strategies.find('answers', 2))?.body).toMatchObject({ answer: 'model@2' });
      expect([(await handle.describe()).status.name, status.name]).toEqual(['COMPLETED', 'RUNNING']);
      await kill(handle);
    });

    it('starts none beside one that is under way, says where that is, and later what came of it', async () => {
      const { handle } = await begun();
      const { rollout, handle: beside } = await next();
      expect(rollout?.state).toBe('under way');
      expect(rollout?.says).toMatch(
        /not tried while another is\. Under way: answers@2 for 1% of the users, since \d{4}-\d\d-\d\d \d\d:\d\d /,
      );
      expect(rollout?.says).toContain(`(${handle.workflowId}-rollout)`);
      await expect(child(beside).describe()).rejects.toThrow();
      await kill(handle);
      // Nothing new was made, and it tells all the same.
      const { rollout: after } = await next(ROLLOUT, { more: 0 });
      expect(after?.state).toBe('not due');
      expect(after?.says).toMatch(
        /^train made nothing new\. The last rollout: answers@2 was taken back, .*: killed by Ada: pager$/,
      );
    });

    it('takes the same strategy under way for the same, whatever its own force, and forces no other aside', async () => {
      const fixed = { ...ROLLOUT, strategy: { answer: 'model@1' } };
      expect((await next(fixed)).rollout?.state).toBe('done');
      const other = { ...ROLLOUT, strategy: { answer: 'model@0' } };
      const { handle } = await next(other, { more: 0 });
      await moved({ candidate: 2 });
      expect((await next({ ...other, force: true }, { more: 0 })).rollout).toMatchObject({
        ...{ state: 'unchanged', made: 'answers@2' },
      });
      const { says } =
        (await next({ ...other, strategy: { answer: 'third' }, force: true }, { more: 0 })).rollout ?? {};
      expect(says).toContain('not tried while another is');
      await kill(handle);
    });

    it('plans on a dry run', async () => {
      await begun().then(({ handle }) => kill(handle));
      const { rollout } = await next(ROLLOUT, { dryRun: true });
      expect(rollout?.state).toBe('dry run');
      expect(rollout?.says).toMatch(/^6 steps, \d+ days and \d+ users where it does no harm/);
    });

    it('says where a rollout that has the pointer is no longer there, and takes its place by force', async () => {
      const { handle } = await begun();
      await child(handle).terminate();
      nights.documents += 100;
      const failure = await failureOf(await start({ rollout: ROLLOUT }));
      expect(failure.message).toContain(`${handle.workflowId}-rollout has the pointer and is no longer there`);
      const forced = await next({ ...ROLLOUT, force: true });
      expect(forced.rollout).toMatchObject({ state: 'under way', made: 'answers@3' });
      await kill(forced.handle);
    });

    it('does not fail where a strategy cools down that did harm, and says until when', async () => {
      const fixed = { ...ROLLOUT, strategy: { answer: 'model@1' } };
      await next(fixed);
      const { handle } = await next({ ...ROLLOUT, strategy: { answer: 'worse' } }, { more: 0 });
      await moved({ candidate: 2 });
      const { rollout = null } = (await pointer()) ?? {};
      const back = { name: 'answers', key: 'end', rollout: String(rollout), version: 2, reason: 'clicks is worse' };
      await nights.registry.strategies.rollBack({ ...back, coolDownHours: 10_000, at: new Date().toISOString() });
      await kill(handle);
      const { rollout: refused } = await next({ ...ROLLOUT, strategy: { answer: 'worse' } }, { more: 0 });
      expect(refused?.state).toBe('not due');
      expect(refused?.says).toMatch(/^answers version 2 was rolled back and is refused until .*: clicks is worse\. /);
    });

    it('does not fail where another has begun between its look and its own rollout', async () => {
      await next();
      let registering: () => void = () => undefined;
      nights.holdUp = { activity: 'registerStrategy', until: new Promise((resolve) => (registering = resolve)) };
      nights.documents += 100;
      const handle = await start({ rollout: ROLLOUT });
      await vi.waitFor(async () => expect((await child(handle).describe()).status.name).toBe('RUNNING'), 20_000);
      // Whose it is matters to nobody, as long as that run is there: the night stands for it.
      const rollout = `${handle.workflowId}/run`;
      await nights.registry.strategies.claim({
        ...{ name: 'answers', rollout, version: 1, force: false, at: new Date().toISOString() },
      });
      registering();
      const { steps } = nightlyRefreshStage.output.parse(await handle.result());
      expect(steps.at(-1)).toMatchObject({ step: 'rollout', state: 'under way' });
      expect(steps.at(-1)?.says).toMatch(/^not tried while another is\. Under way: answers for no user yet /);
    });

    it('takes a rollout that has not begun with it when it is cancelled', async () => {
      await next();
      let planning: () => void = () => undefined;
      nights.holdUp = { activity: 'planRollout', until: new Promise((resolve) => (planning = resolve)) };
      nights.documents += 100;
      const handle = await start({ rollout: ROLLOUT });
      await vi.waitFor(async () => expect((await child(handle).describe()).status.name).toBe('RUNNING'), 20_000);
      await handle.cancel();
      await vi.waitFor(async () => {
        const { events } = await child(handle).fetchHistory();
        // An activity that ends just as it is cancelled costs this server the workflow task, which only its clock would bring back.
        expect(events?.some((event) => event.activityTaskCancelRequestedEventAttributes)).toBe(true);
      }, 20_000);
      planning();
      await failureOf(handle);
      expect((await child(handle).describe()).status.name).toBe('CANCELLED');
      expect(await pointer()).toMatchObject({ live: 1, candidate: null, rollout: null });
    });
  });

  it('refuses a wrong step before it begins', async () => {
    const failure = await failureOf(await start({ index: { dataset: 'Docs', indx: 'a' } }));
    expect(failure.message).toContain('index.indx: is not a field of this input');
    expect(failure.message).toContain('index.dataset: must be a dataset name');
    expect(nights.started).toEqual([]);
  });
});
