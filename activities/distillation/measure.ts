import type { ArtifactRef } from '../../schemas/common';
import type {
  Difference,
  MeasuredStudent,
  SpeedOfBucket,
  StudentGate,
  StudentPrecision,
} from '../../schemas/distillation-gate';
import type { ModelVersion } from '../../schemas/models';
import { hasGpu } from '../encoder/gpu';
import { failure } from '../errors';
import { doUnit } from '../kit/unit';
import { differenceOf, readReference, rowsOf } from './check';
import type { DistillationDependencies } from './dependencies';
import { judgeQuality, objectionsTo } from './gate';
import type { ShelvedModel } from './model-shelf';
import { readScores, scoring } from './score';
import { timeByLength } from './speed';
import { teacherOn } from './teach';
import { type GatheredTexts, readTexts } from './texts';

/** Texts on which graphs are compared. */
const CHECKED = 64;

/** A student in one precision. */
export interface StudentInput {
  workKey: string;
  /** Its place in the ladder. */
  place: number;
  task: ShelvedModel['task'];
  precision: StudentPrecision;
  dimensions: number | null;
  /** The weights that it is built of. */
  trained: Pick<ArtifactRef, 'uri' | 'sha256'>;
  texts: GatheredTexts;
  gate: StudentGate;
}

export const studentOn = (
  { trained, task, dimensions }: Pick<StudentInput, 'trained' | 'task' | 'dimensions'>,
  precision: StudentPrecision,
): ShelvedModel => ({ artifact: trained, task, precision, dimensions });

/** A graph that stands, and how far it is from what it should compute. */
export interface Exported {
  /** Why it can not be here; null where it can. */
  unavailable: string | null;
  bytes: number;
  difference: Difference | null;
}

/**
 * Builds a student's graph and compares what it gives: in 32 bits with what PyTorch gave, where the recipe left that, and in fewer with 32.
 * @throws `ExportDiffers` where 32 bits do not compute what PyTorch does; `ModelRefused` where no graph can be built.
 */
export function exportStudent(dependencies: DistillationDependencies, input: StudentInput): Promise<Exported> {
  const { store, distillation } = dependencies;
  const { workKey, place, precision, task, texts, trained, gate } = input;
  return doUnit<Exported>(store, { workKey, phase: 'export', unit: place }, async ({ signal }) => {
    if (precision === 'fp16' && !hasGpu()) {
      return {
        unavailable: 'the gpu pool has no GPU, and 16 bits are slower than 32 without',
        bytes: 0,
        difference: null,
      };
    }
    const { shelf } = distillation;
    const { bytes } = await shelf.built(studentOn(input, precision));
    const answers = (model: ShelvedModel, asked: readonly string[]) =>
      shelf.using([model], async (encoder) => {
        const open = encoder;
        return rowsOf(await open.encode(asked, { signal }), open.identity.dimensions);
      });
    if (precision !== 'fp32') {
      const sample = (await readTexts(store, texts.ref, 0)).slice(0, CHECKED).map(({ text }) => text);
      const expected = await answers(studentOn(input, 'fp32'), sample);
      const found = await answers(studentOn(input, precision), sample);
      return { unavailable: null, bytes, difference: differenceOf(task, expected, found) };
    }
    const reference = await readReference(await shelf.folder(trained));
    if (!reference) return { unavailable: null, bytes, difference: null };
    const found = await answers(studentOn(input, 'fp32'), reference.texts);
    const difference = differenceOf(task, reference.outputs, found);
    if (difference.worst > gate.tolerance.fp32) {
      throw failure(
        'ExportDiffers',
        `The graph of ${trained.uri} is off from PyTorch by up to ${difference.worst}, of ${gate.tolerance.fp32} that are allowed.`,
      );
    }
    return { unavailable: null, bytes, difference };
  });
}

/** Times a student against its teacher, once: a run that goes on takes what was measured before. */
export async function timeStudent(
  { store, distillation }: DistillationDependencies,
  input: StudentInput & { teacher: ModelVersion },
): Promise<SpeedOfBucket[]> {
  const { workKey, place, task, texts, gate, teacher, precision } = input;
  const { speed } = await doUnit(store, { workKey, phase: 'speed', unit: place }, async ({ report, signal }) => {
    const sample = (await readTexts(store, texts.ref, 0)).map(({ text }) => text);
    const models = [teacherOn(teacher, task), studentOn(input, precision)];
    const measured = await distillation.shelf.using(models, (slow, fast) =>
      timeByLength(slow, fast, sample, gate.speed, { report, signal }),
    );
    return { speed: measured };
  });
  return speed;
}

/** Puts together what was measured of a student, with what stands against it. */
export async function judgeStudent(
  { store }: Pick<DistillationDependencies, 'store'>,
  input: Pick<StudentInput, 'workKey' | 'place' | 'precision' | 'task' | 'gate'> & {
    isScored: boolean;
    exported: Exported;
    speed: SpeedOfBucket[];
  },
): Promise<MeasuredStudent> {
  const { workKey, place, precision, task, gate, isScored, exported, speed } = input;
  const { bytes, difference } = exported;
  let quality: MeasuredStudent['quality'] = null;
  if (isScored) {
    const [teacher, student] = [await readScores(store, workKey, 0), await readScores(store, workKey, place + 1)];
    const compared = await scoring.run(
      'compare',
      teacher.truth
        ? { kind: 'labels', truth: teacher.truth, teacher: teacher.values, student: student.values }
        : { kind: 'values', teacher: teacher.values, student: student.values },
    );
    const metric = task === 'embedding' ? 'nDCG@10' : 'macro F1';
    quality = judgeQuality(metric, compared, teacher.values.length, gate);
  }
  const measures = { precision, bytes, difference, quality, speed };
  return { ...measures, objections: objectionsTo(measures, gate) };
}
