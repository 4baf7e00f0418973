import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import { restoreSpans, type Cut } from '../../activities/cleaning/spans/cut';
import { RECIPES, settleSpanRules, type CleaningRules, type RuleOverrides } from '../../schemas/recipes';
import { seededRandom } from '../support/random';
import { clean, fileOf, rowsOf, type Cleaned, type CleaningRun } from './cleaning-run';

const random = seededRandom(4);
const word = () =>
  `${'bcdfghjklm'.charAt(random.below(10))}${'aeiou'.charAt(random.below(5))}${random.below(36 ** 3).toString(36)}`;
const sentence = () => `The ${Array.from({ length: 9 }, word).join(' ')}.`;
/** A paragraph of five lines of two sentences each, none of which was written before. */
const paragraph = () => Array.from({ length: 5 }, () => `${sentence()} ${sentence()}`).join('\n');

/** Texts that stand in several documents, and in some of them twice. */
const NOTICE = 'All of this is given as it is, 2026, without any warranty.';
const FOOTER = `${sentence()}\n${sentence()}\n${sentence()}`;
const TRIPLE = [sentence(), sentence(), sentence()].join(' ');
/** Too short to be a duplicate, and different in a number only. */
const SHORT = '}';
const numbered = (n: number) => `Chapter ${n} of the book that nobody reads begins here.`;

interface Doc {
  id: string;
  text: string;
}

/** A dozen documents at known places among a hundred others, so that units and parts have something to part. */
function corpus(): Doc[] {
  const docs = Array.from({ length: 120 }, (_, n) => ({
    id: `d${String(n).padStart(3, '0')}`,
    text: [paragraph(), `${SHORT}\n${numbered(n)}`, paragraph(), paragraph()].join('\n\n'),
  }));
  const put = (n: number, change: (text: string) => string) => {
    const doc = docs[n];
    if (doc) doc.text = change(doc.text);
  };
  for (const n of [3, 40, 90]) put(n, (text) => `${NOTICE}\n\n${text}`);
  for (const n of [40, 91]) put(n, (text) => `${text}\n\n${FOOTER}`);
  for (const n of [7, 77]) put(n, (text) => `${text} ${TRIPLE}`);
  // Wrapped anew in the second: white space says nothing.
  put(60, (text) => `${TRIPLE.replaceAll(' ', '\n')}\n\n${text}`);
  put(100, () => `${FOOTER}\n\n${sentence()}`);
  return docs;
}

