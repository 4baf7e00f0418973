import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastMemory } from '../../../activities/training/memory';
import { adjusted } from '../../../activities/training/attempt';
import { sparkline, trainingSheet } from '../../../workflows/training/sheet';
import { charge, NEW_ACCOUNT, usageOf, writeOff } from '../../../workflows/training/usage';

describe('a loss as a line', () => {
  it('falls with it, and has a column for each value or as many as there is room for', () => {
    expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1])).toBe('█▇▆▅▄▃▂▁');
    expect(sparkline([1, 1, 1])).toBe('▁▁▁');
    expect(sparkline([])).toBe('');
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 200 }),
        (values) => {
          expect([...sparkline(values)]).toHaveLength(Math.min(48, values.length));
        },
      ),
    );
  });
});

describe('the account of a training', () => {
  const ended = {
    attempt: 1,
    ended: 'infrastructure',
    fromStep: 0,
    toStep: 12,
    ranSeconds: 60,
    endedAt: 1_060,
  } as const;

  it('counts as lost what came after the checkpoint that the next attempt goes on from', () => {
    const lost = (checkpointAt: number | null) =>
      writeOff(charge(NEW_ACCOUNT, ended, 4), checkpointAt, 4).wastedSeconds;
    expect(lost(1_050)).toBe(40);
    expect(lost(1_060)).toBe(0);
    // None at all, or one of an attempt before: all of it.
    expect(lost(null)).toBe(240);
    expect(lost(500)).toBe(240);
  });

  it('costs what its devices cost together, and lists the last attempts', () => {
    let account = NEW_ACCOUNT;
    for (let attempt = 1; attempt <= 30; attempt++)
      account = writeOff(charge(account, { ...ended, attempt }, 4), 1_050, 4);
    const usage = usageOf(account, { device: 'gpu', devices: 4, pricePerHour: 10 });
    expect(usage).toMatchObject({ hours: 2, wastedHours: Number((1_200 / 3_600).toFixed(6)), cost: 5, attempts: 30 });
    expect(account.last).toHaveLength(20);
    const sheet = trainingSheet({
      state: 'running',
      cursor: null,
      fromStep: 0,
      usage,
      attempts: account.last,
      currency: true,
    });
    expect(sheet).toContain('4 GPU · 2.0 gpu hours, of them 0.3 lost · cost **5.00**');
    expect(sheet).toContain('| 30 | 0 – 12 | infrastructure | 240 | 40 |');
  });
});

describe('parameters of a later attempt', () => {
  const parameters = { learningRate: 0.1, microBatchSize: 5, steps: 100 };

  it('have a lower rate, fewer rows at once, or end where the training stood well', () => {
    const changed = adjusted(parameters, { rateFactor: 0.25, halvings: 2, finish: true }, 40);
    expect(changed).toEqual({ learningRate: 0.025, microBatchSize: 1, steps: 40 });
    expect(adjusted(parameters, { rateFactor: 1, halvings: 0, finish: false }, 40)).toEqual(parameters);
  });
});

describe('the least memory of a node', () => {
  const task = {
    ...{ parameters: 1e9, frozenParameters: 0, learning: 1, processesPerNode: 8, worldSize: 16 },
    ...{ isSharded: false, tokens: 4_096 },
  };

  it('is that of weights, gradients and optimiser for each rank, less where they are sharded, far less with adapters', () => {
    const whole = leastMemory(task);
    expect(whole).toBeGreaterThan(8 * 16e9);
    expect(leastMemory({ ...task, isSharded: true })).toBeLessThan(whole / 5);
    expect(leastMemory({ ...task, learning: 0.02 })).toBeLessThan(whole / 2);
  });

  it('lets the smallest models pass', () => {
    expect(leastMemory({ ...task, parameters: 0, processesPerNode: 1, worldSize: 1 })).toBeLessThan(2 ** 29);
  });
});
