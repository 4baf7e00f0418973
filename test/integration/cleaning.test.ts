import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import { createCleaningActivities } from '../../activities/cleaning';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { RECIPES } from '../../schemas/recipes';
import { writeDocuments } from '../support/documents';
import { clean, fileOf, rowsOf, runActivity } from './cleaning-run';

let base: string;
let root: string;
beforeAll(async () => void (base = await mkdtemp(path.join(tmpdir(), 'cleaning-'))));
afterAll(() => rm(base, { recursive: true }));
beforeEach(async () => void (root = await mkdtemp(path.join(base, 'root-'))));

const newStore = () => mkdtemp(path.join(base, 'store-'));
const put = (name: string, content: string | Buffer) => writeFile(path.join(root, name), content);
const sentence = (n: number) => `Sentence number ${n} of a text that says nothing else than that it is number ${n}.`;
/** A text unlike any other: no five words in a row occur in another. */
const distinct = (n: number) =>
  Array.from({ length: 12 }, (_, index) => `w${n}x${index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')}`)
    .join(' ')
    .replace(/\d+/g, (digits) => [...digits].map((digit) => 'cdefghijkl'.charAt(Number(digit))).join(''));

async function putParquet(name: string, rows: number, groups: number): Promise<void> {
  const texts = Array.from({ length: rows }, (_, index) => `${distinct(10_000 + index)} ${'padding '.repeat(20)}`);
  await put('rows.jsonl.tmp', texts.map((text, index) => `${JSON.stringify({ id: index, text })}\n`).join(''));
  await withDuckDB(async (connection) => {
    const from = `read_json('${path.join(root, 'rows.jsonl.tmp')}', format = 'newline_delimited')`;
    const options = `(format parquet, compression uncompressed, row_group_size ${Math.ceil(rows / groups)})`;
    await connection.run(`copy (select * from ${from}) to '${path.join(root, name)}' ${options}`);
  });
  await rm(path.join(root, 'rows.jsonl.tmp'));
}

