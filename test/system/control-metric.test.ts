import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Registry } from '../../activities/stores/registry';
import { controlMetricStage, type ControlMetricOutput } from '../../schemas/control-metric';
import { stageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { type ControlledService, startControlledService } from '../support/controlled-service';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const SOON = { timeout: 20_000, interval: 50 };
/** The shortest that there is. */
const PERIOD = 1;

describe('a metric that is kept at its target', () => {
  const strategy = `controlled-${process.pid}-${Date.now()}`;
  const loop = {
    ...{ strategy, knob: 'diversity', metric: 'clicks' },
    ...{ target: 10, gain: 10, low: 0, high: 0.6, safe: 0.2 },
  };
  const input = {
    loop,
    periodSeconds: PERIOD,
    lagPeriods: 1,
    settlePeriods: 6,
    maxStep: 0.15,
    minimumCount: 20,
    newStrategy: true,
  };
  let service: ControlledService;
  let pack: Awaited<ReturnType<typeof startPack>>;
  let handle: WorkflowHandle;
  const start = (more: object, id = `control-${strategy}`) => pack.start('controlMetric', { ...input, ...more }, id);
  const outputOf = async (run: WorkflowHandle): Promise<ControlMetricOutput> =>
    controlMetricStage.output.parse(await run.result());
  const progress = async () => stageProgress.parse(await handle.query(MESSAGES.progress));
  const last = () => service.knobs.at(-1);

  beforeAll(async () => {
    const servers = sharedServers();
    // A reader that finds no table waits for as long as for a server that is away.
    const registry = new Registry(servers.databaseUrl);
    await registry.migrate();
    await registry.close();
    const about = { strategy, knob: 'diversity', initial: 0.2 };
    service = await startControlledService(servers.databaseUrl, about);
    pack = await startPack(servers, { control: { metrics: { clicks: { type: 'http', url: service.url } } } });
  });
  afterAll(async () => {
    await pack?.stop();
    await service?.close();
  });

  it('a dry run says what the last windows would do, and turns nothing', async () => {
    const output = await outputOf(await start({ dryRun: true }));
    expect(output).toMatchObject({ outcome: 'dry-run', value: 0.2, counts: { periods: 12, held: 0 } });
    for (const { metric, knob } of output.points) {
      expect(metric).toBeCloseTo(7, 6);
      expect(knob).toBeCloseTo(0.2 + 0.3 * (1 - Math.exp(-1 / 2)), 6);
    }
    expect(service.knobs).toEqual([]);
  });

  it('goes there within its bounds and its rate, and stays', async () => {
    const output = await outputOf(await start({ periods: 10 }));
    expect(output).toMatchObject({ outcome: 'ended', reason: 'after 10 periods', counts: { periods: 10 } });
    // From 7. A timer may come a second late, so that moves show later than it believes.
    expect(Math.abs((output.points[0]?.metric ?? NaN) - 10)).toBeLessThan(0.6);
    const { knobs } = service;
    expect(knobs[0]).toBe(0.2);
    for (const [at, knob] of knobs.entries()) {
      expect(knob).toBeLessThanOrEqual(0.6);
      if (at > 0) expect(Math.abs(knob - (knobs[at - 1] ?? NaN))).toBeLessThanOrEqual(0.15 + 1e-12);
    }
    // It ended by itself: the knob stays where it is.
    expect(last()).toBe(output.value);
  });

  it('is left alone while its source fails, which is shown, and goes on after that', async () => {
    service.fails = { status: 500 };
    handle = await start({ loop: { ...loop, target: 6 } });
    await vi.waitFor(async () => {
      const { warnings, counts } = await progress();
      expect(counts['held']).toBeGreaterThanOrEqual(2);
      expect(warnings.join('\n')).toMatch(
        /The knob stays at 0\.\d+: The endpoint of control\.metrics\.clicks answers 500/,
      );
    }, SOON);
    const before = last() ?? NaN;
    expect((await pack.dependencies.registry.strategies.pointer(strategy))?.knobs['diversity']).toBe(before);
    service.fails = null;
    await vi.waitFor(() => expect(last()).toBeLessThan(before), SOON);
    await vi.waitFor(async () => expect((await progress()).warnings).toEqual([]), SOON);
    expect((await progress()).findings.join()).toMatch(/target 6 \| `[▁▂▃▄▅▆▇█·]+`/);
  });

  it('goes to another target when it is told one, and refuses what is none', async () => {
    const before = last() ?? NaN;
    await expect(handle.executeUpdate(MESSAGES.setTarget, { args: ['high'] })).rejects.toThrow();
    await handle.executeUpdate(MESSAGES.setTarget, { args: [{ target: 10 }] });
    await vi.waitFor(() => expect(last()).toBeGreaterThan(before), SOON);
    await vi.waitFor(async () => expect((await progress()).findings.join()).toContain('target 10'), SOON);
  });

  it('is not turned by another run at the same time', async () => {
    const other = await start({}, `other-${strategy}`);
    await expect(other.result()).rejects.toMatchObject({ cause: { type: 'KnobTaken' } });
  });

  it('rests while it is paused, and a kill sets the safe value all the same', async () => {
    await handle.executeUpdate(MESSAGES.pause);
    await vi.waitFor(async () => expect((await progress()).status).toBe('paused'), SOON);
    const { counts } = await progress();
    const { asked } = service;
    // The look that was under way may still come.
    await vi.waitFor(async () => expect((await handle.describe()).raw.pendingActivities ?? []).toEqual([]), SOON);
    await handle.executeUpdate(MESSAGES.kill, { args: [{ by: 'eva', note: 'too few clicks' }] });
    const output = await outputOf(handle);
    expect(output).toMatchObject({ outcome: 'killed', value: 0.2, reason: 'killed by eva: too few clicks' });
    expect(output.counts.periods).toBeLessThanOrEqual((counts['periods'] ?? NaN) + 1);
    expect(service.asked).toBeLessThanOrEqual(asked + 1);
    await vi.waitFor(() => expect(last()).toBe(0.2), SOON);
  });

  it('goes to its safe value where it is cancelled, and the next run begins there', async () => {
    handle = await start({});
    await vi.waitFor(() => expect(last()).toBeGreaterThan(0.25), SOON);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    await vi.waitFor(() => expect(last()).toBe(0.2), SOON);
    expect((await outputOf(await start({ periods: 1 }))).counts).toMatchObject({ periods: 1 });
  });

  it('took each step once, with a move of the pointer for each that turned the knob', async () => {
    const moves = await pack.dependencies.registry.strategies.moves(strategy);
    expect(moves.map(({ sequence }) => sequence)).toEqual(moves.map((_, at) => at + 1));
    for (const [at, { knobs }] of moves.entries()) expect(knobs).not.toEqual(moves[at - 1]?.knobs);
  });
});
