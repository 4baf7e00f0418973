/**
 * What reading costs: documents of a packed file a second, and the memory above that of the process before it. The file
 * is written anew, of words that hardly pack; `--full` makes each a gigabyte.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { readSlice, type LocalSlice } from '../activities/cleaning/read/records';
import { formatOf } from '../activities/cleaning/source/formats';
import { seededRandom } from '../test/support/random';

const BYTES = process.argv.includes('--full') ? 1e9 : 1e8;
const WORDS = 300;
const MiB = 2 ** 20;

/** Ways to write a record, by the name of the file. */
const WRITERS: Record<string, { head: string; record(id: number, text: string): string }> = {
  'a.jsonl.gz': { head: '', record: (id, text) => `${JSON.stringify({ id, text })}\n` },
  'a.csv.gz': { head: 'id,text\n', record: (id, text) => `${id},"${text}"\n` },
  'a.warc.gz': {
    head: '',
    record: (id, text) =>
      `WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://example.org/${id}\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}\r\n\r\n`,
  },
};

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'llm-pack-read-'));
  try {
    for (const name of Object.keys(WRITERS)) console.log(await measured(dir, name));
    console.log(`Node ${process.version}; peaks are those of the whole process so far`);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function measured(dir: string, name: string): Promise<string> {
  const file = join(dir, name);
  await pipeline(content(name), createGzip({ level: 1 }), createWriteStream(file));
  const { size } = await stat(file);
  const before = process.memoryUsage.rss();
  const began = performance.now();
  let [documents, chars] = [0, 0];
  for await (const { text, problem } of readSlice(sliceOf(name, file, size), OPTIONS, () => undefined)) {
    if (problem) throw new Error(problem);
    documents += 1;
    chars += text.length;
  }
  const seconds = (performance.now() - began) / 1000;
  // Kilobytes, on Linux and macOS alike: Node says so.
  const peak = process.resourceUsage().maxRSS / 1024;
  const rate = `${(chars / 1e6 / seconds).toFixed(0)} MB of text/s`;
  const packed = `${(size / 1e6).toFixed(0)} MB packed`;
  return `${name}: ${packed}, ${documents} documents, ${seconds.toFixed(1)} s, ${rate}, peak ${peak.toFixed(0)} MiB (${(peak - before / MiB).toFixed(0)} above before)`;
}

const OPTIONS = { textField: 'text', idField: 'id', maxDocumentBytes: 8 * MiB };

/** Records of random words until the file is about as large as it is to be packed. */
function* content(name: string): Generator<string> {
  const writer = WRITERS[name];
  if (!writer) throw new Error(name);
  const random = seededRandom(1);
  yield writer.head;
  // Eight hexadecimal digits and a blank pack to a little more than half.
  for (let id = 0, written = 0; written * 0.57 < BYTES; id += 1) {
    const text = Array.from({ length: WORDS }, () =>
      random
        .below(2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join(' ');
    written += text.length;
    yield writer.record(id, text);
  }
}

function sliceOf(name: string, absolute: string, bytes: number): LocalSlice {
  const kind = formatOf(name);
  if (!kind) throw new Error(name);
  const range = { fileBytes: bytes, start: 0, end: bytes, offset: 0, localBytes: bytes };
  return {
    path: name,
    ...kind,
    ...range,
    sha256: null,
    pin: 'bench',
    rowsBefore: 0,
    rows: null,
    absolute,
    exported: null,
  };
}

void main();
