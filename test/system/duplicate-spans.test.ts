import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import { restoreSpans, type Cut } from '../../activities/cleaning/spans/cut';
import { cleanDatasetStage } from '../../schemas/clean-dataset';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { RECIPES, settleSpanRules, type CleaningRules, type RuleOverrides } from '../../schemas/recipes';
import { rethresholdDatasetStage } from '../../schemas/rethreshold-dataset';
import { startPack } from '../support/pack';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { clean, fileOf, rowsOf, type CleaningRun } from '../integration/cleaning-run';

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
  type Run = Awaited<ReturnType<typeof run>>;
  let lines: Run;
  let sentences: Run;
  const newStore = () => mkdtemp(path.join(base, 'store-'));
  const rulesFor = (changes: RuleOverrides): CleaningRules =>
    settleSpanRules({ ...RECIPES.minimal, dropNearDuplicates: false, ...changes });
  const run = async (changes: RuleOverrides, more: Partial<CleaningRun> = {}) => {
    const storeDir = await newStore();
    return { storeDir, cleaned: await clean({ root, storeDir, rules: rulesFor(changes), scores: true, ...more }) };
  };
  const textsOf = async ({ storeDir, cleaned }: Run) => {
    const rows = await rowsOf(storeDir, cleaned.artifact);
    return new Map(rows.map(({ id, text }) => [String(id).replace('docs.jsonl#', ''), String(text)]));
  };
  const changedBy = (texts: Map<string, string>) =>
    docs.filter(({ id, text }) => texts.get(id) !== text).map(({ id }) => id);
  const found = (n: number) => docs[n]?.text ?? '';

  beforeAll(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'duplicate-spans-'));
    root = await mkdtemp(path.join(base, 'root-'));
    docs = corpus();
    await writeFile(path.join(root, 'docs.jsonl'), docs.map((doc) => `${JSON.stringify(doc)}\n`).join(''));
    lines = await run({ dropDuplicateSpans: 'line' });
    sentences = await run({ dropDuplicateSpans: 'sentences' });
  });
  afterAll(() => rm(base, { recursive: true }));

  it('cuts a repeated line everywhere but where it stands first, and nothing else', async () => {
    const texts = await textsOf(lines);
    expect(changedBy(texts)).toEqual(['d040', 'd090', 'd091', 'd100']);
    expect(texts.get('d003')).toBe(found(3));
    expect(texts.get('d090')).toBe(found(90).replace(`${NOTICE}\n\n`, ''));
    expect(texts.get('d091')).toBe(found(91).replace(`\n\n${FOOTER}`, ''));
    const { counts, rejects } = lines.cleaned;
    expect(counts.cut).toMatchObject({ documents: 3, spans: 5 });
    // Of the document that was little more than the footer too little is left.
    expect(counts).toMatchObject({ kept: 119, rejected: 1, reasons: { duplicate_spans: 1 } });
    expect(await rowsOf(lines.storeDir, rejects)).toMatchObject([
      { id: 'docs.jsonl#d100', reason: 'duplicate_spans', text: found(100), whole: true },
    ]);
  });

  it('cuts a repeated paragraph, and asks for as much to be left as the rules say', async () => {
    const paragraphs = await run({ dropDuplicateSpans: 'paragraph', minWordsLeft: null, minSentencesLeft: null });
    const texts = await textsOf(paragraphs);
    expect(changedBy(texts)).toEqual(['d040', 'd090', 'd091', 'd100']);
    expect(texts.get('d100')).toBe(found(100).slice(FOOTER.length + 2));
    expect(paragraphs.cleaned.counts.reasons).toEqual({});
  });

  it('cuts three sentences in a row that stand elsewhere, however they are wrapped', async () => {
    const texts = await textsOf(sentences);
    expect(texts.get('d007')).toBe(found(7));
    expect(texts.get('d060')).toBe(found(60).slice(TRIPLE.length + 2));
    expect(texts.get('d077')).toBe(found(77).replace(` ${TRIPLE}`, ''));
    // The notice is one sentence, and what stands around it differs.
    expect(texts.get('d090')).toBe(found(90));
  });

  it('gives the same bytes whatever the concurrency, the order of units and the parts, and after interruptions', async () => {
    const changes: RuleOverrides = { dropDuplicateSpans: 'line' };
    expect(lines.cleaned.units).toBeGreaterThan(2);
    const backwards = (units: number) => Array.from({ length: units }, (_, unit) => units - 1 - unit);
    const how = { concurrency: 3, parts: 15, order: backwards };
    expect((await run(changes, how)).cleaned).toEqual(lines.cleaned);

    const again = { root, storeDir: await newStore(), rules: rulesFor(changes), scores: true, concurrency: 1 };
    for (let attempt = 0, ended: unknown = 'killed'; ended === 'killed'; attempt++) {
      expect(attempt).toBeLessThan(20);
      // Each attempt dies some activities later than the one before, in another phase.
      let left = 3 * (attempt + 1);
      const before = () => {
        if (--left === 0) throw new Error('killed');
      };
      ended = await clean({ ...again, before }).catch((error: Error) => error.message);
      if (ended !== 'killed') expect(ended).toEqual(lines.cleaned);
    }
  });

  it('gives the same documents however large its units are', async () => {
    const large = await run({ dropDuplicateSpans: 'sentences' }, { unitBytes: 1 << 26 });
    expect(large.cleaned.units).toBeLessThan(sentences.cleaned.units);
    expect(large.cleaned.counts).toEqual(sentences.cleaned.counts);
    expect(await textsOf(large)).toEqual(await textsOf(sentences));
  });

  it('keeps what it has cut: put back at its places it makes the text that was', async () => {
    const { storeDir, cleaned } = lines;
    const texts = await textsOf(lines);
    const files = path.join(storeDir, 'rejects', cleaned.rejects.sha256, 'cuts-*.parquet');
    const cuts = await withDuckDB(async (connection) =>
      (await connection.runAndReadAll('select * from read_parquet($files)', { files })).getRowObjectsJson(),
    );
    expect(cuts.map(({ id }) => id)).toEqual(['d040', 'd090', 'd091'].map((id) => `docs.jsonl#${id}`));
    for (const row of cuts as unknown as { id: string; cuts: Cut[] }[]) {
      const id = row.id.replace('docs.jsonl#', '');
      const whole = docs.find((doc) => doc.id === id)?.text;
      expect(restoreSpans(texts.get(id) ?? '', row.cuts)).toBe(whole);
    }
    expect(await fileOf(storeDir, cleaned.rejects, 'README.md')).toContain('5 spans');
  });

  it('by new thresholds gives the dataset of cleaning anew, byte for byte', async () => {
    const plain = await run({});
    const changes: [string, Run, RuleOverrides, Run][] = [
      ['asked for', plain, { dropDuplicateSpans: 'line' }, lines],
      ['of another kind', lines, { dropDuplicateSpans: 'sentences' }, sentences],
      ['no more wanted', lines, { dropDuplicateSpans: 'none' }, plain],
    ];
    for (const [what, { storeDir, cleaned }, after, { cleaned: expected }] of changes) {
      await rm(path.join(storeDir, 'work'), { recursive: true, force: true });
      const again = await clean({ root, storeDir, rules: rulesFor(after), again: cleaned });
      expect(again.artifact, what).toEqual(expected.artifact);
      expect(again.rejects, what).toEqual(expected.rejects);
      expect(again.counts, what).toMatchObject({ ...expected.counts });
    }
  });
});

