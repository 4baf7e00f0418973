import { describe, expect, it } from 'vitest';
import type { Sample } from '../../../activities/evaluation/interfaces';
import {
  type AnsweredPair,
  judgedLine,
  type JudgedLine,
  questionsOf,
  scoreJudgements,
} from '../../../activities/evaluation/judge/judge-pairs';
import { preferenceIn } from '../../../activities/evaluation/judge/prompt';
import { summarise } from '../../../activities/evaluation/judge/summary';
import type { ScoredLine } from '../../../activities/evaluation/measure';
import { judgesSection } from '../../../activities/evaluation/report/judges';
import { evaluateModelStage } from '../../../schemas/evaluate-model';
import { judgeSummary } from '../../../schemas/evaluation-judge';

const parsed = evaluateModelStage.input.parse({
  candidate: { endpoint: 'small' },
  tasks: [{ type: 'pairwise', judge: { endpoint: 'judge' }, criteria: 'Be kind.' }],
});
const [task] = parsed.tasks;
if (task?.type !== 'pairwise') throw new Error('the task has a judge');

const sample = (text: string | null, state: Sample['state'] = text === null ? 'failed' : 'answered'): Sample => ({
  ...{ case: 'a', task: 'pairwise', key: 'k', state, error: null, kept: false, askedAgain: 0 },
  answer: text === null ? null : { text, inputTokens: 1, outputTokens: 1, usd: 0, milliseconds: 1 },
});
const pair = (candidate: Sample, reference: Sample, at = 0): AnsweredPair => ({
  ...{ at, candidate, reference, repeats: false },
  case: {
    ...{ id: `case-${at}`, task: 'pairwise', input: 'Why?', messages: null, choices: [], gains: {}, slices: {} },
    ...{ passages: [{ document: 'd', title: '', text: 'It is so.' }], answers: ['So.'] },
  },
});
const stateOf = (of: AnsweredPair) => {
  const asks = questionsOf(task, of, 'judge');
  return Array.isArray(asks) ? 'asked' : [asks.state, asks.judged?.outcome ?? null];
};

describe('a pair of answers', () => {
  it('is shown in both orders, with all that belongs to the case and what makes an answer better', () => {
    const asks = questionsOf(task, pair(sample('left'), sample('right')), 'judge');
    if (!Array.isArray(asks)) throw new Error('it is asked');
    const told = asks.map(({ ask }) => (ask.kind === 'complete' ? ask.messages.map(({ content }) => content) : []));
    const [first, second] = told.map(([, shown]) => shown);
    expect(told[0]?.[0]).toContain('Be kind.');
    expect(first).toMatch(
      /<request>\nWhy\?[^]*It is so\.[^]*So\.[^]*<answer-a>\nleft\n<\/answer-a>\n\n<answer-b>\nright\n/,
    );
    expect(second).toMatch(/<answer-a>\nright\n[^]*<answer-b>\nleft\n/);
    expect(new Set(asks.map(({ key }) => key)).size).toBe(2);
  });

  it('takes no judge where the answers are the same, or one is missing', () => {
    expect(stateOf(pair(sample('same'), sample('same')))).toEqual(['same', 'tie']);
    expect(stateOf(pair(sample('one'), sample(null)))).toEqual(['unanswered', 'win']);
    expect(stateOf(pair(sample(null), sample('one')))).toEqual(['unanswered', 'loss']);
    expect(stateOf(pair(sample(null), sample(null)))).toEqual(['unanswered', 'tie']);
    expect(stateOf(pair(sample(null, 'unasked'), sample('one')))).toEqual(['unjudged', null]);
    expect(stateOf(pair(sample('one'), sample('two')))).toBe('asked');
  });

  it('is won by who is preferred in both orders; what can not be read is a tie, and what is missing no judgement', () => {
    const outcome = (...texts: (string | null)[]) => {
      const { state, judged, unreadable } = judgedLine(
        pair(sample('one'), sample('two')),
        texts.map((text) => sample(text)),
      );
      return [state, judged?.outcome ?? null, unreadable];
    };
    expect(outcome('[[A]]', '[[B]]')).toEqual(['judged', 'win', 0]);
    expect(outcome('[[B]]', '[[A]]')).toEqual(['judged', 'loss', 0]);
    expect(outcome('[[A]]', '[[A]]')).toEqual(['judged', 'tie', 0]);
    expect(outcome('[[A]]', 'I can not say')).toEqual(['judged', 'tie', 1]);
    expect(outcome('[[A]]', null)).toEqual(['unjudged', null, 0]);
  });
});

describe('what a judge has said', () => {
  it.each([
    ['Both are fine, [[B]] is shorter, but [[A]] is right: [[A]]', 'first'],
    ['[[ b ]]', 'second'],
    ['**Tie**', 'tie'],
    ['B.', 'second'],
    ['[[C]]', 'tie'],
    ['A is better', null],
    ['', null],
  ])('%j is %s', (text, preference) => {
    expect(preferenceIn(text)).toBe(preference);
  });
});

describe('what a judge has made of a task', () => {
  const asked = (at: number, ...texts: string[]) =>
    judgedLine(
      pair(sample('one'), sample('two'), at),
      texts.map((text) => sample(text)),
    );
  const told = questionsOf(task, pair(sample('same'), sample('same'), 3), 'judge');
  const lines: JudgedLine[] = [
    ...[asked(0, '[[A]]', '[[B]]'), asked(1, '[[A]]', '[[A]]'), asked(2, '[[A]]')],
    ...(Array.isArray(told) ? [] : [told]),
  ];

  it('accounts for every pair, and takes its bias from those that it has seen', () => {
    const summary = judgeSummary.parse(summarise('pairwise', 'judge', lines));
    expect(summary).toMatchObject({ pairs: 4, wins: 1, ties: 2, losses: 0, unjudged: 1, same: 1 });
    expect(summary.bias?.shift.mean).toBe(0.5);
    expect(summary.winRate?.mean).toBeCloseTo(2 / 3);
    expect(summarise('pairwise', 'judge', [])).toMatchObject({ pairs: 0, winRate: null, bias: null });
    const page = judgesSection([{ ...summary, task: '<b>', warning: 'it prefers the first place' }]);
    expect(page).toContain('&#60;b&#62;: it prefers the first place.');
  });

  it('are scores of both sides, where there is a judgement', () => {
    const side = (): ScoredLine[] => lines.map(() => ({ sample: sample('one'), scores: {} }));
    const [candidate, reference] = [side(), side()];
    scoreJudgements(lines, 'winRate', { candidate, reference });
    expect(candidate.map(({ scores }) => scores['winRate'])).toEqual([1, 0.5, undefined, 0.5]);
    expect(reference.map(({ scores }) => scores['winRate'])).toEqual([0, 0.5, undefined, 0.5]);
  });
});
