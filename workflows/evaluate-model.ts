import type { PlannedEvaluation, PlannedSubject } from '../activities/evaluation';
import type { Searched, SettledEvaluation } from '../activities/evaluation/contamination/contamination-activities';
import type { Role } from '../activities/evaluation/plan';
import {
  addSamples,
  type EvaluateModelInput,
  evaluateModelStage,
  type EvaluateModelOutput,
  NO_SAMPLES,
  type SampleCounts,
  type TaskVerdict,
} from '../schemas/evaluate-model';
import type { Contamination } from '../schemas/evaluation-contamination';
import { countVerdict } from './kit/meter';
import { cpu, gpu, llm, waitingUnits } from './kit/pools';
import { type StageRun, stageWorkflow } from './kit/stage';

/** Asks a candidate and a reference the same cases, and says with intervals whether the candidate may take its place. */
export const evaluateModel = stageWorkflow(
  evaluateModelStage,
  {
    phases: [
      'plan',
      'begin',
      'estimate',
      'look for the cases',
      'settle the cases',
      'ask the candidate',
      'ask the reference',
      'judge',
      'measure',
      'report',
      'approve',
      'record',
      'tidy',
    ],
  },
  async (run): Promise<EvaluateModelOutput> => {
    const { candidate, reference, tasks, cases, contamination, seed, limits, failures, onUnsure, force, dryRun } =
      run.input;
    const planned = await run.step('plan', () =>
      cpu().planEvaluation({ candidate, tasks, cases, contamination, ...(reference ? { reference } : {}) }),
    );
    const names = { candidate: planned.candidate.name, reference: planned.reference?.name ?? null };
    run.board.count({ cases: planned.cases });

    const work = {
      stage: evaluateModelStage.name,
      subject: run.subject,
      codeVersion: evaluateModelStage.codeVersion,
      inputs: [planned.plan.sha256],
      recipe: { seed, limits, failures, onUnsure },
      force,
    };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      const estimated = await run.step('estimate', () => cpu().estimateEvaluation({ plan: planned.plan }));
      return { outcome: 'dry-run', workKey, ...names, ...estimated };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as EvaluateModelOutput), outcome: 'reused' };
    run.onStop(async (how) => {
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    const settled = await settleCases(run, workKey, planned);
    const { plan, units } = settled;
    run.board.count({ cases: settled.cases });
    const ask = (role: Role, { pool }: PlannedSubject) =>
      askAll(run, `ask the ${role}`, units, (unit) => asking(pool).askSubject({ workKey, unit, plan, role, limits }));
    const counts = {
      candidate: await ask('candidate', planned.candidate),
      reference: planned.reference && (await ask('reference', planned.reference)),
      // Both sides have answered: now they can be compared.
      ...(planned.judges
        ? { judge: await askAll(run, 'judge', units, (unit) => llm().judgeAnswers({ workKey, unit, plan, limits })) }
        : {}),
    };
    const told = await run.step('measure', () =>
      cpu().measureEvaluation({ workKey, plan, units, counts, seed, failures }),
    );
    run.board.showFindings(described(told));
    if (told.verdict) countVerdict(evaluateModelStage.name, told.verdict);
    const evaluation = await run.step('report', () => cpu().reportEvaluation({ workKey, plan, units }));
    run.board.showReport(evaluation.uri);

    const isHeld = onUnsure === 'hold' && told.verdict === 'hold';
    // A person who rejects decides as much as one who approves: both are put on record.
    const decision = await run.hold('approve', isHeld ? told.reasons.join('; ') : null, { returnsRejection: true });
    const approval = decision
      ? { approval: { by: decision.by, note: decision.note, approved: decision.approved } }
      : {};
    const output = await run.step('record', () =>
      cpu().recordEvaluation({
        ...{ workKey, plan, evaluation, counts, ...names, ...told, ...approval },
        ...(settled.contamination ? { contamination: settled.contamination } : {}),
      }),
    );
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return output;
  },
);

/** Leaves cases out that stand in what a subject was trained on, before anything is asked, as far as there is anything to look in. */
async function settleCases(
  run: StageRun<EvaluateModelInput>,
  workKey: string,
  { plan, cases, units, searches, contamination }: PlannedEvaluation,
): Promise<Omit<SettledEvaluation, 'contamination'> & { contamination: Contamination | undefined }> {
  // A run that was planned before there was this step has no number of searches.
  if (!searches) return { plan, cases, units, contamination };
  const searched = await run.units<Searched, Searched>('look for the cases', {
    total: searches,
    initial: { texts: 0, tooShort: 0 },
    start: (unit) => cpu().findCases({ workKey, unit, plan }),
    fold: (sum, { texts, tooShort }) => ({ texts: sum.texts + texts, tooShort: Math.max(sum.tooShort, tooShort) }),
    counts: ({ texts }) => ({ 'training texts': texts }),
  });
  const { action } = run.input.contamination;
  return run.step('settle the cases', () => cpu().settleCases({ workKey, plan, units: searches, searched, action }));
}

/** Puts all cases to a subject, unit by unit. */
const askAll = <I>(run: StageRun<I>, phase: string, units: number, start: (unit: number) => Promise<SampleCounts>) =>
  run.units<SampleCounts, SampleCounts>(phase, {
    total: units,
    initial: NO_SAMPLES,
    start,
    fold: addSamples,
    counts: ({ answered, failed, kept, askedAgain }) => ({ answered, failed, kept, 'asked again': askedAgain }),
  });

/** Whoever has what the subject runs on asks it. */
const asking = (pool: PlannedSubject['pool']) =>
  pool === 'gpu' ? gpu() : pool === 'cpu' ? cpu() : pool === 'wait' ? waitingUnits() : llm();

const described = ({ verdict, reasons, tasks }: { verdict: string | null; reasons: string[]; tasks: TaskVerdict[] }) =>
  [
    `**${verdict ?? 'nothing to be held against'}**${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`,
    '',
    '| task | metric | candidate | reference |',
    '|---|---|---|---|',
    ...tasks.map(
      ({ task, metric, candidate, reference }) =>
        `| ${task} | ${metric} | ${interval(candidate)} | ${reference ? interval(reference) : ''} |`,
    ),
  ].join('\n');

const interval = ({ mean, low, high }: TaskVerdict['candidate']): string =>
  `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
