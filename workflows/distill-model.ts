import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { PlannedDistillation } from '../activities/distillation/plan';
import type { Teaching } from '../activities/distillation/teach';
import {
  DISTILLATION_RECIPES,
  type DistillModelInput,
  distillModelStage,
  type DistillModelOutput,
  trainedName,
} from '../schemas/distill-model';
import type { ArtifactRef } from '../schemas/common';
import type { MeasuredStudent } from '../schemas/distillation-gate';
import { errorMessage } from '../schemas/errors';
import type { ModelVersion } from '../schemas/models';
import { trainModelStage, type TrainModelOutput } from '../schemas/train-model';
import { climb } from './distillation/ladder';
import { teach } from './distillation/teach';
import { runChild } from './kit/child-stage';
import { countVerdict } from './kit/meter';
import { cpu, gpu } from './kit/pools';
import { type StageRun, stageWorkflow } from './kit/stage';

/** Teaches a small model what a large one says, exports it, and takes the first precision that keeps quality and gains speed. */
export const distillModel = stageWorkflow(
  distillModelStage,
  { phases: ['plan', 'begin', 'teach', 'collect', 'train', 'measure', 'report', 'approve', 'record', 'tidy'] },
  async (run): Promise<DistillModelOutput> => {
    const { input, subject: name } = run;
    const { force, dryRun, student, gate, onWorse, promote } = input;
    const { golden, ...plan } = await run.step('plan', async () => {
      const queries = gate.golden === undefined ? null : await cpu().readGolden({ path: gate.golden });
      return { golden: queries, ...(await cpu().planDistillation({ ...input, golden: queries })) };
    });
    const { task, teacher, texts } = plan;
    const counts = { texts: texts.ref.rows, teacherParameters: teacher.parameters, studentParameters: 0 };
    run.board.count({ texts: counts.texts, 'parameters of the teacher': teacher.parameters });

    const work = {
      stage: distillModelStage.name,
      subject: name,
      codeVersion: distillModelStage.codeVersion,
      inputs: [teacher, plan.base]
        .map(({ artifact }) => artifact.sha256)
        .concat([texts.ref, plan.judged?.ref, golden].flatMap((ref) => ref?.sha256 ?? [])),
      recipe: recipeOf(input, plan),
      force,
    };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return { outcome: 'dry-run', workKey, counts, task };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as DistillModelOutput), outcome: 'reused' };
    run.onStop(async (how) => {
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    const teaching = await teach(run, { teacher, task, texts });
    const trained = await run.step('train', () => train(run, plan, teaching));
    counts.studentParameters = trained.parameters;
    run.board.count({ 'parameters of the student': trained.parameters });

    const dimensions = student.dimensions ?? null;
    const subject = { workKey, task, dimensions, trained: trained.artifact, texts, gate };
    const climbed = await run.step('measure', () =>
      climb(run, { ...subject, teacher, golden, judged: plan.judged, labels: plan.labels, ladder: input.precisions }),
    );
    const { tried, passed, taken } = climbed;
    const report = await run.step('report', async () =>
      cpu().reportDistillation({
        ...{ name, teacher: `${teacher.name}@${teacher.version}`, task, texts: counts.texts, tried },
        parameters: { teacher: teacher.parameters, student: trained.parameters },
        teacherBytes: await gpu().weighTeacher({ teacher, task }),
        passed: passed?.precision ?? null,
      }),
    );
    run.board.showReport(report.uri);

    const verdict = verdictOf(tried, passed);
    countVerdict(distillModelStage.name, verdict);
    const objection = passed ? null : objectionOf(tried);
    if (objection !== null && onWorse === 'fail') {
      throw ApplicationFailure.nonRetryable(errorMessage('GateRefused', `${objection}.`), 'GateRefused');
    }
    const decision = await run.hold(
      'approve',
      passed && promote === 'approve'
        ? `${name} has passed in ${passed.precision}, and goes live when it is approved`
        : onWorse === 'hold'
          ? objection
          : null,
    );
    const measured = passed ?? taken;
    const { precision } = measured;
    const reasons = passed ? [passed.quality?.says ?? ''] : tried.flatMap(({ objections }) => objections);
    const output = await run.step('record', async () => {
      const lineage = {
        teacher: teacher.artifact.sha256,
        teaching: teaching.artifact.sha256,
        trained: trained.artifact.sha256,
      };
      const made = { name, teacher, trained, task, precision, dimensions, measured, lineage };
      const artifact = await gpu().publishStudent(made);
      return cpu().recordStudent({
        ...{ workKey, name, teacher, trained, artifact, passed: passed !== null },
        isPromoted: passed !== null && promote !== 'never',
        gate,
        measuredOn: measuredOn(plan, golden),
        inputs: [teaching.artifact.uri, teacher.artifact.uri],
        rest: {
          ...{ counts, task, teaching: teaching.artifact, precision, tried, report, reasons: reasons.slice(0, 20) },
          verdict,
          ...(decision ? { approval: { by: decision.by, note: decision.note } } : {}),
        },
      });
    });
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return output;
  },
);

