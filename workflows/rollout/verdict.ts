import type { StrategyDecision } from '../../activities/stores/registry-strategies';
import type { RolloutStrategyInput } from '../../schemas/rollout-strategy';
import type { RolloutEnd, RolloutState } from './steps';

/** What the ledger keeps of a rollout: how it ended, and what was found at each step. */
export function verdictOf(
  { metrics, steps }: RolloutStrategyInput,
  { decisions, approval, killed }: RolloutState,
  { verdict, reasons }: RolloutEnd,
  reference: number | null,
): StrategyDecision {
  const said = killed ? { approved: false, ...killed } : approval;
  const data = decisions.at(-1)?.data;
  return {
    reference,
    // What went live because a person said so had no verdict of its own that let it.
    verdict: verdict !== 'published' ? 'reject' : said ? 'hold' : 'promote',
    reasons,
    gate: `no loss of ${metrics.map(({ name }) => name).join(', ')} beyond the margins of ${steps.length} steps`,
    intervals: decisions.map(({ action, metrics: found, reasons: why, at }, step) => ({
      ...{ share: steps[step]?.share, margin: steps[step]?.margin, action, at, reasons: why, metrics: found },
    })),
    inputs: data ? [data] : [],
    ...(said ? { approval: { approved: said.approved, by: said.by, note: said.note } } : {}),
  };
}
