import type { JudgeSummary } from '../../../schemas/evaluation-judge';
import type { JudgedLine, PairState } from './judge-pairs';
import { reportJudge } from './report';

/** What a judge has made of the pairs of a task; null where none was judged. Bias is of the pairs that it has seen. */
export function summarise(task: string, judge: string, lines: readonly JudgedLine[]): JudgeSummary {
  const count = (wanted: PairState) => lines.filter(({ state }) => state === wanted).length;
  const judgedOf = (among: readonly JudgedLine[]) => among.flatMap(({ judged }) => judged ?? []);
  const all = judgedOf(lines);
  const seen = judgedOf(lines.filter(({ state }) => state === 'judged'));
  const { wins, ties, losses, winRate } = all.length > 0 ? reportJudge(all) : NOTHING;
  const { bias, warning } = seen.length > 0 ? reportJudge(seen) : NOTHING;
  return {
    ...{ task, judge, pairs: lines.length, wins, ties, losses, winRate, bias, warning },
    ...{ same: count('same'), unanswered: count('unanswered'), unjudged: count('unjudged') },
    unreadable: lines.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}

const NOTHING = { wins: 0, ties: 0, losses: 0, winRate: null, bias: null, warning: null } as const;