/** sha256 of the data that a student was measured on: queries and documents, or cases, and the texts whose pace was taken. */
const measuredOn = ({ texts, judged }: PlannedDistillation, golden: ArtifactRef | null): string[] =>
  [golden, judged?.ref, texts.ref].flatMap((ref) => ref?.sha256 ?? []);

/** All of the input that the result depends on and that no artifact's hash says. */
function recipeOf(
  { name, student, training, precisions, gate, columns }: DistillModelInput,
  { task, layers, labels }: PlannedDistillation,
): unknown {
  const { golden: _golden, documents: _documents, cases: _cases, ...rules } = gate;
  // Devices and prices change nothing of what is learnt.
  const { nodes, processesPerNode } = training;
  return { name, task, layers, labels, student, precisions, rules, columns, nodes, processesPerNode };
}

/** Trains the student as a run of its own, which may be watched, paused and decided on by itself. */
async function train(
  run: StageRun<DistillModelInput>,
  { task, base, teacher, layers }: PlannedDistillation,
  teaching: Teaching,
): Promise<ModelVersion> {
  const { name, student, training, force } = run.input;
  const { intermediate, dimensions, parameters } = student;
  const shape = {
    layers,
    ...(intermediate === undefined ? {} : { intermediate }),
    ...(dimensions === undefined ? {} : { dims: [dimensions] }),
  };
  const of = ({ name: model, version }: ModelVersion) => `${model}@${version}`;
  const output = await runChild<TrainModelOutput>(run, {
    stage: trainModelStage.name,
    workflowId: `${workflowInfo().workflowId}-train`,
    input: {
      ...training,
      ...{ recipe: DISTILLATION_RECIPES[task], name: trainedName(name), base: of(base), force },
      ...(base.artifact.uri === teacher.artifact.uri ? {} : { models: { teacher: of(teacher) } }),
      data: { artifact: teaching.artifact.uri },
      parameters: { ...parameters, ...shape },
      // The gate of this stage judges it.
      minImprovement: null,
    },
  });
  const { model } = output;
  if (!model) {
    const what = 'A training that ended well has registered no model.';
    throw ApplicationFailure.nonRetryable(errorMessage('InvariantBroken', what), 'InvariantBroken');
  }
  return cpu().findTrained({ name: model.name, version: model.version });
}

const objectionOf = (tried: readonly MeasuredStudent[]): string =>
  `no precision has passed. ${tried.map(({ precision, objections }) => `${precision}: ${objections.join('; ')}`).join('. ')}`;

/** Worse beyond doubt in every precision that was scored is a rejection; what nobody could tell is held. */
function verdictOf(tried: readonly MeasuredStudent[], passed: MeasuredStudent | null): 'promote' | 'reject' | 'hold' {
  if (passed) return 'promote';
  const scored = tried.flatMap(({ quality }) => (quality ? [quality.verdict] : []));
  return scored.length > 0 && scored.every((verdict) => verdict === 'reject') ? 'reject' : 'hold';
}
