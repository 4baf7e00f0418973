import { holdReason, movedBy } from './drift';
import { bars, funnel, histogram, type Bar } from './page/charts';
import { escape, number, percent, section, short } from './page/html';
import { STYLE } from './page/style';
import { armedReasons, grouped } from './reason-groups';
import type { CleaningReport } from './report';

/** The report as one page without scripts or anything from elsewhere. */
export function reportPage(report: CleaningReport): string {
  const { name, recipe, counts, drift } = report;
  const hold = drift && holdReason(drift);
  const against = drift === null ? 'first version of this name' : `compared with version ${drift.version}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(name)}: cleaning report</title><style>${STYLE}</style></head>
<body>
<header><h1>${escape(name)}</h1><p class="sub">Cleaning report · recipe <code>${escape(recipe)}</code> · ${against}</p></header>
${hold ? `<div class="notice"><b>Held for a person.</b> ${escape(hold)}.</div>` : ''}
${tiles(report)}
${section('What became of the documents', funnel(counts.read, funnelSteps(report), 'kept'), 'Each document is dropped for the first reason it meets.')}
${section('Rules', rulesTable(report), 'Every reason that this recipe can drop for, also those that never fired.')}
${section('Lengths', lengths(report))}
${section('Duplicates', duplicates(report), 'How many documents each one that was kept stands for.')}
${section('Repeated spans', repeatedSpans(report), 'Cut out of documents that stay. The first of equal spans stays where it is.')}
${section('Planted duplicates', planted(report), 'Made by the run itself of its own documents, to see how many it finds. None is in the dataset; what is no duplicate must not be found.')}
${section('Languages', bars(barsOf(report.languages), counts.kept))}
${section('Personal data', bars(barsOf(counts.pii ?? {}), 0), 'Hits in the documents kept, by kind.')}
${section('Lines left out', bars(barsOf(counts.lines ?? {}), 0), 'C4 drops single lines, too; their documents go on without them.')}
${section('Formats', bars(barsOf(report.formats), counts.kept), 'Of the documents kept.')}
${section('Samples of what was rejected', samples(report), 'Up to ten of each reason, the same in every run on the same documents; long texts are shortened.')}
<footer>The same as data: <code>report.json</code> beside this page. Every rejected document with its reason is in the rejects artifact of the run.</footer>
</body>
</html>
`;
}

function tiles({ counts, words, chars, clusterSizes }: CleaningReport): string {
  const share = (count: number) => (counts.read === 0 ? '' : ` · ${percent(count / counts.read)}`);
  const clusters = clusterSizes.reduce((sum, { size, count }) => sum + (size > 1 ? count : 0), 0);
  const shown = [
    ['files', number(counts.files)],
    ['documents read', number(counts.read)],
    [`kept${share(counts.kept)}`, number(counts.kept)],
    [`rejected${share(counts.rejected)}`, number(counts.rejected)],
    ['words kept', short(words)],
    ['characters kept', short(chars)],
    ['clusters of duplicates', number(clusters)],
  ] as const;
  return `<ul class="tiles">${shown.map(([label, value]) => `<li><b>${value}</b>${label}</li>`).join('')}</ul>`;
}

const funnelSteps = ({ reasons }: CleaningReport) =>
  grouped(reasons).map(({ title, count }) => ({ label: title, dropped: count }));

interface RuleRow {
  reason: string;
  count: number;
  threshold: string;
}

/** A row for each reason: how often it fired, and, where there is a version before, how far it moved. */
function rulesTable({ rules, reasons, counts, drift }: CleaningReport): string {
  const counted = new Map(reasons.map(({ reason, count }) => [reason, count]));
  const armed = armedReasons(rules);
  const thresholds = new Map(armed.map(({ reason, rule, threshold }) => [reason, `${rule} ${threshold}`]));
  const names = new Set([
    ...counted.keys(),
    ...thresholds.keys(),
    ...(drift?.reasons ?? []).map(({ reason }) => reason),
  ]);
  const rows = [...names].map((reason): RuleRow => {
    return { reason, count: counted.get(reason) ?? 0, threshold: thresholds.get(reason) ?? '' };
  });
  const moves = new Map(drift?.reasons.map((move) => [move.reason, move]));
  const line = ({ reason, count, threshold }: RuleRow) => {
    const move = moves.get(reason);
    const points = move ? movedBy(move) : 0;
    const far = drift?.maxDrift != null && Math.abs(points) > drift.maxDrift;
    const compared = drift
      ? `<td class="n">${move ? percent(move.before) : '0%'}</td><td class="n">${pointsText(points)}</td>`
      : '';
    return `<tr class="${far ? 'moved' : count === 0 ? 'none' : ''}"><td><code>${escape(reason)}</code></td><td class="soft">${escape(threshold)}</td>
<td class="n">${number(count)}</td><td class="n">${counts.read === 0 ? '' : percent(count / counts.read)}</td>${compared}</tr>`;
  };
  const columns = drift ? 6 : 4;
  const body = grouped(rows.sort((a, b) => b.count - a.count)).map(
    ({ title, reasons: own }) =>
      `<tr class="group"><th colspan="${columns}">${escape(title)}</th></tr>${own.map(line).join('\n')}`,
  );
  const versus = drift ? `<th class="n">version ${drift.version}</th><th class="n">points</th>` : '';
  return `<div class="scroll"><table class="rules"><thead><tr><th>reason</th><th>rule</th><th class="n">fired</th><th class="n">of all read</th>${versus}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`;
}

