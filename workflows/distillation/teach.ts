import type { Teaching } from '../../activities/distillation/teach';
import type { GatheredTexts } from '../../activities/distillation/texts';
import { distillModelStage, type DistillModelInput } from '../../schemas/distill-model';
import type { ModelVersion } from '../../schemas/models';
import { cpu, gpu } from '../kit/pools';
import type { StageRun } from '../kit/stage';

/** Raised when the same texts would get other answers. */
const TEACHING_VERSION = 1;

/**
 * Has the teacher asked all texts, unit by unit, unless that was done before: what it says depends on it and on the texts alone, so
 * every student of both shares it, and so does a run that is started again.
 */
export async function teach(
  run: StageRun<DistillModelInput>,
  { teacher, task, texts }: { teacher: ModelVersion; task: 'embedding' | 'classifier'; texts: GatheredTexts },
): Promise<Teaching> {
  const work = {
    stage: `${distillModelStage.name}/teach`,
    subject: teacher.name,
    codeVersion: TEACHING_VERSION,
    inputs: [teacher.artifact.sha256, texts.ref.sha256],
    recipe: { task },
    force: false,
  };
  const { teachKey, known } = await run.step('teach', async () => {
    const { workKey, done } = await cpu().beginWork(work);
    return { teachKey: workKey, known: done as Teaching | null };
  });
  if (known) {
    run.board.count({ 'answers known already': texts.ref.rows });
    return known;
  }
  const taught = await run.units('collect', {
    total: texts.units,
    initial: { rows: 0, width: 0 },
    start: (unit) => gpu().teachUnit({ teachKey, unit, teacher, task, texts }),
    fold: (sum, { rows, width }) => ({ rows: sum.rows + rows, width: Math.max(sum.width, width) }),
    counts: ({ rows }) => ({ answers: rows }),
  });
  const teaching = await cpu().collectTeaching({ teachKey, teacher, texts, taught });
  await cpu().discardWork({ workKey: teachKey });
  return teaching;
}
