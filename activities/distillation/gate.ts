import type {
  Difference,
  SpeedOfBucket,
  StudentGate,
  StudentPrecision,
  StudentQuality,
} from '../../schemas/distillation-gate';
import { decide } from '../evaluation/statistics/verdict';
import type { Comparison } from './score-thread';

/** The verdict on what a student keeps of its teacher's quality. */
export function judgeQuality(
  metric: StudentQuality['metric'],
  { teacher, student, gain, kept }: Comparison,
  cases: number,
  { keep, minimumCases }: Pick<StudentGate, 'keep' | 'minimumCases'>,
): StudentQuality {
  const margin = Number(((1 - keep) * teacher).toPrecision(3));
  const rule = { margin, require: 'noWorse' as const, minimumCases };
  const { verdict, overall, reasons } = decide({ name: metric, cases, gain }, [], rule);
  return { metric, cases, teacher, student, gain: overall.gain, kept, verdict, says: reasons.join('; ') };
}

export interface Measures {
  precision: StudentPrecision;
  bytes: number;
  difference: Difference | null;
  quality: StudentQuality | null;
  speed: SpeedOfBucket[];
}

/** What stands against a student in one precision: all of it, so that a person sees whether the one reason is the only one. */
export function objectionsTo(
  { precision, difference, quality, speed }: Measures,
  { tolerance, speed: { minimum } }: Pick<StudentGate, 'tolerance' | 'speed'>,
): string[] {
  const objections: string[] = [];
  if (difference && difference.mean > tolerance[precision]) {
    const from = precision === 'fp32' ? 'PyTorch' : '32 bits';
    objections.push(
      `it is off from ${from} by ${shown(difference.mean)} on average, of ${shown(tolerance[precision])} that are allowed`,
    );
  }
  if (quality === null) objections.push('its quality was not measured: there are no golden queries or labelled cases');
  else if (quality.verdict !== 'promote') objections.push(quality.says);
  for (const { tokens, times } of speed) {
    if (times.median >= minimum) continue;
    objections.push(
      `${shown(times.median)} times as fast as the teacher at ${tokens} tokens, of ${shown(minimum)} asked for`,
    );
  }
  return objections;
}

const shown = (value: number): string => String(Number(value.toPrecision(3)));
