import type { SampleCounts } from '../../../schemas/evaluate-model';
import { escape, number, section } from '../../cleaning/output/page/html';
import { page, tiles } from '../../cleaning/output/page/page';
import type { Estimate } from '../statistics/bootstrap';
import { contaminationSection } from './contamination';
import { forest } from './forest';
import { judgesSection } from './judges';
import {
  type EvaluationReport,
  lossOf,
  PACE_NAMES,
  type ReportedSubject,
  type ReportedTask,
  type ShownAnswer,
  type WorstSample,
} from './report';
import { scrolling as table } from './scrolling';

const VERDICTS = {
  promote: 'Promote',
  reject: 'Reject',
  hold: 'Hold: a person decides, or more cases do',
} as const;

/** What an evaluation has found, for people. */
export function evaluationPage(report: EvaluationReport): string {
  const { candidate, reference, tasks } = report;
  const against = reference ? ` against ${reference.name}` : '';
  const subjects = reference ? [candidate, reference] : [candidate];
  return page(
    `Evaluation of ${candidate.name}${against}`,
    `The same cases were put to ${reference ? 'both' : 'it'}. Differences stand with their intervals.`,
    verdictOf(report) +
      tiles([
        ['cases', number(candidate.counts.samples)],
        [tasks.length === 1 ? 'task' : 'tasks', number(tasks.length)],
        ['answered by the candidate', number(candidate.counts.answered)],
        ...(reference ? ([['answered by the reference', number(reference.counts.answered)]] as const) : []),
      ]) +
      section('Scores', scores(tasks, reference), 'With 95% intervals. What a task is judged by is bold.') +
      tasks.map(gains).join('') +
      judgesSection(report.judges) +
      contaminationSection(report.contamination) +
      section(
        'Answers',
        answers(subjects),
        'Of all samples. Kept: answered by an earlier run, or by an equal question.',
      ) +
      section(
        'Latency and cost',
        paces(subjects),
        'Only of answers that were not kept from before. A percentile is told where at least one answer lies above it.',
      ) +
      section('Worst samples', report.worst.map(sideBySide).join('\n'), worstLead(report)) +
      section('What it rests on', origins(report, subjects)),
  );
}

function verdictOf({ verdict, reasons }: EvaluationReport): string {
  const word = verdict === null ? 'No verdict: there was nothing to be held against' : VERDICTS[verdict];
  const list = reasons.map((reason) => `<li>${escape(reason)}</li>`).join('');
  return `<div class="${verdict === 'promote' ? 'verdict' : 'notice'}"><b>${word}</b>${list && `<ul>${list}</ul>`}</div>`;
}

const within = ({ mean, low, high }: Estimate): string =>
  `${mean.toFixed(3)} <span class="soft">(${low.toFixed(3)} to ${high.toFixed(3)})</span>`;

function scores(tasks: readonly ReportedTask[], reference: ReportedSubject | null): string {
  if (tasks.length === 0) return '';
  const rows = tasks.flatMap(({ task, metric: judgedBy, metrics, verdict }) =>
    metrics.map(({ metric, cases, ...measured }) => [
      escape(task),
      metric === judgedBy ? `<b>${escape(metric)}</b>` : escape(metric),
      number(cases),
      within(measured.candidate),
      ...(reference ? [measured.reference, measured.gain].map((of) => (of ? within(of) : '')) : []),
      metric === judgedBy ? (verdict ?? '') : '',
    ]),
  );
  return table(['task', 'metric', 'cases', 'candidate', ...(reference ? ['reference', 'gain'] : []), 'verdict'], rows);
}

function gains({ task, metric, margin, overall, slices }: ReportedTask): string {
  if (!overall) return '';
  const lead = `Right of 0 the candidate is better. It may lose ${margin} at most${margin > 0 ? ', the broken line' : ''}.`;
  return section(`Gains: ${escape(task)}`, forest({ metric, margin, rows: [overall, ...slices] }), lead);
}

const COUNTED: readonly (readonly [keyof SampleCounts, string])[] = [
  ['samples', 'samples'],
  ['answered', 'answered'],
  ['failed', 'failed'],
  ['unasked', 'not asked'],
  ['kept', 'kept'],
  ['askedAgain', 'asked again'],
  ['tokens', 'tokens'],
];

const answers = (subjects: readonly ReportedSubject[]): string =>
  table(
    ['', ...COUNTED.map(([, name]) => name), 'USD'],
    subjects.map(({ name, counts }) => [
      escape(name),
      ...COUNTED.map(([key]) => number(counts[key])),
      counts.usd.toFixed(4),
    ]),
  );

const paces = (subjects: readonly ReportedSubject[]): string =>
  table(
    ['', 'measured', ...PACE_NAMES.map((name) => `${name}, ms`), 'USD per 1,000'],
    subjects.map(({ name, pace: { measured, milliseconds, usdPerThousand } }) => [
      escape(name),
      number(measured),
      ...PACE_NAMES.map((at) => (milliseconds[at] === null ? '–' : number(Math.round(milliseconds[at])))),
      usdPerThousand === null ? '–' : usdPerThousand.toFixed(4),
    ]),
  );

const worstLead = ({ reference }: EvaluationReport): string =>
  reference
    ? 'Where the candidate has lost most against the reference, twenty at most. All samples are in the artifact of the evaluation.'
    : 'Where it has scored least, twenty at most. All samples are in the artifact of the evaluation.';

function sideBySide(one: WorstSample, at: number): string {
  const { case: id, task, metric, slices, asked, expected, candidate, reference } = one;
  const where = Object.entries(slices).map(([name, value]) => `${name} ${value}`);
  return `<details${at === 0 ? ' open' : ''}><summary><code>${escape(id)}</code> ${escape([task, ...where].join(', '))} <span class="n">−${lossOf(one).toFixed(3)} ${escape(metric)}</span></summary>
${quote('asked', asked)}${expected === '' ? '' : quote('expected', expected)}
<div class="sides">${answered('candidate', candidate)}${reference ? answered('reference', reference) : ''}</div></details>`;
}

const quote = (cite: string, text: string): string =>
  `<blockquote><cite>${cite}</cite>${text === '' ? '<span class="soft">nothing</span>' : escape(text)}</blockquote>`;

function answered(who: string, { state, text, score }: ShownAnswer): string {
  const what = { answered: score.toFixed(3), failed: 'failed', unasked: 'not asked' }[state];
  return quote(`${who}: ${what}`, text);
}

function origins({ workKey, seed, cases }: EvaluationReport, subjects: readonly ReportedSubject[]): string {
  const hash = (value: string) => `<code class="hash">${escape(value)}</code>`;
  const rows = [
    ...subjects.map(({ kind, name, identity }) => [`${kind} ${escape(name)}, identity`, hash(identity)]),
    ...cases.map((one) => [`${escape(one.source)}, ${number(one.cases)} cases`, hash(one.sha256)]),
    ['work key', hash(workKey)],
    ['seed of the intervals', number(seed)],
  ];
  return table(['', ''], rows);
}