describe('cleaning a source', () => {
  it('reads every format, keeps each document once, and publishes what others can read', async () => {
    await put('a.txt', distinct(1));
    await put('b.md', `# Heading\n\n${distinct(2)}`);
    await put('c.html', `<html><head><title>Page</title></head><body><p>${distinct(3)}</p></body></html>`);
    await put(
      'd.jsonl',
      `${JSON.stringify({ id: 'x', text: distinct(4), title: 'Four' })}\n${JSON.stringify({ text: distinct(1) })}\n`,
    );
    await put('e.jsonl.gz', gzipSync(`${JSON.stringify({ text: distinct(5) })}\n`));
    await put('g[1]*.csv', `id,text\n1,"${distinct(7)}, ""quoted"""\n2,only,three\n`);
    await put('h.tsv', `text\tid\n${distinct(8)}\t\n`);
    await putParquet('i.parquet', 3, 1);
    await put('broken.parquet', 'PAR1 not at all');
    await put('k.ts', 'left alone');
    const storeDir = await newStore();
    const { counts, artifact, rejects, report, skippedFiles } = await clean({ root, storeDir });

    expect(skippedFiles).toBe(1);
    expect(counts).toMatchObject({ files: 9, read: 13, kept: 10 });
    expect(counts.reasons).toEqual({ exact_duplicate: 1, invalid_row: 1, unreadable_file: 1 });
    const rows = await rowsOf(storeDir, artifact);
    expect(rows.map((row) => [row['id'], row['format'], row['title'], row['cluster_size']])).toEqual([
      ['a.txt', 'text', null, 2],
      ['b.md', 'markdown', 'Heading', 1],
      ['c.html', 'html', 'Page', 1],
      ['d.jsonl#x', 'jsonl', 'Four', 1],
      ['e.jsonl.gz#1', 'jsonl', null, 1],
      ['g[1]*.csv#1', 'csv', null, 1],
      ['h.tsv#1', 'csv', null, 1],
      ['i.parquet#0', 'parquet', null, 1],
      ['i.parquet#1', 'parquet', null, 1],
      ['i.parquet#2', 'parquet', null, 1],
    ]);
    expect(rows[5]?.['text']).toBe(`${distinct(7)}, "quoted"`);
    const dropped = await rowsOf(storeDir, rejects);
    expect(dropped.find((row) => row['reason'] === 'exact_duplicate')).toMatchObject({
      id: 'd.jsonl#2',
      duplicate_of: 'a.txt',
      row: '2',
      whole: true,
    });
    expect(JSON.parse(await fileOf(storeDir, report, 'report.json'))).toMatchObject({ counts });
    expect(await fileOf(storeDir, artifact, 'README.md')).toMatch(/^---\n[^]*path: data-\*\.parquet[^]*---\n/);
  });

  it('gives the same bytes whatever the concurrency, the order of units and the parts, and after interruptions', async () => {
    await writeDocuments(root, 400, 1);
    await putParquet('rows.parquet', 9_000, 3);
    const reference = await clean({ root, storeDir: await newStore(), concurrency: 1, parts: 1 });
    expect(reference.units).toBeGreaterThan(5);
    expect(Object.keys(reference.counts.reasons).sort()).toEqual(['exact_duplicate', 'near_duplicate']);

    const others = [
      { concurrency: 3, parts: 15 },
      { concurrency: 2, order: (units: number) => Array.from({ length: units }, (_, unit) => units - 1 - unit) },
    ];
    for (const how of others) expect(await clean({ root, storeDir: await newStore(), ...how })).toEqual(reference);

    // Each attempt dies before its seventh activity; those that are done are not done again.
    const storeDir = await newStore();
    for (let attempt = 0; ; attempt++) {
      expect(attempt).toBeLessThan(reference.units * 2);
      let left = 7;
      const before = () => {
        if (--left === 0) throw new Error('killed');
      };
      const run = { root, storeDir, concurrency: 1, ...(attempt % 8 === 7 ? {} : { before }) };
      const ended = await clean(run).catch((error: Error) => error.message);
      if (ended === 'killed') continue;
      expect(ended).toEqual(reference);
      break;
    }
  });

  it('gives the same documents however large its units are', async () => {
    await writeDocuments(root, 300, 2);
    await putParquet('rows.parquet', 9_000, 3);
    const runs = [];
    for (const unitBytes of [65_536, 1 << 26]) {
      const storeDir = await newStore();
      const { artifact, rejects, counts, units } = await clean({ root, storeDir, unitBytes });
      const rejected = (await rowsOf(storeDir, rejects)).map((row) => JSON.stringify(row)).sort();
      runs.push({ units, counts, rows: await rowsOf(storeDir, artifact), rejected });
    }
    const [small, large] = runs;
    expect(small?.units).toBeGreaterThan(large?.units ?? 0);
    expect({ ...small, units: 0 }).toEqual({ ...large, units: 0 });
  });

  it('keeps the longest of near duplicates, and tells them from documents that only look alike', async () => {
    const long = Array.from({ length: 40 }, (_, n) => distinct(n)).join(' ');
    await put('a.txt', long);
    await put('b.txt', `${long} and some more words`);
    await put('c.txt', Array.from({ length: 40 }, (_, n) => distinct(n + 100)).join(' '));
    const storeDir = await newStore();
    const { counts, artifact, rejects } = await clean({ root, storeDir });
    expect(counts.reasons).toEqual({ near_duplicate: 1 });
    expect((await rowsOf(storeDir, artifact)).map((row) => row['id'])).toEqual(['b.txt', 'c.txt']);
    expect(await rowsOf(storeDir, rejects)).toMatchObject([{ id: 'a.txt', duplicate_of: 'b.txt' }]);
  });

  it('gives records of one id different ids, across units too', async () => {
    const record = (n: number) => `${JSON.stringify({ id: 'same', text: `${distinct(n)} ${'x '.repeat(20_000)}` })}\n`;
    await put('a.jsonl', [1, 2, 3, 4].map(record).join(''));
    const storeDir = await newStore();
    const run = { root, storeDir, rules: { ...RECIPES.minimal, dropNearDuplicates: false } };
    const { artifact, units } = await clean(run);
    expect(units).toBeGreaterThan(1);
    const ids = (await rowsOf(storeDir, artifact)).map((row) => row['id']);
    expect(ids).toEqual(['a.jsonl#same', 'a.jsonl#same~2', 'a.jsonl#same~3', 'a.jsonl#same~4']);
  });

  it('shows hostile texts in its report without running them', async () => {
    await put('a.txt', distinct(1));
    await put('<img src=x onerror=alert(1)>.txt', `<script>alert(1)</script> ${distinct(1)}`.slice(0, 40));
    const storeDir = await newStore();
    const { report } = await clean({ root, storeDir, rules: { ...RECIPES.minimal, minWords: 9 } });
    const page = await fileOf(storeDir, report, 'report.html');
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain('&#60;script&#62;');
  });
});

