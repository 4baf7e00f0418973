import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { DistillModelOutput } from '../../schemas/distill-model';
import type { MeasuredStudent, SpeedOfBucket } from '../../schemas/distillation-gate';
import type { ModelVersion } from '../../schemas/models';
import { inScratch } from '../cleaning/scratch';
import { withHeartbeat } from '../kit/heartbeat';
import { publishArtifact } from '../stores/content-address';
import { findModel } from '../training/models/model-folder';
import type { DistillationDependencies } from './dependencies';
import { type Exported, exportStudent, judgeStudent, type StudentInput, timeStudent } from './measure';
import { type PlanDistillationInput, type PlannedDistillation, planDistillation } from './plan';
import { publishStudent, type PublishStudentInput, recordStudent, type RecordStudentInput } from './record';
import { distillationPage, type DistillationReport } from './report-page';
import { scoreModel, type ScoreInput } from './score';
import { collectTeaching, type Taught, type TeachInput, type Teaching, teacherOn, teachUnit } from './teach';
import type { GatheredTexts } from './texts';

/** The activities of `distillModel` that open no model. */
export function createDistillationActivities(dependencies: DistillationDependencies) {
  const { store, registry, distillation } = dependencies;
  return {
    planDistillation: (input: PlanDistillationInput): Promise<PlannedDistillation> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, () => planDistillation(dependencies, input)),

    /** Makes one artifact of what the teacher has said, once for all its students. */
    collectTeaching: (input: {
      teachKey: string;
      teacher: ModelVersion;
      texts: GatheredTexts;
      taught: Taught;
    }): Promise<Teaching> => withHeartbeat({ phase: 'collect', unit: 0 }, () => collectTeaching(dependencies, input)),

    /** What trainModel has registered. */
    findTrained: ({ name, version }: { name: string; version: number }): Promise<ModelVersion> =>
      findModel(registry, `${name}@${version}`),

    judgeStudent: (
      input: Pick<StudentInput, 'workKey' | 'place' | 'precision' | 'task' | 'gate'> & {
        isScored: boolean;
        exported: Exported;
        speed: SpeedOfBucket[];
      },
    ): Promise<MeasuredStudent> =>
      withHeartbeat({ phase: 'measure', unit: input.place }, () => judgeStudent(dependencies, input)),

    /** Writes the report: a page, and the same as data. */
    reportDistillation: (report: Omit<DistillationReport, 'hostHour'>): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'report', unit: 0 }, () =>
        inScratch(store, async (dir) => {
          const told: DistillationReport = { ...report, hostHour: distillation.hostHour };
          await writeFile(path.join(dir, 'report.html'), distillationPage(told));
          await writeFile(path.join(dir, 'report.json'), `${JSON.stringify(told, null, 2)}\n`);
          return publishArtifact(store, 'report', dir, {}, report.tried.length);
        }),
      ),

    recordStudent: (input: RecordStudentInput): Promise<DistillModelOutput> => recordStudent(dependencies, input),
  };
}

/** Those that run models, or build what runs: on the gpu pool, which is what students are made for. */
export function createStudentActivities(dependencies: DistillationDependencies) {
  const { distillation } = dependencies;
  return {
    teachUnit: (input: TeachInput): Promise<Taught> => teachUnit(dependencies, input),
    exportStudent: (input: StudentInput): Promise<Exported> => exportStudent(dependencies, input),
    scoreModel: (input: ScoreInput): Promise<{ cases: number }> => scoreModel(dependencies, input),
    timeStudent: (input: StudentInput & { teacher: ModelVersion }): Promise<SpeedOfBucket[]> =>
      timeStudent(dependencies, input),
    /** Bytes of the teacher's graph in 32 bits. */
    weighTeacher: ({ teacher, task }: Pick<TeachInput, 'teacher' | 'task'>): Promise<number> =>
      withHeartbeat(
        { phase: 'report', unit: 0 },
        async () => (await distillation.shelf.built(teacherOn(teacher, task))).bytes,
      ),
    publishStudent: (input: PublishStudentInput): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'record', unit: 0 }, () => publishStudent(dependencies, input)),
  };
}
