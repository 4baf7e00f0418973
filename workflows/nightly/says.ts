import type { BuildFeaturesOutput } from '../../schemas/build-features';
import type { CleanDatasetOutput } from '../../schemas/clean-dataset';
import type { DistillModelOutput } from '../../schemas/distill-model';
import type { EvaluateModelOutput } from '../../schemas/evaluate-model';
import type { NightStep, NightStepResult } from '../../schemas/nightly-refresh';
import type { PromoteVersionOutput } from '../../schemas/promote-version';
import type { RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import type { TrainModelOutput } from '../../schemas/train-model';
import type { UpdateIndexOutput } from '../../schemas/update-index';

/** What each step's stage returns. */
export interface StepOutputs {
  clean: CleanDatasetOutput;
  features: BuildFeaturesOutput;
  index: UpdateIndexOutput;
  train: TrainModelOutput;
  distill: DistillModelOutput;
  evaluate: EvaluateModelOutput;
  promote: PromoteVersionOutput;
  rollout: RolloutStrategyOutput;
}

/** What of a cleaning was as in the version before. */
const asBefore = (taken: CleanDatasetOutput['takenOver']): string =>
  taken ? `; ${taken.documents} documents and ${taken.units} of ${taken.of} units as they were` : '';

type Said = Pick<NightStepResult, 'says' | 'made' | 'verdict' | 'cost'>;

const named = (version: { name: string; version: number } | undefined): { made?: string } =>
  version ? { made: `${version.name}@${version.version}` } : {};

const SAYS: { [S in NightStep]: (output: StepOutputs[S]) => Said } = {
  clean: ({ counts: { read, kept, rejected }, dataset, takenOver }) => ({
    says: `${read} read, ${kept} kept, ${rejected} rejected${asBefore(takenOver)}`,
    ...named(dataset),
  }),
  features: ({ counts: { read, kept, rejected, sequences }, features }) => ({
    says: `${read} read, ${kept} kept, ${rejected} rejected${sequences > 0 ? `; ${sequences} sequences` : ''}`,
    ...named(features),
  }),
  index: ({ counts: { added, changed, deleted, unchanged }, dataset, index }) => ({
    says: `${added} added, ${changed} changed, ${deleted} deleted, ${unchanged} as they were; holds ${dataset.name}@${dataset.version}`,
    made: `${index.alias}@${index.version}`,
  }),
  train: ({ counts: { rows, steps }, metrics, usage, model }) => ({
    says: `${rows} rows, ${steps} steps${moved(metrics)}`,
    ...named(model),
    ...(usage ? { cost: usage.cost } : {}),
  }),
  distill: ({ counts: { texts }, precision, verdict, reasons, model, approval }) => ({
    says: `${texts} texts${precision ? `, ${precision}` : ''}${verdict ? `: ${verdict}` : ''}${reasons?.[0] ? `; ${reasons[0]}` : ''}`,
    ...named(model),
    ...settled(verdict, approval !== undefined),
  }),
  evaluate: ({ candidate, reference, counts, verdict, reasons, approval }) => ({
    says: `${candidate}${reference ? ` against ${reference}` : ''}, ${counts.candidate.samples} cases: ${verdict ?? 'no verdict'}${reasons?.[0] ? `; ${reasons[0]}` : ''}`,
    ...settled(verdict, approval?.approved === true),
  }),
  promote: ({ name, version, previous }) => ({
    says: `${name}: ${previous === null ? 'nothing' : `version ${previous}`} → version ${version}`,
    made: `${name}@${version}`,
  }),
  rollout: ({ outcome, reasons, strategy }) => ({
    says: `${outcome === 'published' || outcome === 'reused' ? 'live' : outcome}: ${reasons.join('; ')}`,
    ...named(strategy),
  }),
};

/** A verdict, or that of the person who was asked and approved. */
const settled = (
  verdict: 'promote' | 'reject' | 'hold' | null | undefined,
  isApproved: boolean,
): Pick<NightStepResult, 'verdict'> => (verdict ? { verdict: isApproved ? 'promote' : verdict } : {});

/** What a step has done, for people; of a dry run what could be told without doing it. */
export const sayOf = <S extends NightStep>(step: S, output: StepOutputs[S]): Said => {
  if (output.outcome === 'dry-run') {
    const { counts } = output;
    if ('plan' in output) return { says: planned(output) };
    const units = 'takenOver' in output ? asBefore(output.takenOver) : '';
    return { says: 'files' in counts ? `${counts.files} files to read${units}` : 'nothing speaks against it' };
  }
  const { says, ...rest } = SAYS[step](output);
  const told = output.outcome === 'reused' ? `as before: ${says}` : says;
  return { says: told.slice(0, MOST_CHARS), ...rest };
};

/** A page of details has room for twelve of them. */
export const MOST_CHARS = 400;

function planned({ plan, reasons }: RolloutStrategyOutput): string {
  if (!plan || plan.steps.length === 0) return reasons.join('; ');
  const says = `${plan.steps.length} steps, ${Math.ceil(plan.hours / 24)} days and ${Math.ceil(plan.users)} users where it does no harm`;
  return [says, ...reasons].join('; ').slice(0, MOST_CHARS);
}

function moved(metrics: TrainModelOutput['metrics']): string {
  if (!metrics) return '';
  const { before, after, metric } = metrics;
  const [from, to] = [before[metric.name], after[metric.name]];
  const told = (value: unknown) => (typeof value === 'number' ? value.toPrecision(4) : 'unknown');
  return `, ${metric.name} ${told(from)} → ${told(to)}`;
}
