import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { warcRecords } from '../../../activities/cleaning/read/warc';
import { pageOf } from '../../../activities/cleaning/read/warc-page';

const ID = '5c5b6c0e-0f6b-4b6e-9a5e-0123456789ab';

function record(type: string, contentType: string, content: Buffer | string, url = 'https://example.org/a'): Buffer {
  const body = Buffer.from(content);
  const head = [
    'WARC/1.0',
    `WARC-Type: ${type}`,
    `WARC-Record-ID: <urn:uuid:${ID}>`,
    `WARC-Target-URI: ${url}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body, Buffer.from('\r\n\r\n')]);
}
const response = (head: string, body: Buffer | string) =>
  record(
    'response',
    'application/http; msgtype=response',
    Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body)]),
  );
const html = (head = '') => response(`HTTP/1.1 200 OK\r\nContent-Type: text/html${head}`, '<p>text</p>');

async function recordsOf(bytes: Buffer, maxBytes = 10_000, size = 11) {
  async function* chunks() {
    const shared = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) {
      await Promise.resolve();
      yield shared.subarray(0, bytes.copy(shared, 0, at, at + size));
    }
  }
  const records = [];
  for await (const found of warcRecords(chunks(), maxBytes)) records.push(found);
  return records;
}
const pagesOf = async (bytes: Buffer, maxBytes?: number) =>
  (await recordsOf(bytes, maxBytes)).map((found) => {
    const page = pageOf(found, maxBytes ?? 10_000);
    return page && (page.problem ?? page.text);
  });

describe('records of a WARC file', () => {
  it('come one after the other, each with its number and its place, however they come in chunks', async () => {
    const parts = [
      record('warcinfo', 'application/warc-fields', 'a: b'),
      html(),
      record('conversion', 'text/plain', 'ü'),
    ];
    const bytes = Buffer.concat(parts);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (size) => {
        const records = await recordsOf(bytes, 10_000, size);
        expect(records.map(({ row, offset, problem }) => [row, offset, problem])).toEqual([
          [1, 0, null],
          [2, parts[0]?.length, null],
          [3, (parts[0]?.length ?? 0) + (parts[1]?.length ?? 0), null],
        ]);
        expect(records[2]?.content.toString()).toBe('ü');
      }),
      { numRuns: 40 },
    );
  });

  it('are found again after bytes that are none, which count as one', async () => {
    const bytes = Buffer.concat([Buffer.from('not a record\r\nat all\r\n'), html(), Buffer.from('rest')]);
    expect((await recordsOf(bytes)).map(({ row, problem }) => [row, problem])).toEqual([
      [1, 'invalid_record'],
      [2, null],
      [3, 'invalid_record'],
    ]);
  });

  it('say where they end early, have no length, or are too large', async () => {
    expect((await recordsOf(html().subarray(0, -12))).map(({ problem }) => problem)).toEqual(['invalid_record']);
    const noLength = Buffer.from('WARC/1.0\r\nWARC-Type: response\r\n\r\n');
    expect((await recordsOf(Buffer.concat([noLength, html()]))).map(({ problem }) => problem)).toEqual([
      'invalid_record',
      null,
    ]);
    const [large] = await recordsOf(record('conversion', 'text/plain', 'x'.repeat(500)), 100);
    expect([large?.problem, large?.content.length]).toEqual(['document_too_large', 100]);
  });

  it('give every byte to a record or none: any bytes are read to their end', async () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(html(), html().subarray(0, 60), Buffer.from('WARC/1.0\r\n')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const records = await recordsOf(Buffer.concat(parts));
        expect(records.map(({ row }) => row)).toEqual(records.map((_, index) => index + 1));
        for (const found of records) expect(() => pageOf(found, 10_000)).not.toThrow();
      }),
    );
  });
});

describe('pages of a crawl', () => {
  it('are those of answers and texts; other records hold none', async () => {
    const bytes = Buffer.concat([
      record('request', 'application/http; msgtype=request', 'GET / HTTP/1.1\r\n\r\n'),
      record('metadata', 'application/warc-fields', 'a: b'),
      html(),
      record('conversion', 'text/plain', 'plain'),
    ]);
    expect(await pagesOf(bytes)).toEqual([null, null, '<p>text</p>', 'plain']);
    const [, , page] = await recordsOf(bytes);
    expect(page && pageOf(page, 1_000)).toMatchObject({ id: ID, url: 'https://example.org/a', isHtml: true });
  });

  it('are unpacked, whether or not the crawler has done so before', async () => {
    const text = 'packed text';
    const chunked = `4\r\n${text.slice(0, 4)}\r\n7;x=y\r\n${text.slice(4)}\r\n0\r\n\r\n`;
    const plain = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain';
    expect(
      await pagesOf(
        Buffer.concat([
          response(`${plain}\r\nTransfer-Encoding: chunked`, chunked),
          response(`${plain}\r\nTransfer-Encoding: chunked`, text),
          response(`${plain}\r\nContent-Encoding: gzip`, gzipSync(text)),
          response(`${plain}\r\nContent-Encoding: gzip`, text),
          response(`${plain}\r\nContent-Encoding: br`, brotliCompressSync(text)),
        ]),
      ),
    ).toEqual([text, text, text, text, text]);
  });

  it('do not unpack to more than a document may have', async () => {
    const bomb = response(
      'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip',
      gzipSync(Buffer.alloc(1e6)),
    );
    expect(await pagesOf(bomb, 5_000)).toEqual(['unsupported_type']);
  });

  it('are read in the encoding that they name, or as browsers would', async () => {
    const type = 'HTTP/1.1 200 OK\r\nContent-Type: text/html';
    const latin = Buffer.from('caf\xe9', 'latin1');
    const meta = Buffer.concat([Buffer.from('<meta charset="gbk">'), Buffer.from([0xd6, 0xd0])]);
    expect(
      await pagesOf(
        Buffer.concat([
          response(`${type}; charset=iso-8859-1`, latin),
          response(type, latin),
          response(type, meta),
          response(`${type}; charset=utf-8`, latin),
        ]),
      ),
    ).toEqual(['café', 'café', '<meta charset="gbk">中', 'invalid_utf8']);
  });

  it('are kept as rejects where the server had none, or something else than text', async () => {
    expect(
      await pagesOf(
        Buffer.concat([
          response('HTTP/1.1 404 Not Found\r\nContent-Type: text/html', 'gone'),
          response('HTTP/1.1 200 OK\r\nContent-Type: image/png', 'png'),
          response('no http', 'x'),
        ]),
      ),
    ).toEqual(['http_status', 'unsupported_type', 'invalid_record']);
  });
});
