import { describe, expect, it } from 'vitest';
import type { Sample, ScoredSample } from '../../../activities/evaluation/interfaces';
import { forest } from '../../../activities/evaluation/report/forest';
import { evaluationPage } from '../../../activities/evaluation/report/page';
import { type EvaluationReport, paceOf, worstOf } from '../../../activities/evaluation/report/report';
import type { Finding } from '../../../activities/evaluation/statistics/verdict';
import { NO_SAMPLES } from '../../../schemas/evaluate-model';

const HOSTILE = `<img src=x onerror="alert('1')">&`;
const SAFE = '&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;&#38;';

const sample = (id: string, over: Partial<Sample> = {}): Sample => ({
  ...{ case: id, task: 'qa', key: id, state: 'answered', error: null, kept: false, askedAgain: 0 },
  answer: { text: `answer to ${id}`, inputTokens: 3, outputTokens: 2, usd: 0.001, milliseconds: 100 },
  ...over,
});

const scored = (id: string, f1: number, over: Partial<Sample> = {}): ScoredSample => ({
  case: {
    ...{ id, task: 'qa', input: `question ${id}`, messages: null, passages: [], choices: [], answers: ['right'] },
    ...{ gains: {}, slices: { language: 'en' } },
  },
  sample: sample(id, over),
  scores: { f1 },
});

const finding = (name: string, over: Partial<Finding> = {}): Finding => ({
  ...{ name, cases: 60, gain: { mean: 0.01, low: -0.01, high: 0.03 }, outcome: 'noWorse', says: `${name}: no worse` },
  ...over,
});

const subject = (name: string): EvaluationReport['candidate'] => ({
  ...{ name, kind: 'endpoint', version: null, identity: 'c'.repeat(64), counts: { ...NO_SAMPLES, samples: 60 } },
  pace: paceOf([]),
});

const EMPTY: EvaluationReport = {
  ...{ workKey: 'a'.repeat(64), candidate: subject('small'), reference: null, verdict: null },
  ...{ reasons: [], tasks: [], worst: [], cases: [], seed: 1 },
};

const FULL: EvaluationReport = {
  ...EMPTY,
  ...{ reference: subject('large'), verdict: 'reject', reasons: ['German: worse by more than 0.02'] },
  tasks: [
    {
      ...{ task: 'qa', metric: 'f1', margin: 0.02, verdict: 'reject', reasons: [], metrics: [] },
      candidate: { mean: 0.8, low: 0.7, high: 0.9 },
      reference: { mean: 0.79, low: 0.69, high: 0.89 },
      overall: finding('all'),
      slices: [finding('German', { outcome: 'worse', gain: { mean: -0.2, low: -0.3, high: -0.1 } })],
    },
  ],
  worst: worstOf('f1', [scored('one', 0.2)], [scored('one', 0.9)]),
  cases: [{ source: 'cases.jsonl', sha256: 'b'.repeat(64), cases: 60 }],
};