describe('duplicates below the document', () => {
  let base: string;
  let root: string;
  let docs: Doc[];
  const newStore = () => mkdtemp(path.join(base, 'store-'));
  const rulesFor = (changes: RuleOverrides): CleaningRules =>
    settleSpanRules({ ...RECIPES.minimal, dropNearDuplicates: false, ...changes });
  const run = async (changes: RuleOverrides, more: Partial<CleaningRun> = {}) => {
    const storeDir = await newStore();
    return { storeDir, cleaned: await clean({ root, storeDir, rules: rulesFor(changes), ...more }) };
  };
  const textsOf = async (storeDir: string, { artifact }: Cleaned) =>
    new Map(
      (await rowsOf(storeDir, artifact)).map(({ id, text }) => [String(id).replace('docs.jsonl#', ''), String(text)]),
    );
  const found = (n: number) => docs[n]?.text ?? '';

  beforeAll(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'duplicate-spans-'));
    root = await mkdtemp(path.join(base, 'root-'));
    docs = corpus();
    await writeFile(path.join(root, 'docs.jsonl'), docs.map((doc) => `${JSON.stringify(doc)}\n`).join(''));
  });
  afterAll(() => rm(base, { recursive: true }));

  it('cuts a repeated line everywhere but where it stands first, and nothing else', async () => {
    const { storeDir, cleaned } = await run({ dropDuplicateSpans: 'line' });
    const texts = await textsOf(storeDir, cleaned);
    const changed = docs.filter(({ id, text }) => texts.get(id) !== text).map(({ id }) => id);
    expect(changed).toEqual(['d040', 'd090', 'd091', 'd100']);
    expect(texts.get('d003')).toBe(found(3));
    expect(texts.get('d090')).toBe(found(90).replace(`${NOTICE}\n\n`, ''));
    expect(texts.get('d091')).toBe(found(91).replace(`\n\n${FOOTER}`, ''));
    expect(cleaned.counts.cut).toMatchObject({ documents: 3, spans: 5 });
    // Of the document that was little more than the footer too little is left.
    expect(cleaned.counts).toMatchObject({ kept: 119, rejected: 1, reasons: { duplicate_spans: 1 } });
    expect(await rowsOf(storeDir, cleaned.rejects)).toMatchObject([
      { id: 'docs.jsonl#d100', reason: 'duplicate_spans', text: found(100), whole: true },
    ]);
  });

  it('cuts a repeated paragraph, not its lines where they stand by themselves', async () => {
    const { storeDir, cleaned } = await run({
      dropDuplicateSpans: 'paragraph',
      minWordsLeft: null,
      minSentencesLeft: null,
    });
    const texts = await textsOf(storeDir, cleaned);
    const changed = docs.filter(({ id, text }) => texts.get(id) !== text).map(({ id }) => id);
    expect(changed).toEqual(['d040', 'd090', 'd091', 'd100']);
    expect(texts.get('d100')).toBe(found(100).slice(FOOTER.length + 2));
    expect(cleaned.counts.reasons).toEqual({});
  });

  it('cuts three sentences in a row that stand elsewhere, however they are wrapped', async () => {
    const { storeDir, cleaned } = await run({ dropDuplicateSpans: 'sentences' });
    const texts = await textsOf(storeDir, cleaned);
    expect(texts.get('d007')).toBe(found(7));
    expect(texts.get('d060')).toBe(found(60).slice(TRIPLE.length + 2));
    expect(texts.get('d077')).toBe(found(77).replace(` ${TRIPLE}`, ''));
    // The notice is one sentence, and what stands around it differs.
    expect(texts.get('d090')).toBe(found(90));
  });

  it('gives the same bytes whatever the concurrency, the order of units and the parts, and after interruptions', async () => {
    const changes: RuleOverrides = { dropDuplicateSpans: 'line' };
    const { cleaned: reference } = await run(changes, { concurrency: 1, parts: 1 });
    expect(reference.units).toBeGreaterThan(2);
    const backwards = (units: number) => Array.from({ length: units }, (_, unit) => units - 1 - unit);
    for (const how of [
      { concurrency: 3, parts: 15 },
      { concurrency: 2, order: backwards },
    ]) {
      expect((await run(changes, how)).cleaned).toEqual(reference);
    }
    const storeDir = await newStore();
    const again = { root, storeDir, rules: rulesFor(changes), concurrency: 1 };
    for (let attempt = 0, ended: unknown = 'killed'; ended === 'killed'; attempt++) {
      expect(attempt).toBeLessThan(50);
      let left = 4;
      const before = () => {
        if (--left === 0) throw new Error('killed');
      };
      // Planning and publishing are no units, so that an attempt must be let through to the end.
      ended = await clean({ ...again, ...(attempt % 8 === 7 ? {} : { before }) }).catch(
        (error: Error) => error.message,
      );
      if (ended !== 'killed') expect(ended).toEqual(reference);
    }
  });

  it('gives the same documents however large its units are', async () => {
    const rows = async (unitBytes: number) => {
      const { storeDir, cleaned } = await run({ dropDuplicateSpans: 'sentences' }, { unitBytes });
      return { units: cleaned.units, counts: cleaned.counts, rows: await rowsOf(storeDir, cleaned.artifact) };
    };
    const [small, large] = [await rows(65_536), await rows(1 << 26)];
    expect(small.units).toBeGreaterThan(large.units);
    expect({ ...small, units: 0 }).toEqual({ ...large, units: 0 });
  });

  it('keeps what it has cut: put back at its places it makes the text that was', async () => {
    const { storeDir, cleaned } = await run({ dropDuplicateSpans: 'line' });
    const texts = await textsOf(storeDir, cleaned);
    const files = path.join(storeDir, 'rejects', cleaned.rejects.sha256, 'cuts-*.parquet');
    const cuts = await withDuckDB(async (connection) =>
      (await connection.runAndReadAll('select * from read_parquet($files)', { files })).getRowObjectsJson(),
    );
    expect(cuts.map(({ id }) => id)).toEqual(['d040', 'd090', 'd091'].map((id) => `docs.jsonl#${id}`));
    for (const row of cuts) {
      const id = String(row['id']).replace('docs.jsonl#', '');
      expect(restoreSpans(texts.get(id) ?? '', row['cuts'] as unknown as Cut[])).toBe(
        docs.find((doc) => doc.id === id)?.text,
      );
    }
    expect(await fileOf(storeDir, cleaned.rejects, 'README.md')).toContain('5 spans');
  });

  it.each<[string, RuleOverrides, RuleOverrides]>([
    ['asked for', {}, { dropDuplicateSpans: 'line' }],
    ['of another kind', { dropDuplicateSpans: 'line' }, { dropDuplicateSpans: 'sentences', minWordsLeft: 200 }],
    ['no more wanted', { dropDuplicateSpans: 'paragraph' }, { dropDuplicateSpans: 'none' }],
  ])('%s by new thresholds: the dataset is that of cleaning anew, byte for byte', async (_what, before, after) => {
    const { storeDir, cleaned } = await run(before, { scores: true });
    const expected = await run(after, { scores: true });
    await rm(path.join(storeDir, 'work'), { recursive: true, force: true });
    const again = await clean({ root, storeDir, rules: rulesFor(after), again: cleaned });
    expect(again.artifact).toEqual(expected.cleaned.artifact);
    expect(again.rejects).toEqual(expected.cleaned.rejects);
    expect(again.counts).toMatchObject({ ...expected.cleaned.counts });
  });
});