describe('what cleaning withstands', () => {
  it('counts a file that can not be read, and goes on', async () => {
    await put('a.txt', distinct(1));
    // Reading a process's memory from its start fails, also for the superuser.
    await symlink('/proc/self/mem', path.join(root, 'b.txt'));
    const storeDir = await newStore();
    const store = new FileArtifactStore(storeDir);
    const activities = createCleaningActivities({ store, sources: { roots: [root, '/proc'] }, threads: 1 });
    const plan = await runActivity(() => activities.planSource({ source: '.', formats: ['text'], unitBytes: 65_536 }));
    const options = { rules: RECIPES.minimal, textField: 'text', idField: 'id', maxDocumentBytes: 1024 };
    const result = await runActivity(() =>
      activities.filterUnit({
        workKey: '1'.repeat(64),
        plan: plan.plan,
        unit: 0,
        ...options,
      }),
    );
    expect(result).toEqual({ read: 2, kept: 1, rejected: 1, reasons: { unreadable_file: 1 }, lines: {}, pii: {} });
  });

  it('fails at once where nothing is kept, and names the report', async () => {
    await put('a.txt', '');
    const storeDir = await newStore();
    await expect(clean({ root, storeDir })).rejects.toMatchObject({
      type: 'NothingKept',
      nonRetryable: true,
      message: expect.stringContaining('artifact:report/') as string,
    });
    expect(await readdir(path.join(storeDir, 'report'))).toHaveLength(1);
  });

  it('fails where a file changes between plan and reading, and publishes nothing of it', async () => {
    await put('a.jsonl', `${JSON.stringify({ text: sentence(1) })}\n`);
    const storeDir = await newStore();
    const store = new FileArtifactStore(storeDir);
    const activities = createCleaningActivities({ store, sources: { roots: [root] }, threads: 1 });
    const { plan } = await runActivity(() =>
      activities.planSource({ source: '.', formats: ['jsonl'], unitBytes: 65_536 }),
    );
    await put('a.jsonl', `${JSON.stringify({ text: sentence(2) })}\n`);
    const options = { rules: RECIPES.minimal, textField: 'text', idField: 'id', maxDocumentBytes: 1024 };
    const unit = { workKey: '2'.repeat(64), plan, unit: 0, ...options };
    const changed = { type: 'SourceChanged', nonRetryable: true };
    await expect(runActivity(() => activities.filterUnit(unit))).rejects.toMatchObject(changed);
    await rm(path.join(root, 'a.jsonl'));
    await symlink('/etc/hostname', path.join(root, 'a.jsonl'));
    await expect(runActivity(() => activities.filterUnit(unit))).rejects.toMatchObject(changed);
    expect(await readdir(storeDir)).not.toContain('work');
  });

  it('refuses sources outside its roots, missing and empty ones', async () => {
    await mkdir(path.join(root, 'empty'));
    const store = new FileArtifactStore(await newStore());
    const activities = createCleaningActivities({ store, sources: { roots: [root] }, threads: 1, hostQueue: 'q' });
    const plan = (source: string) =>
      runActivity(() => activities.planSource({ source, formats: ['text'], unitBytes: 65_536 }));
    await expect(plan('../x')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('/etc')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('none')).rejects.toMatchObject({ type: 'SourceNotFound' });
    await expect(plan('empty')).rejects.toMatchObject({ type: 'SourceEmpty' });
    await put('a.txt', 'a');
    expect(await plan('.')).toMatchObject({ taskQueue: 'q', files: 1 });
  });
});
