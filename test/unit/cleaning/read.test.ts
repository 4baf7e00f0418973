import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractHtml } from '../../../activities/cleaning/read/html';
import { linesOf, type Line } from '../../../activities/cleaning/read/lines';
import { normalise } from '../../../activities/cleaning/read/normalise';
import { formatOf } from '../../../activities/cleaning/source/formats';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  // One buffer for all chunks, as files are read: a line held across chunks must be a copy.
  const shared = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield shared.subarray(0, bytes.copy(shared, 0, at, at + size));
  }
}

async function lines(bytes: Buffer, size: number, most: number): Promise<Omit<Line, 'bytes'>[]> {
  const found = [];
  for await (const { bytes: line, ...rest } of linesOf(chunksOf(bytes, size), most)) {
    found.push({ text: line.toString('latin1'), ...rest });
  }
  return found;
}

describe('lines of a stream', () => {
  it('are those of the whole text, however it comes in chunks, cut where they are too long', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', '\r'), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.boolean(), fc.nat(8), fc.nat(10), async (parts, ended, size, most) => {
        const text = parts.join('\n') + (ended ? '\n' : '');
        const expected = text.split('\n');
        if (expected.at(-1) === '') expected.pop();
        let next = 0;
        expect(await lines(Buffer.from(text, 'latin1'), size + 1, most)).toEqual(
          expected.map((whole) => {
            const start = next;
            next = Math.min(text.length, start + whole.length + 1);
            return { text: whole.slice(0, most), tooLong: whole.length > most, start, end: next };
          }),
        );
      }),
    );
  });
});

describe('normal form of a text', () => {
  it.each([
    ['line ends', 'a\r\nb\rc\u0085d\fe', 'a\nb\nc\nd\ne'],
    ['control characters and byte order marks', '\ufeffa\0b\u0007c\u001b[0m', 'abc[0m'],
    ['blanks at line ends and around the whole', '  \n a  \n\tb\t \n\n', 'a\n\tb'],
    ['decomposed letters', 'e\u0301', 'é'],
    ['halves of surrogate pairs', 'a\ud800b\udc00c😀', 'a\ufffdb\ufffdc😀'],
  ])('settles %s', (_what, raw, normal) => expect(normalise(raw)).toBe(normal));

  it('is a fixed point: what is normal stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        const normal = normalise(raw);
        expect(normalise(normal)).toBe(normal);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes linear time on a million blanks', () => {
    expect(normalise(`a${' \t'.repeat(500_000)}b`)).toHaveLength(1_000_002);
  });
});

describe('text of a page', () => {
  const sentence = 'A sentence of an article, long enough to count as text, with commas. '.repeat(6).trim();
  const page = (body: string) =>
    `<!doctype html><html><head><title>T &amp; U</title></head><body>${body}</body></html>`;

  it('is the article, without navigation and scripts, in paragraphs', async () => {
    const { title, text } = await extractHtml(
      page(`<nav><a href="/">Home</a></nav><article><p>${sentence}</p><p>${sentence}<br>b <b>c</b></p>
        <pre>x  y\n  z</pre></article><script>code()</script><style>p{}</style>`),
    );
    expect(title).toBe('T & U');
    expect(text.trim()).toBe(`${sentence}\n\n${sentence}\nb c\n\nx  y\n  z`);
  });

  it('is that of the whole body where there is no article', async () => {
    expect((await extractHtml(page('<ul><li>one</li><li>two</li></ul>'))).text).toContain('one\ntwo');
    expect((await extractHtml('plain <i>fragment</i>')).text.trim()).toBe('plain fragment');
  });

  it('survives nesting deeper than the stack, and pages that are no pages', async () => {
    expect((await extractHtml(`${'<div>'.repeat(400_000)}deep`)).text).toContain('deep');
    for (const html of ['', '<', '<!--', '<script>', '<html', '\0', '<p'])
      await expect(extractHtml(html)).resolves.toBeDefined();
  });

  it('loses only its tags where the page is too large for a tree', async () => {
    const page = `<p>first</p><script>code()</script>${'<p>a &lt; b</p>'.repeat(200_000)}`;
    const { text } = await extractHtml(page);
    expect(text).toContain('first');
    expect(text).toContain('a < b');
    expect(text).not.toContain('code()');
  });
});

describe('formats', () => {
  it.each([
    ['a.txt', 'text', 'plain'],
    ['A.MD', 'markdown', 'plain'],
    ['a.b.xhtml', 'html', 'plain'],
    ['a.ndjson', 'jsonl', 'plain'],
    ['a.jsonl.gz', 'jsonl', 'gzip'],
    ['a.jsonl.zst', 'jsonl', 'zstd'],
    ['a.tsv', 'csv', 'plain'],
    ['a.parquet', 'parquet', 'plain'],
    ['a.csv.gz', 'csv', 'gzip'],
    ['a.warc', 'warc', 'plain'],
    ['CC-MAIN-1.warc.gz', 'warc', 'gzip'],
    ['CC-MAIN-1.warc.wet.gz', 'warc', 'gzip'],
  ])('%s is %s, %s', (name, format, packing) => expect(formatOf(name)).toEqual({ format, packing }));

  it.each(['a.txt.gz', 'a.ts', 'txt', 'README', 'a.', 'a.gz'])('%s is left alone', (name) =>
    expect(formatOf(name)).toBeUndefined(),
  );
});
