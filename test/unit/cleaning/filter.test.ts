import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filterSlices } from '../../../activities/cleaning/filter';
import type { LocalSlice } from '../../../activities/cleaning/read/records';
import { KEPT, REJECTED, type KeptDocument, type RejectedDocument } from '../../../activities/cleaning/unit-output';
import { formatOf } from '../../../activities/cleaning/source/formats';
import { RECIPES } from '../../../schemas/recipes';

let base: string;
beforeAll(async () => void (base = await mkdtemp(path.join(tmpdir(), 'filter-'))));
afterAll(() => rm(base, { recursive: true }));

async function sliceOf(name: string, content: Buffer): Promise<LocalSlice> {
  const absolute = path.join(base, name.replaceAll('/', '_'));
  await writeFile(absolute, content);
  const kind = formatOf(name);
  if (!kind) throw new Error(name);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const size = content.length;
  return {
    path: name,
    ...kind,
    fileBytes: size,
    start: 0,
    end: size,
    sha256,
    rowsBefore: 0,
    rows: null,
    absolute,
    offset: 0,
    localBytes: size,
    exported: null,
  };
}

const linesIn = async <T>(file: string): Promise<T[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

async function filter(slices: LocalSlice[], maxDocumentBytes = 1024, fields: object = {}) {
  const dir = await mkdtemp(path.join(base, 'unit-'));
  const options = { textField: 'text', idField: 'id', ...fields, maxDocumentBytes, rules: RECIPES.minimal };
  const result = await filterSlices({ slices, dir, ...options }, () => undefined);
  const kept = await linesIn<KeptDocument>(path.join(dir, KEPT));
  const rejected = await linesIn<RejectedDocument>(path.join(dir, REJECTED));
  await rm(dir, { recursive: true });
  return { ...result, keptDocuments: kept, rejectedDocuments: rejected };
}

const one = async (name: string, content: Buffer | string) => filter([await sliceOf(name, Buffer.from(content))]);

describe('filtering a unit', () => {
  it('takes the title and the text of a record from the fields that are named', async () => {
    const record = { question: 'What is tea?', answer: 'A drink made of leaves.', title: 'FAQ', text: 'Nothing.' };
    for (const [name, content] of [
      ['faq.jsonl', JSON.stringify(record)],
      ['faq.csv', `question,answer,title,text\n${Object.values(record).join(',')}`],
    ] as const) {
      const slice = await sliceOf(name, Buffer.from(content));
      const { keptDocuments } = await filter([slice], 1024, { titleField: 'question', textField: 'answer' });
      expect(keptDocuments).toMatchObject([{ title: record.question, text: record.answer }]);
    }
  });

  it('turns arbitrary bytes into documents and rejects, none of them lost', async () => {
    const name = fc.constantFrom('a.txt', 'a.md', 'a.html', 'a.jsonl', 'a.jsonl.gz', 'a.jsonl.zst');
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(`${json}\n`)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`${JSON.stringify({ text })}\n`)),
      fc.constantFrom('\n', '\r\n', '<p>', '# ', '{"text":"', '\ufeff').map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(name, fc.array(piece, { maxLength: 12 }), fc.boolean(), async (file, pieces, packed) => {
        const bytes = Buffer.concat(pieces);
        const result = await one(file, packed && file.endsWith('.gz') ? gzipSync(bytes) : bytes);
        expect(result.read).toBe(result.kept + result.rejected);
        expect(result.keptDocuments).toHaveLength(result.kept);
        expect(result.rejectedDocuments).toHaveLength(result.rejected);
        for (const { text } of result.keptDocuments) expect(text).not.toMatch(/[\0-\x08\r\ud800-\udfff]/u);
        if (!file.includes('jsonl')) expect(result.read).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['an empty file', 'a.txt', '', 'empty_document'],
    ['a file of blanks', 'a.md', ' \n\t\n', 'empty_document'],
    ['a binary file', 'a.txt', Buffer.from([1, 2, 0, 3]), 'binary_file'],
    ['invalid UTF-8', 'a.txt', Buffer.from([0x61, 0xff, 0xfe]), 'invalid_utf8'],
    ['a file that is too large', 'a.txt', 'x'.repeat(1025), 'document_too_large'],
    ['a page without text', 'a.html', '<html><body><script>1</script></body></html>', 'empty_document'],
    ['a line that is no JSON', 'a.jsonl', '{"text": "a"', 'invalid_json'],
    ['a line that is no object', 'a.jsonl', '["text"]', 'invalid_json'],
    ['invalid UTF-8 in a line', 'a.jsonl', Buffer.from([0x22, 0xff, 0x22]), 'invalid_utf8'],
    ['a record without its text', 'a.jsonl', '{"id": 1}', 'missing_text'],
    ['a record whose text is none', 'a.jsonl', '{"text": 5}', 'missing_text'],
    ['a line that is too long', 'a.jsonl', JSON.stringify({ text: 'x'.repeat(1025) }), 'document_too_large'],
    ['a packed file that is damaged', 'a.jsonl.gz', 'not gzip', 'unreadable_file'],
    ['a packed file that ends early', 'a.jsonl.gz', gzipSync('{"text":""}\n').subarray(0, 20), 'unreadable_file'],
    ['another packed file that is damaged', 'a.jsonl.zst', 'not zstd at all', 'unreadable_file'],
  ])('counts %s', async (_what, name, content, reason) => {
    const { read, reasons, rejectedDocuments } = await one(name, content);
    expect({ read, reasons }).toEqual({ read: 1, reasons: { [reason]: 1 } });
    expect(rejectedDocuments[0]).toMatchObject({ source: name, reason });
  });

  it('goes on after a bad line, and keeps what came before the damage of a packed file', async () => {
    const good = (id: number) => `${JSON.stringify({ id, text: `text ${id}` })}\n`;
    const lines = await one('a.jsonl', `${good(1)}broken\n\n${good(2)}`);
    expect(lines.keptDocuments.map(({ id, row }) => [id, row])).toEqual([
      ['a.jsonl#1', 1],
      ['a.jsonl#2', 4],
    ]);
    expect(lines.rejectedDocuments).toMatchObject([
      { id: 'a.jsonl#2', row: 2, reason: 'invalid_json', text: 'broken' },
    ]);
    const many = Array.from({ length: 20_000 }, (_, id) => good(id)).join('');
    const packed = gzipSync(many);
    const cut = await one('a.jsonl.gz', packed.subarray(0, packed.length - 100));
    expect(cut.kept).toBeGreaterThan(10_000);
    expect(cut.reasons).toEqual({ unreadable_file: 1 });
  });

  it('names documents by path, id or row, and takes titles from headings, pages and fields', async () => {
    const { keptDocuments } = await filter([
      await sliceOf('d/a.md', Buffer.from('```\n# no\n```\n## The *title* ##\ntext')),
      await sliceOf('b.html', Buffer.from('<html><head><title>Page</title></head><body>text</body></html>')),
      await sliceOf('c.jsonl', Buffer.from('{"id":"x","text":"a","title":"T"}\n{"text":"b"}\n{"id":7,"text":"c"}\n')),
    ]);
    expect(keptDocuments.map(({ id, title }) => [id, title])).toEqual([
      ['d/a.md', 'The *title*'],
      ['b.html', 'Page'],
      ['c.jsonl#x', 'T'],
      ['c.jsonl#2', null],
      ['c.jsonl#7', null],
    ]);
  });

  it('reads past a line of 50 MB in constant memory', async () => {
    const file = path.join(base, 'long.jsonl');
    const content = Buffer.concat([
      Buffer.from('{"text":"before"}\n{"text":"'),
      Buffer.alloc(50_000_000, 'x'),
      Buffer.from('"}\n{"text":"after"}\n'),
    ]);
    const slice = await sliceOf('long.jsonl', content);
    const before = process.memoryUsage().rss;
    const { keptDocuments, reasons } = await filter([slice], 1 << 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    expect(keptDocuments.map(({ text }) => text)).toEqual(['before', 'after']);
    expect(reasons).toEqual({ document_too_large: 1 });
    expect((await stat(file)).size).toBe(content.length);
  });

  it('fails where a file is not the planned one any more', async () => {
    const slice = await sliceOf('a.txt', Buffer.from('one'));
    const failing = (change: Partial<LocalSlice>) =>
      expect(filter([{ ...slice, ...change }])).rejects.toMatchObject({ type: 'SourceChanged', nonRetryable: true });
    await writeFile(slice.absolute, 'two');
    await failing({});
    await failing({ fileBytes: 4 });
    await failing({ absolute: path.join(base, 'gone.txt') });
  });
});
