import { describe, expect, it } from 'vitest';
import { controlMetricStage } from '../../../schemas/control-metric';
import { picture, sparkline } from '../../../workflows/control/picture';

const { loop } = controlMetricStage.input.parse(controlMetricStage.example);
const point = (metric: number | null, knob: number) => ({ at: '2026-11-26T09:00:00.000Z', metric, knob, held: null });

describe('a sparkline', () => {
  it('goes from the lowest to the highest block, with dots for what is missing', () => {
    expect(sparkline([0, 0.5, null, 1], 0, 1)).toBe('▁▅·█');
  });

  it('stays within its ends, and is flat where they are one', () => {
    expect(sparkline([-1, 2], 0, 1)).toBe('▁█');
    expect(sparkline([3, 3], 3, 3)).toBe('▅▅');
  });
});

describe('the picture of a loop', () => {
  it('shows the metric beside its target, the knob within its bounds, and the next look', () => {
    const text = picture(loop, [point(7, 0.2), point(null, 0.2), point(7.5, 0.25)], Date.parse('2026-11-26T10:00:00Z'));
    expect(text).toContain('| metric `simulated` | 7.5 | target 8 | `▁·▅` |');
    expect(text).toContain('| knob `diversity` of example | 0.25 | 0 to 1 | `▂▂▃` |');
    expect(text).toContain('Next look: 2026-11-26T10:00:00.000Z.');
  });

  it('says where the knob is at its end', () => {
    expect(picture(loop, [point(7, 1)], null)).toContain('0 to 1, **at its end**');
  });

  it('is whole before the first look', () => {
    expect(picture(loop, [], 0)).toContain('last 0 periods');
  });
});
