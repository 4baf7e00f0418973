import type { JudgeSummary } from '../../../schemas/evaluation-judge';
import { escape, number, section } from '../../cleaning/output/page/html';
import type { Estimate } from '../statistics/bootstrap';
import { scrolling } from './scrolling';

const within = (of: Estimate | null | undefined): string =>
  of ? `${of.mean.toFixed(3)} <span class="soft">(${of.low.toFixed(3)} to ${of.high.toFixed(3)})</span>` : '–';

/** What judges have preferred, and how far they went by the place of an answer; nothing where there is none. */
export function judgesSection(judges: readonly JudgeSummary[] = []): string {
  if (judges.length === 0) return '';
  const outcomes = judges.map((one) => [
    `${escape(one.task)}, by ${escape(one.judge)}`,
    ...[one.pairs, one.wins, one.ties, one.losses, one.unjudged].map(number),
    within(one.winRate),
  ]);
  const biases = judges.map((one) => [
    `${escape(one.task)}, by ${escape(one.judge)}`,
    ...[one.bias?.shift, one.bias?.consistent, one.bias?.firstOfTorn].map(within),
    ...[one.same, one.unanswered, one.unreadable].map(number),
  ]);
  const warnings = judges.flatMap(({ task, warning }) =>
    warning === null ? [] : [`<div class="notice">${escape(task)}: ${escape(warning)}.</div>`],
  );
  return section(
    'Judges',
    warnings.join('') +
      scrolling(['', 'pairs', 'wins', 'ties', 'losses', 'not judged', 'win rate'], outcomes) +
      scrolling(
        [
          '',
          'towards the first place',
          'orders agree',
          'of torn pairs to the first',
          'same answers',
          'unanswered',
          'unreadable',
        ],
        biases,
      ),
    'Each pair was shown in both orders: who is preferred in both has won, disagreement is a tie. A judge that does not look at places is at 0 towards the first, and at 0.5 of torn pairs.',
  );
}
