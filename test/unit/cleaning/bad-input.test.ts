import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB } from '../../../activities/cleaning/duckdb';
import { filterSlices, type FilterResult } from '../../../activities/cleaning/filter';
import { exportRows } from '../../../activities/cleaning/read/export-rows';
import type { LocalSlice } from '../../../activities/cleaning/read/records';
import { formatOf } from '../../../activities/cleaning/source/formats';
import { RECIPES } from '../../../schemas/recipes';

/** Documents in each file of the tests. */
const ROWS = 40;
const text = (row: number) =>
  `Document number ${row} says what no other says: ${'abcdefgh'.charAt(row % 8).repeat(row + 1)}.`;
const rows = Array.from({ length: ROWS }, (_, row) => ({ id: `r${row}`, text: text(row) }));
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const csv = ['id,text', ...rows.map(({ id, text: value }) => `${id},"${value}"`)].join('\n');
const warc = rows
  .map(({ text: value }) => {
    const length = Buffer.byteLength(value);
    return `WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${value}\r\n\r\n`;
  })
  .join('');

let base: string;
let files: Record<string, Buffer>;
beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'bad-input-'));
  const plain = path.join(base, 'plain.jsonl');
  await writeFile(plain, jsonl);
  const written = async (name: string, options: string) => {
    await withDuckDB((connection) =>
      connection.run(`copy (select * from read_json('${plain}')) to '${path.join(base, name)}' (${options})`),
    );
    return readFile(path.join(base, name));
  };
  files = {
    'a.jsonl': Buffer.from(jsonl),
    'a.jsonl.gz': gzipSync(jsonl),
    'a.jsonl.zst': await written('a.jsonl.zst', 'format json, compression zstd'),
    'a.csv': Buffer.from(csv),
    'a.csv.gz': gzipSync(csv),
    'a.tsv': Buffer.from(csv.replaceAll(',', '\t')),
    'a.warc': Buffer.from(warc),
    'a.warc.gz': gzipSync(warc),
    'a.parquet': await written('a.parquet', 'format parquet, compression zstd'),
    'a.html': Buffer.from(`<html><body><p>${text(1)}</p></body></html>`),
    'a.md': Buffer.from(`# Title\n\n${text(1)}`),
    'a.txt': Buffer.from(text(1)),
  };
});
afterAll(() => rm(base, { recursive: true }));

const OPTIONS = { textField: 'text', idField: 'id', maxDocumentBytes: 4_096 };

/** Reads a file of that name and content as a unit of its own. */
async function filter(name: string, content: Buffer): Promise<FilterResult> {
  const dir = await mkdtemp(path.join(base, 'unit-'));
  const absolute = path.join(dir, `in-${name}`);
  await writeFile(absolute, content);
  const kind = formatOf(name);
  if (!kind) throw new Error(name);
  const end = content.length;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const whole = { path: name, ...kind, fileBytes: end, start: 0, end, sha256, rowsBefore: 0, rows: null };
  const exported = kind.format === 'parquet' && end > 0 ? await exportRows(absolute, whole, OPTIONS, dir, 0) : null;
  const slice: LocalSlice = { ...whole, absolute, offset: 0, localBytes: end, exported };
  try {
    return await filterSlices({ slices: [slice], dir, ...OPTIONS, rules: RECIPES.minimal }, () => undefined);
  } finally {
    await rm(dir, { recursive: true });
  }
}

const NAMES = [
  'a.jsonl',
  'a.jsonl.gz',
  'a.jsonl.zst',
  'a.csv',
  'a.csv.gz',
  'a.tsv',
  'a.warc',
  'a.warc.gz',
  'a.parquet',
  'a.html',
  'a.md',
  'a.txt',
];
const HOLDS_RECORDS = NAMES.filter((name) => !/html|md|txt/.test(name));

/** Ways in which files arrive broken. */
type Damage = { cut: number } | { at: number; bytes: Uint8Array } | { insert: number; bytes: Uint8Array };
const place = fc.double({ min: 0, max: 1, noNaN: true });
const noise = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 24 }),
  fc.constantFrom('"', '\r', '\n\n', '\ufeff', '\0', '\\', '{', '\x1f\x8b\x08').map((piece) => Buffer.from(piece)),
);
const damage: fc.Arbitrary<Damage> = fc.oneof(
  place.map((cut) => ({ cut })),
  fc.record({ at: place, bytes: noise }),
  fc.record({ insert: place, bytes: noise }),
);

function damaged(content: Buffer, how: Damage): Buffer {
  if ('cut' in how) return content.subarray(0, Math.floor(how.cut * content.length));
  if ('insert' in how) {
    const at = Math.floor(how.insert * content.length);
    return Buffer.concat([content.subarray(0, at), how.bytes, content.subarray(at)]);
  }
  const copy = Buffer.from(content);
  copy.set(
    how.bytes.subarray(0, content.length - Math.floor(how.at * content.length)),
    Math.floor(how.at * content.length),
  );
  return copy;
}