describe('the workflows', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers());
    await writeFile(
      path.join(pack.projectDir, 'docs.jsonl'),
      corpus()
        .map((doc) => `${JSON.stringify(doc)}\n`)
        .join(''),
    );
  });
  afterAll(() => pack.stop());

  it('cut what a recipe or an override asks for, count it, and find it again by new thresholds', async () => {
    const input = { source: 'docs.jsonl', name: 'spans', recipe: 'minimal', overrides: { dropDuplicateSpans: 'line' } };
    const handle = await pack.start('cleanDataset', input, 'duplicate-spans-line');
    const cleaned = cleanDatasetStage.output.parse(await handle.result());
    expect(cleaned.counts).toMatchObject({ read: 120, cut: { documents: 3, spans: 5 } });
    const { phases } = await handle.query<StageProgress>(MESSAGES.progress);
    const ofSpans = ['spans', 'repeats', 'remains', 'recount'];
    expect(phases.filter(({ name }) => ofSpans.includes(name))).toEqual(
      ofSpans.map((name) => ({ name, done: 1, total: 1 })),
    );
    const again = { dataset: 'spans@1', overrides: { dropDuplicateSpans: 'sentences' } };
    const other = await pack.start('rethresholdDataset', again, 'duplicate-spans-again');
    const rethresholded = rethresholdDatasetStage.output.parse(await other.result());
    const anew = await pack.start('cleanDataset', { ...input, overrides: again.overrides }, 'duplicate-spans-anew');
    const expected = cleanDatasetStage.output.parse(await anew.result());
    expect(rethresholded.dataset?.artifact).toEqual(expected.dataset?.artifact);
    expect(rethresholded.rejects).toEqual(expected.rejects);
  });
});
