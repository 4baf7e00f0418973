import type { JudgeSummary } from '../../../schemas/evaluation-judge';
import { escape, number, section } from '../../cleaning/output/page/html';
import type { Estimate } from '../statistics/bootstrap';
import { figure, scrolling } from './scrolling';

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
  ]);
  const without = judges.map((one) => [
    `${escape(one.task)}, by ${escape(one.judge)}`,
    ...[one.same, one.unanswered, one.unreadable].map(number),
  ]);
  const warnings = judges.flatMap(({ task, warning }) =>
    warning === null ? [] : [`<div class="notice">${escape(task)}: ${escape(warning)}.</div>`],
  );
  return section(
    'Judges',
    warnings.join('') +
      figure(
        'What was preferred',
        scrolling(['', 'pairs', 'wins', 'ties', 'losses', 'not judged', 'win rate'], outcomes),
      ) +
      figure(
        'How far the judge went by places',
        scrolling(['', 'first place', 'orders agree', 'torn, to the first'], biases),
      ) +
      figure('Without a preference', scrolling(['', 'same answers', 'unanswered', 'unreadable'], without)),
    'Each pair was shown in both orders: who is preferred in both has won, disagreement is a tie. A judge that does not look at places prefers the first as often as the second (0), and gives it half of the pairs that it is torn about (0.5).',
  );
}
