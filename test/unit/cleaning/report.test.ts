import { describe, expect, it } from 'vitest';
import { driftOf } from '../../../activities/cleaning/output/drift';
import { datasetCard } from '../../../activities/cleaning/output/card';
import { collectReport, type CleaningReport } from '../../../activities/cleaning/output/report';
import { reportPage } from '../../../activities/cleaning/output/report-page';
import type { CleanCounts } from '../../../schemas/clean-dataset';
import { RECIPES, resolveRules } from '../../../schemas/recipes';

const counts: CleanCounts = {
  files: 2,
  read: 1_000,
  kept: 700,
  rejected: 300,
  reasons: { invalid_json: 10, gopher_short_doc: 190, near_duplicate: 100 },
};

const report: CleaningReport = {
  name: 'notes',
  recipe: 'gopher',
  rules: RECIPES.gopher,
  counts,
  drift: null,
  formats: { jsonl: 700 },
  languages: {},
  chars: 1_234_567,
  words: 200_000,
  lengths: {
    keptChars: [
      { upTo: 100, count: 400 },
      { upTo: null, count: 300 },
    ],
    rejectedChars: [
      { upTo: 100, count: 290 },
      { upTo: null, count: 0 },
    ],
    keptWords: [{ upTo: 20, count: 700 }],
  },
  reasons: Object.entries(counts.reasons).map(([reason, count]) => ({
    reason,
    count,
    samples: [{ id: 'a<b>.jsonl#1', duplicateOf: null, text: '<script>alert(1)</script>' }],
  })),
  clusterSizes: [
    { size: 1, count: 650 },
    { size: 3, count: 49 },
    { size: 100, count: 1 },
  ],
  largestClusters: [{ id: 'big', size: 100, text: 'seen "often"' }],
};

/** The page without its tags, white space as one blank. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[^]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the report of a run', () => {
  it('is one page that runs nothing, fetches nothing, and shows documents as they are', () => {
    const page = reportPage(report);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|javascript:|https?:/i);
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
    expect(page).toContain('a&#60;b&#62;.jsonl#1');
  });

  it('is the same whichever unit was the first to name a reason', async () => {
    const { name, recipe, rules } = report;
    const turned = { ...counts, reasons: Object.fromEntries(Object.entries(counts.reasons).reverse()) };
    const [one = '', other] = await Promise.all(
      [counts, turned].map(async (each) =>
        JSON.stringify(await collectReport({ name, recipe, rules, counts: each, drift: null }, [], [])),
      ),
    );
    expect(one).toContain('"gopher_short_doc":190');
    expect(other).toBe(one);
  });

  it('goes from what was read to what was kept, in the order in which documents meet the rules', () => {
    expect(textOf(reportPage(report))).toMatch(
      /read 1,000 Could not be read −10 1\.0% 990 Gopher quality −190 19\.0% 800 Duplicates −100 10\.0% 700 kept 700/,
    );
  });

  it('says of every rule that is on how often it fired, also where it never did', () => {
    const text = textOf(reportPage(report));
    expect(text).toContain('gopher_short_doc minWords 50 190 19.0%');
    expect(text).toContain('gopher_long_doc maxWords 100000 0 0%');
    expect(text).toContain('top_3_gram maxTopNgramChars 0.18 0 0%');
    expect(text).not.toContain('line_punct_ratio');
  });

  it('shows what moved against the last version, and why it is held', () => {
    const last = { version: 6, counts: { ...counts, reasons: { gopher_short_doc: 50, list_ratio: 20 } } };
    const page = reportPage({ ...report, drift: driftOf(counts, last, 10) });
    const text = textOf(page);
    expect(text).toContain('Held for a person. gopher_short_doc drops 19.0% of the documents, 5.0% in version 6');
    expect(text).toContain('gopher_short_doc minWords 50 190 19.0% 5.0% +14.00');
    expect(text).toContain('list_ratio 0 0% 2.0% −2.00');
    expect(page.match(/class="moved"/g)).toHaveLength(1);
  });

  it('has sections for languages, personal data, lines, spans and planted duplicates only where there is something', () => {
    const optional = ['Languages', 'Personal data', 'Lines left out', 'Repeated spans', 'Planted duplicates'];
    const without = textOf(reportPage(report));
    for (const title of optional) expect(without).not.toContain(title);
    const all = textOf(
      reportPage({
        ...report,
        languages: { en: 690, de: 10 },
        rules: resolveRules('gopher', { dropDuplicateSpans: 'line' }),
        counts: {
          ...{ ...counts, pii: { email: 3 }, lines: { javascript: 4 } },
          cut: { documents: 12, spans: 3400, chars: 56_000 },
        },
        planted: [
          { kind: 'exact', planted: 40, found: 40 },
          { kind: 'near', planted: 40, found: 39 },
        ],
      }),
    );
    for (const title of optional) expect(all).toContain(title);
    expect(all).toContain('en 690 98.6%');
    expect(all).toContain('3,400 lines of 56,000 characters, out of 12 documents.');
    expect(all).toContain('duplicate_spans dropDuplicateSpans line 0 0%');
    expect(all).toContain('near 40 39 97.5%');
  });

  it('is whole where nothing was read or kept', () => {
    const empty = { files: 1, read: 0, kept: 0, rejected: 0, reasons: {} };
    const nothing = { keptChars: [], rejectedChars: [], keptWords: [] };
    const page = reportPage({ ...report, counts: empty, reasons: [], clusterSizes: [], formats: {}, lengths: nothing });
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the card of a dataset', () => {
  it.each([
    ['notes', 'pretty_name: notes\n'],
    ['2026', 'pretty_name: "2026"\n'],
    ['null', 'pretty_name: "null"\n'],
  ])('names %s so that YAML takes it for a text', (name, line) =>
    expect(datasetCard({ name, recipe: 'minimal', counts })).toContain(line),
  );
});