describe.each(NAMES)('%s', (name) => {
  it('is read whole where nothing is wrong with it', async () => {
    const kept = HOLDS_RECORDS.includes(name) ? ROWS : 1;
    expect(await filter(name, files[name] ?? Buffer.alloc(0))).toMatchObject({ read: kept, kept, rejected: 0 });
  });

  it('never stops a run, whatever is wrong with it: each document is kept or rejected', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const content = damaged(files[name] ?? Buffer.alloc(0), how);
        const { read, kept, rejected, reasons } = await filter(name, content);
        expect(read).toBe(kept + rejected);
        expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(rejected);
        // Something was in it, so something comes of it: a document or a reject. A header alone holds nothing.
        const lines = content
          .toString('latin1')
          .split('\n')
          .filter((line) => line.trim() !== '');
        if (lines.length > (/\.[ct]sv$/.test(name) ? 1 : 0)) {
          expect(read).toBeGreaterThan(0);
        }
      }),
      { numRuns: name === 'a.parquet' ? 25 : 60 },
    );
  });
});

describe('a file that ends early', () => {
  it.each(['a.jsonl.gz', 'a.jsonl.zst', 'a.csv.gz', 'a.warc.gz', 'a.parquet'])(
    '%s is one reject more',
    async (name) => {
      const content = files[name] ?? Buffer.alloc(0);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: content.length - 1 }), async (cut) => {
          const { reasons } = await filter(name, content.subarray(0, cut));
          expect(reasons['unreadable_file']).toBe(1);
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each(['a.jsonl', 'a.csv', 'a.warc'])('%s loses the record that was cut, and no other', async (name) => {
    const content = files[name] ?? Buffer.alloc(0);
    const { read, kept } = await filter(name, content.subarray(0, content.length - 20));
    expect([read, kept]).toEqual([ROWS, ROWS - 1]);
  });
});

describe('a reject', () => {
  it('says where in its file the record stands, also in a slice that begins further on', async () => {
    const content = Buffer.from(`${JSON.stringify({ text: text(1) })}\nbroken\n`);
    const dir = await mkdtemp(path.join(base, 'unit-'));
    const file = path.join(dir, 'a.jsonl');
    await writeFile(file, content);
    const start = content.indexOf('broken');
    const slice: LocalSlice = {
      ...{ path: 'a.jsonl', format: 'jsonl', packing: 'plain', fileBytes: content.length, rowsBefore: 1, rows: null },
      ...{ start, end: content.length, sha256: null, pin: 'as it was', absolute: file, exported: null },
      ...{ offset: 0, localBytes: content.length },
    };
    await filterSlices({ slices: [slice], dir, ...OPTIONS, rules: RECIPES.minimal }, () => undefined);
    const [line = ''] = (await readFile(path.join(dir, 'rejected.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ reason: 'invalid_json', row: 2, detail: `at byte ${start}` });
  });
});

describe('what a packed file hides', () => {
  it('is told: data after zeros, after which zlib would stop without a word', async () => {
    const first = gzipSync(`${JSON.stringify({ text: text(1) })}\n`);
    const padded = Buffer.concat([first, Buffer.alloc(512)]);
    expect(await filter('a.jsonl.gz', padded)).toMatchObject({ read: 1, kept: 1 });
    const more = await filter('a.jsonl.gz', Buffer.concat([padded, first]));
    expect(more.reasons).toEqual({ unreadable_file: 1 });
  });

  it('is read on in further members and frames', async () => {
    const member = (row: number) => gzipSync(`${JSON.stringify({ text: text(row) })}\n`);
    expect(await filter('a.jsonl.gz', Buffer.concat([member(1), member(2)]))).toMatchObject({ read: 2, kept: 2 });
    const frame = files['a.jsonl.zst'] ?? Buffer.alloc(0);
    expect(await filter('a.jsonl.zst', Buffer.concat([frame, frame]))).toMatchObject({ read: 2 * ROWS });
  });
});

describe('Parquet that others write', () => {
  it('has its strings read where nobody said that they are such, and what is no text rejected', async () => {
    const file = path.join(base, 'binary.parquet');
    await withDuckDB((connection) =>
      connection.run(
        `copy (select unnest(['a text'::blob, '\\xFF\\xFE'::blob, null]) as text) to '${file}' (format parquet)`,
      ),
    );
    const { reasons, kept } = await filter('a.parquet', await readFile(file));
    expect([kept, reasons]).toEqual([1, { invalid_utf8: 1, missing_text: 1 }]);
  });
});