describe('the page of an evaluation', () => {
  it('says the verdict and its reasons before all else', () => {
    const page = evaluationPage(FULL);
    const at = (text: string) => page.indexOf(text);
    expect(page).toContain('<b>Reject</b><ul><li>German: worse by more than 0.02</li></ul>');
    const order = ['<b>Reject</b>', '<h2>Scores', '<h2>Gains: qa', '<h2>Latency', '<h2>Worst', '<h2>What it rests on'];
    expect(order.map(at)).toEqual([...order.map(at)].sort((a, b) => a - b));
    expect(at('<b>Reject</b>')).toBeGreaterThan(0);
  });

  it('shows what it rests on: identities, hashes and the seed', () => {
    const page = evaluationPage(FULL);
    for (const hash of ['a', 'b', 'c']) expect(page).toContain(hash.repeat(64));
    expect(page).toMatch(/seed of the intervals<\/td><td class="n">1</);
  });

  it('escapes whatever cases, answers and names hold', () => {
    const [one] = worstOf('f1', [scored(HOSTILE, 0)], null);
    if (!one) throw new Error('a case that scored 0 is one of the worst');
    const answer = { state: 'answered', text: HOSTILE, score: 0 } as const;
    const worst = [{ ...one, asked: HOSTILE, expected: HOSTILE, candidate: answer, reference: answer }];
    const [task] = FULL.tasks;
    if (!task) throw new Error('the report has a task');
    const page = evaluationPage({
      ...{ ...FULL, reasons: [HOSTILE], candidate: subject(HOSTILE), reference: subject(HOSTILE), worst },
      tasks: [{ ...task, task: HOSTILE, metric: HOSTILE, slices: [finding(HOSTILE)] }],
      cases: [{ source: HOSTILE, sha256: HOSTILE, cases: 1 }],
    });
    expect(page).not.toContain('<img');
    expect(page.split(SAFE).length).toBeGreaterThan(20);
  });

  it('leaves out what there is nothing of, and says that there is no verdict', () => {
    const page = evaluationPage(EMPTY);
    expect(page).toContain('No verdict');
    for (const title of ['Scores', 'Gains', 'Worst']) expect(page).not.toContain(`<h2>${title}`);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('a forest of gains', () => {
  /** The places of the marks of a kind, from left to right of a plot 1,000 wide. */
  const places = (html: string, kind: string, name = 'x1') =>
    [...html.matchAll(new RegExp(`class="${kind}"[^>]*? ${name}="([\\d.]+)"`, 'g'))].map(([, x]) => Number(x));

  it('draws margin, intervals and the line of no difference to one scale', () => {
    const html = forest({
      ...{ metric: 'f1', margin: 0.1 },
      rows: [finding('all', { gain: { mean: 0, low: -0.1, high: 0.1 } })],
    });
    const [margin, zero, low, high] = [
      ...places(html, 'margin'),
      ...places(html, 'zero'),
      ...places(html, 'sure'),
      ...places(html, 'sure', 'x2'),
    ];
    expect(low).toBe(margin);
    expect(zero).toBe(500);
    expect(high).toBeCloseTo(1_000 - (low ?? NaN), 0);
  });

  it('stays inside the plot where all gains are equal, and has nothing to show without any', () => {
    const flat = finding('all', { gain: { mean: 0, low: 0, high: 0 } });
    const html = forest({ metric: 'f1', margin: 0, rows: [flat] });
    expect(places(html, 'zero')).toEqual([500]);
    expect(html).not.toContain('class="margin"');
    expect(forest({ metric: 'f1', margin: 0.1, rows: [] })).toBe('');
  });
});

describe('pace', () => {
  const answered = (milliseconds: number, kept = false) =>
    sample(`${milliseconds}`, {
      ...{ kept },
      answer: { text: '', inputTokens: 0, outputTokens: 0, usd: 0.002, milliseconds },
    });

  it('counts no answer that was kept, and none that never came', () => {
    const failed = sample('x', { state: 'failed', answer: null });
    const { measured, usdPerThousand } = paceOf([answered(5), answered(1_000_000, true), failed]);
    expect(measured).toBe(1);
    expect(usdPerThousand).toBeCloseTo(2);
  });

  it('is by nearest rank, and tells no percentile that is but the slowest answer', () => {
    const upTo = (count: number) => Array.from({ length: count }, (_, at) => answered(at + 1));
    expect(paceOf(upTo(200)).milliseconds).toEqual({ p50: 100, p90: 180, p95: 190, p99: 198 });
    expect(paceOf(upTo(15)).milliseconds).toEqual({ p50: 8, p90: 14, p95: null, p99: null });
    expect(paceOf([])).toEqual({
      measured: 0,
      milliseconds: { p50: null, p90: null, p95: null, p99: null },
      usdPerThousand: null,
    });
  });
});

describe('the worst samples', () => {
  it('are those that lost most against the reference, twenty at most, ties by their ids', () => {
    const ids = Array.from({ length: 30 }, (_, at) => `case-${String(at).padStart(2, '0')}`);
    const candidate = ids.map((id, at) => scored(id, at === 29 ? 0 : 0.5));
    const worst = worstOf(
      'f1',
      candidate,
      ids.map((id) => scored(id, 0.75)),
    );
    expect(worst.map(({ case: id }) => id)).toEqual(['case-29', ...ids.slice(0, 19)]);
  });

  it('hold none that was not put to both, and none that the metric is not of', () => {
    const unasked = scored('unasked', 0, { state: 'unasked', answer: null });
    expect(worstOf('f1', [unasked], [scored('unasked', 1)])).toEqual([]);
    expect(worstOf('grounded', [scored('without passages', 0)], null)).toEqual([]);
  });

  it('hold none at which nothing was lost, and show a failure by its error', () => {
    const error = { code: 'ContentFiltered', message: 'kept back' };
    const failed = scored('failed', 0, { state: 'failed', answer: null, error });
    const candidate = [scored('same', 0.5), scored('better', 0.9), failed];
    const worst = worstOf(
      'f1',
      candidate,
      ['same', 'better', 'failed'].map((id) => scored(id, 0.5)),
    );
    expect(worst).toHaveLength(1);
    expect(worst[0]?.candidate).toEqual({ state: 'failed', text: 'ContentFiltered: kept back', score: 0 });
    expect(worst[0]?.reference?.text).toBe('answer to failed');
  });
});
