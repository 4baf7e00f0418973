import { describe, expect, it } from 'vitest';
import { decide } from '../../../activities/rollout';
import type { MetricRows } from '../../../activities/rollout/metric-rows';

const input = {
  steps: [{ share: 0.05, margin: 0.03 }],
  metrics: ['clicks', 'orders'].map((name) => ({ name, better: 'higher' as const, leniency: 1, tolerated: 0 })),
  ...{ alpha: 0.01, mismatchAlpha: 0.001, planned: 60_000, minimumUsers: 2_000 },
  ...{ minimumHours: 24, maximumHours: 504, lagHours: 24 },
};
const at = (hours: number) => ({ step: 0, hours });

/** What a metric says of 400,000 users of the canary at 5%; of the others as many as there are to be, or a tenth more. */
function rows({ factor = 1, lost = false } = {}): MetricRows {
  const [canary, control] = [400_000, lost ? 8_360_000 : 7_600_000];
  const arm = (users: number, mean: number) => ({ users, mean, variance: mean });
  return {
    assigned: [{ share: 0.05, control, canary }],
    strata: [{ control: arm(control, 0.3), canary: arm(canary, 0.3 * factor) }],
  };
}

describe('a decision on what was read', () => {
  it('goes on where every metric came, and waits for one that did not', () => {
    expect(decide(input, at(60), { clicks: rows(), orders: rows() }, []).action).toBe('next');
    const missing = ['orders did not come: the database does not answer'];
    expect(decide(input, at(60), { clicks: rows() }, missing)).toMatchObject({ action: 'wait', reasons: missing });
  });

  it('rolls back for harm in one metric while another is missing, and says both', () => {
    const { action, reasons } = decide(input, at(6), { clicks: rows({ factor: 0.9 }) }, ['orders did not come: 503']);
    expect(action).toBe('rollback');
    expect(reasons).toEqual([expect.stringMatching(/^clicks is worse/), 'orders did not come: 503']);
  });

  it('is no surer of one metric for the others being away', () => {
    // The smallest loss, in steps of 0.002%, that all of alpha is enough for; each of two metrics has half of it.
    const alone = { ...input, metrics: input.metrics.slice(0, 1) };
    let factor = 1;
    while (decide(alone, at(6), { clicks: rows({ factor }) }, []).action !== 'rollback') factor -= 0.000_02;
    const clicks = rows({ factor });
    expect(decide(input, at(6), { clicks }, ['orders did not come: 503']).action).toBe('wait');
    expect(decide(input, at(6), { clicks, orders: rows() }, []).action).toBe('wait');
  });

  it('holds where any metric has lost users of one arm', () => {
    for (const read of [
      { clicks: rows(), orders: rows({ lost: true }) },
      { clicks: rows({ lost: true }), orders: rows() },
    ]) {
      expect(decide(input, at(60), read, []).reasons).toEqual([expect.stringMatching(/not split as intended/)]);
    }
  });

  it('asks a person where none came for too long', () => {
    const missing = ['clicks did not come: 503', 'orders did not come: 503'];
    expect(decide(input, at(503), {}, missing).action).toBe('wait');
    expect(decide(input, at(504), {}, missing)).toMatchObject({ action: 'hold', reasons: missing });
  });
});
