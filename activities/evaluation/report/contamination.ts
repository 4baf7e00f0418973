import type { Contamination } from '../../../schemas/evaluation-contamination';
import { escape, number, percent, section } from '../../cleaning/output/page/html';
import { figure, scrolling } from './scrolling';

const DONE = {
  exclude: 'left out for both sides',
  warn: 'asked all the same',
  fail: 'reason to ask nothing',
} as const;

/** What was found of the cases in what the subjects were trained on; nothing for a report of before there was this. */
export function contaminationSection(found: Contamination | undefined): string {
  if (!found) return '';
  const { action, cases, texts, tooShort, subjects, slices, examples } = found;
  const lead =
    texts === 0
      ? 'There was nothing to look in.'
      : `Of ${number(cases.given)} cases ${number(cases.found)} stand in one of ${number(texts)} training texts: 13 words in a row, or all of a shorter one. ` +
        `They were ${DONE[action]}; ${number(cases.evaluated)} were asked.` +
        (tooShort > 0 ? ` ${number(tooShort)} have too few words to be found.` : '');
  const known = subjects.map(({ name, found: own, sources, unknown }) => {
    const looked = sources.length > 0 ? [`${number(own)} cases, looked for in ${sources.join(', ')}`] : [];
    return `<li><b>${escape(name)}</b>: ${escape([...looked, ...unknown].join('; ') || 'nothing to look in')}</li>`;
  });
  const where = slices.map(({ name, cases: all, found: own }) => [
    escape(name),
    number(all),
    number(own),
    percent(own / all),
  ]);
  const shown = examples.map(
    ({ case: id, task, source, words }) =>
      `<details><summary><code>${escape(id)}</code> ${escape(`${task}, in ${source}`)}</summary><blockquote>${escape(words)}</blockquote></details>`,
  );
  return section(
    'Cases in training texts',
    `<ul>${known.join('')}</ul>` +
      figure('Where they are', where.length > 0 ? scrolling(['slice', 'cases', 'found', 'share'], where) : '') +
      figure('Some of them, by the words that a training text has too', shown.join('\n')),
    lead,
  );
}
