import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRecords, NoHeader, type CsvRecord } from '../../../activities/cleaning/read/csv';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  // One buffer for all chunks, as files are read: what is held across chunks must be a copy.
  const shared = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield shared.subarray(0, bytes.copy(shared, 0, at, at + size));
  }
}

async function recordsOf(text: string | Buffer, more: { delimiter?: string; maxBytes?: number; size?: number } = {}) {
  const { delimiter, maxBytes = 1_000, size = 7 } = more;
  const records: CsvRecord[] = [];
  for await (const record of csvRecords(chunksOf(Buffer.from(text), size), { delimiter, maxBytes }))
    records.push(record);
  return records;
}
const outcomes = async (...args: Parameters<typeof recordsOf>) =>
  (await recordsOf(...args)).map(({ problem, fields }) => problem ?? { ...fields });

describe('records of a CSV file', () => {
  it('come back as they were written, whatever is in them and however they come in chunks', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '\t'), maxLength: 6 });
    const rows = fc.array(fc.tuple(cell, cell), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom('\n', '\r\n'),
        fc.nat(9),
        fc.boolean(),
        async (cells, end, size, ended) => {
          const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
          const lines = cells.map((row) => row.map(quoted).join(','));
          const text = [`id,text`, ...lines].join(end) + (ended ? end : '');
          expect(await outcomes(text, { size: size + 1 })).toEqual(cells.map(([id, value]) => ({ id, text: value })));
        },
      ),
    );
  });

  it('are cut at the delimiter that the header has most of, or at tabs in a TSV file', async () => {
    expect(await outcomes('id;text\n1;a,b\n')).toEqual([{ id: '1', text: 'a,b' }]);
    expect(await outcomes('a,b,c\tid\nx\t1\n', { delimiter: '\t' })).toEqual([{ 'a,b,c': 'x', id: '1' }]);
  });

  it('know a byte order mark, empty lines, and columns of one name: the first counts', async () => {
    expect(await outcomes('\ufeffid,text,text\r\n\r\n1,a,b\r\n\n2,,c')).toEqual([
      { id: '1', text: 'a' },
      { id: '2', text: '' },
    ]);
  });

  it('are told from rows with too few or too many fields, and from bytes that are no text', async () => {
    const bytes = Buffer.concat([Buffer.from('id,text\n1\n2,a,b\n3,'), Buffer.from([0xff]), Buffer.from('\n4,d\n')]);
    expect(await outcomes(bytes)).toEqual(['invalid_row', 'invalid_row', 'invalid_utf8', { id: '4', text: 'd' }]);
  });

  it('lose one line to a quote that is never closed, or closed where none may be', async () => {
    expect(await outcomes('id,text\n1,"open\n2,b\n3,c\n')).toEqual([
      'invalid_row',
      { id: '2', text: 'b' },
      { id: '3', text: 'c' },
    ]);
    expect(await outcomes('id,text\n1,"open\n2,b\n3,say "so"\n')).toEqual([
      'invalid_row',
      { id: '2', text: 'b' },
      { id: '3', text: 'say "so"' },
    ]);
    expect(await outcomes('id,text\n1,"a"b\n2,"b"\n')).toEqual(['invalid_row', { id: '2', text: 'b' }]);
  });

  it('are passed over in little memory where they are too large, on one line or on many', async () => {
    const long = 'x'.repeat(50);
    const many = `"${`${long}\n`.repeat(10)}"`;
    expect(await outcomes(`id,text\n1,${long}${long}\n2,b\n3,${many}\n4,d\n`, { maxBytes: 80 })).toEqual([
      'document_too_large',
      { id: '2', text: 'b' },
      'document_too_large',
      { id: '4', text: 'd' },
    ]);
  });

  it('say where they begin', async () => {
    const text = 'id,text\r\n1,"a\nb"\n\n2\n3,"open\n4,d\n';
    const records = await recordsOf(text);
    expect(records.map(({ at, problem }) => [text.slice(at, at + 2), problem])).toEqual([
      ['1,', null],
      ['2\n', 'invalid_row'],
      ['3,', 'invalid_row'],
      ['4,', null],
    ]);
  });

  it('need a header', async () => {
    expect(await recordsOf('')).toEqual([]);
    expect(await recordsOf('id,text\n')).toEqual([]);
    await expect(recordsOf('"id,text\n1,a\n')).rejects.toThrow(NoHeader);
    await expect(recordsOf(Buffer.from([0xff, 0x0a]))).rejects.toThrow(NoHeader);
  });

  it('never throw on any bytes below a header, and number what they give', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 5, max: 40 }), async (tail, maxBytes) => {
        const records = await recordsOf(Buffer.concat([Buffer.from('a,b\n'), tail]), { maxBytes });
        expect(records.map(({ row }) => row)).toEqual(records.map((_, index) => index + 1));
      }),
    );
  });
});
