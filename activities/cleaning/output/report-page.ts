import type { CleaningReport } from './report';

/** Text as it may stand in a page: documents may hold anything. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const number = (value: number): string => value.toLocaleString('en-US');

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2330; }
  h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
  .totals { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
  .totals li { background: #f2f4f8; border-radius: .5rem; padding: .6rem 1rem; } .totals b { display: block; font-size: 1.5rem; }
  table { border-collapse: collapse; width: 100%; } td, th { padding: .25rem .5rem; text-align: left; vertical-align: top; }
  td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.bar { width: 50%; }
  .bar span { display: block; height: 1rem; min-width: 2px; background: #4361c2; border-radius: 2px; }
  details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; }
  blockquote { margin: .5rem 0; padding: .4rem .8rem; border-left: 3px solid #ccd3e0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .9rem; }
  cite { display: block; color: #5a6478; font-style: normal; }
`;

/** Rows of label, number and a bar; the longest bar is the largest number. */
function bars(rows: { label: string; value: number }[]): string {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  const cells = rows.map(({ label, value }) => {
    const width = ((100 * value) / most).toFixed(2);
    const bar = `<td class="bar"><span style="width:${width}%"></span></td>`;
    return `<tr><td>${escape(label)}</td><td class="number">${number(value)}</td>${bar}</tr>`;
  });
  return `<table>${cells.join('\n')}</table>`;
}

/** The report as one page without scripts or anything from elsewhere. */
export function reportPage(report: CleaningReport): string {
  const { counts, reasons, clusterSizes } = report;
  const totals = [
    ['files', counts.files],
    ['read', counts.read],
    ['kept', counts.kept],
    ['rejected', counts.rejected],
    ['words kept', report.words],
  ] as const;
  const samples = reasons.map(({ reason, count, samples: shown }) => {
    const quotes = shown.map(({ id, duplicateOf, text }) => {
      const of = duplicateOf === null ? '' : `, duplicate of ${escape(duplicateOf)}`;
      return `<blockquote><cite>${escape(id)}${of}</cite>${escape(text)}</blockquote>`;
    });
    return `<details><summary>${escape(reason)} (${number(count)})</summary>${quotes.join('\n')}</details>`;
  });
  const rules = Object.entries(report.rules).map(
    ([rule, value]) => `<tr><td>${rule}</td><td>${value === null ? 'off' : escape(JSON.stringify(value))}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(report.name)}: cleaning report</title><style>${STYLE}</style></head>
<body>
<h1>${escape(report.name)}</h1>
<p>Recipe <code>${escape(report.recipe)}</code></p>
<ul class="totals">${totals.map(([label, value]) => `<li><b>${number(value)}</b>${label}</li>`).join('')}</ul>
<h2>What became of the documents</h2>
${bars([{ label: 'kept', value: counts.kept }, ...reasons.map(({ reason, count }) => ({ label: reason, value: count }))])}
<h2>Formats of the documents kept</h2>
${bars(Object.entries(report.formats).map(([label, value]) => ({ label, value })))}
<h2>Sizes of clusters of duplicates</h2>
${bars(clusterSizes.map(({ size, count }) => ({ label: size === 1 ? 'no duplicates' : `${size} documents`, value: count })))}
<h2>Samples of what was rejected</h2>
${samples.join('\n')}
<h2>Rules</h2>
<table>${rules.join('\n')}</table>
</body>
</html>
`;
}
