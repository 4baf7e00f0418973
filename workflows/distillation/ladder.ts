import { ApplicationFailure } from '@temporalio/workflow';
import type { Exported, StudentInput } from '../../activities/distillation/measure';
import type { GatheredTexts } from '../../activities/distillation/texts';
import type { ArtifactRef } from '../../schemas/common';
import type { DistillModelInput } from '../../schemas/distill-model';
import type { MeasuredStudent, StudentPrecision } from '../../schemas/distillation-gate';
import { errorMessage } from '../../schemas/errors';
import type { ModelVersion } from '../../schemas/models';
import { cpu, gpu } from '../kit/pools';
import type { StageRun } from '../kit/stage';

export interface LadderSubject extends Omit<StudentInput, 'place' | 'precision'> {
  teacher: ModelVersion;
  golden: ArtifactRef | null;
  judged: GatheredTexts | null;
  labels: string[] | null;
  /** The most wanted first. */
  ladder: readonly StudentPrecision[];
}

export interface Climbed {
  /** In the order of the ladder, up to the first that passed. */
  tried: MeasuredStudent[];
  passed: MeasuredStudent | null;
  /** What is taken where none has passed and a person lets it go on: the one of the highest quality. */
  taken: MeasuredStudent;
}

/** Looks at one precision after another, and stops at the first that nothing stands against. */
export async function climb(run: StageRun<DistillModelInput>, subject: LadderSubject): Promise<Climbed> {
  const { teacher, golden, judged, labels, ladder, ...student } = subject;
  const { workKey, task, dimensions, trained } = student;
  const score = async (
    unit: number,
    artifact: ModelVersion['artifact'] | StudentInput['trained'],
    precision: StudentPrecision,
  ) => {
    if (judged === null) return;
    const cut = unit === 0 ? null : dimensions;
    await gpu().scoreModel({
      workKey,
      unit,
      model: { artifact, task, precision, dimensions: cut },
      golden,
      judged,
      labels,
    });
  };
  const exportOf = (place: number, precision: StudentPrecision): Promise<Exported> =>
    gpu().exportStudent({ ...student, place, precision });

  // Before all: whether the graph computes what PyTorch does.
  if (!ladder.includes('fp32')) await exportOf(ladder.length, 'fp32');
  await score(0, teacher.artifact, 'fp32');
  const tried: MeasuredStudent[] = [];
  for (const [place, precision] of ladder.entries()) {
    const exported = await exportOf(place, precision);
    if (exported.unavailable !== null) {
      const nothing = { precision, bytes: 0, difference: null, quality: null, speed: [] };
      tried.push({ ...nothing, objections: [exported.unavailable] });
      continue;
    }
    await score(place + 1, trained, precision);
    const one = { ...student, place, precision };
    const speed = await gpu().timeStudent({ ...one, teacher });
    const measured = await cpu().judgeStudent({ ...one, isScored: judged !== null, exported, speed });
    tried.push(measured);
    run.board.showFindings(described(measured));
    if (measured.objections.length === 0) return { tried, passed: measured, taken: measured };
  }
  return { tried, passed: null, taken: bestOf(tried) };
}

/** The one of the highest quality, of equal ones the most wanted. @throws `GateRefused` where none can be had here. */
function bestOf(tried: readonly MeasuredStudent[]): MeasuredStudent {
  const [first, ...others] = tried.filter(({ bytes }) => bytes > 0);
  if (!first) {
    const why = tried.map(({ precision, objections }) => `${precision}: ${objections.join('; ')}`).join('. ');
    throw ApplicationFailure.nonRetryable(
      errorMessage('GateRefused', `No precision can be had: ${why}.`),
      'GateRefused',
    );
  }
  return others.reduce((best, one) => ((one.quality?.student ?? 0) > (best.quality?.student ?? 0) ? one : best), first);
}

function described({ precision, quality, speed, objections }: MeasuredStudent): string {
  const pace = speed.map(({ tokens, times }) => `${times.median.toFixed(1)}× at ${tokens} tokens`).join(', ');
  const kept = quality ? `${quality.metric} ${quality.student.toFixed(3)} of ${quality.teacher.toFixed(3)}; ` : '';
  const end = objections.length === 0 ? 'passed' : `not taken: ${objections.join('; ')}`;
  return `**${precision}**: ${kept}${pace}; ${end}`;
}