const pointsText = (points: number): string =>
  Math.abs(points) < 0.005 ? '0' : `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(2)}`;

function lengths({ lengths: { keptChars, rejectedChars, keptWords } }: CleaningReport): string {
  const characters = histogram('Characters of a document', [
    { name: 'kept', kind: 'kept', bins: keptChars },
    { name: 'rejected', kind: 'lost', bins: rejectedChars },
  ]);
  return characters + histogram('Words of a document', [{ name: 'kept', kind: 'kept', bins: keptWords }]);
}

/** Sizes shown one by one; larger clusters are few and come together by powers of two. */
const SINGLE_SIZES = 4;

function duplicates({ clusterSizes, largestClusters, counts }: CleaningReport): string {
  const rows = new Map<string, number>();
  for (const { size, count } of clusterSizes) {
    const power = 2 ** Math.floor(Math.log2(size));
    const range = `${Math.max(power, SINGLE_SIZES + 1)} to ${2 * power - 1}`;
    const label = size === 1 ? 'itself alone' : size <= SINGLE_SIZES ? String(size) : range;
    rows.set(label, (rows.get(label) ?? 0) + count);
  }
  const chart = bars(
    [...rows].map(([label, value]) => ({ label, value })),
    counts.kept,
  );
  if (largestClusters.length === 0) return chart;
  const largest = largestClusters.map(({ id, size, text }) => quote(`${id} · ${number(size)} documents`, text));
  return `${chart}<details><summary>The documents with the most duplicates</summary>${largest.join('\n')}</details>`;
}

/** What a span is called when there are many. */
const SPAN_NAMES = { line: 'lines', paragraph: 'paragraphs', sentences: 'sentences' } as const;

function repeatedSpans({ rules: { dropDuplicateSpans: kind = 'none' }, counts: { cut } }: CleaningReport): string {
  if (!cut || kind === 'none') return '';
  const { documents, spans, chars } = cut;
  return `<p>${number(spans)} ${SPAN_NAMES[kind]} of ${number(chars)} characters, out of ${number(documents)} documents.</p>`;
}

function planted({ planted: kinds = [] }: CleaningReport): string {
  if (kinds.length === 0) return '';
  const rows = kinds.map(
    ({ kind, planted: made, found }) =>
      `<tr><td>${escape(kind === 'different' ? 'the same words in another order, no duplicate' : kind)}</td><td class="n">${number(made)}</td><td class="n">${number(found)}</td><td class="n">${made === 0 ? '' : percent(found / made)}</td></tr>`,
  );
  return `<table class="rules"><thead><tr><th>kind</th><th class="n">planted</th><th class="n">found</th><th class="n">share</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

const barsOf = (counts: Record<string, number>): Bar[] =>
  Object.entries(counts).map(([label, value]) => ({ label, value }));

function samples({ reasons }: CleaningReport): string {
  const groups = reasons.map(({ reason, count, samples: shown }) => {
    const quotes = shown.map(({ id, duplicateOf, text }) =>
      quote(duplicateOf === null ? id : `${id}, duplicate of ${duplicateOf}`, text),
    );
    return `<details><summary><code>${escape(reason)}</code> <span class="n">${number(count)}</span></summary>${quotes.join('\n')}</details>`;
  });
  return groups.join('\n');
}

const quote = (source: string, text: string): string =>
  `<blockquote><cite>${escape(source)}</cite>${escape(text)}</blockquote>`;
