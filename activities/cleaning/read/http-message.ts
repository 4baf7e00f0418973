import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { parseHeaders, type Headers } from './warc';

/** An HTTP response as it was recorded, its body in the form in which a browser would have it. */
export interface HttpMessage {
  status: number;
  headers: Headers;
  body: Buffer;
}

const HEAD_END = /\r?\n\r?\n/;
/** More than this of headers is no response. */
const LONGEST_HEAD = 256 * 1024;

/**
 * Parses a recorded response. Crawlers differ in whether they store a body as it was sent or as it was meant, whatever
 * its headers say: one that can not be unpacked is taken as it is.
 * @param maxBytes that an unpacked body may have. @returns undefined for what is no HTTP response.
 */
export function parseHttp(content: Buffer, maxBytes: number): HttpMessage | undefined {
  const head = content.toString('latin1', 0, Math.min(content.length, LONGEST_HEAD));
  const end = HEAD_END.exec(head);
  const [first = '', ...lines] = (end ? head.slice(0, end.index) : head).split(/\r?\n/);
  const status = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(first)?.[1];
  const headers = parseHeaders(lines);
  if (status === undefined || !headers) return undefined;
  const sent = end ? content.subarray(end.index + end[0].length) : Buffer.alloc(0);
  const chunked = /chunked/i.test(headers.get('transfer-encoding') ?? '');
  const whole = chunked ? (withoutChunks(sent) ?? sent) : sent;
  return { status: Number(status), headers, body: decoded(whole, headers.get('content-encoding') ?? '', maxBytes) };
}

/** Joins the chunks of a body that was sent in such; undefined where it was not (any more). */
function withoutChunks(body: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return undefined;
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(body.toString('latin1', at, lineEnd))?.[1];
    if (size === undefined) return undefined;
    const length = parseInt(size, 16);
    if (length === 0) return Buffer.concat(parts);
    const start = lineEnd + 2;
    if (start + length > body.length) return undefined;
    parts.push(body.subarray(start, start + length));
    at = start + length + 2;
  }
}

function decoded(body: Buffer, encoding: string, maxOutputLength: number): Buffer {
  const name = encoding.trim().toLowerCase();
  const unpack = name === '' ? undefined : UNPACK[name];
  for (const how of unpack ?? []) {
    try {
      return how(body, { maxOutputLength });
    } catch {
      // Not packed in that way, or larger than a document may be: the next, or as it is.
    }
  }
  return body;
}

const UNPACK: Record<string, ((body: Buffer, options: { maxOutputLength: number }) => Buffer)[]> = {
  gzip: [gunzipSync],
  'x-gzip': [gunzipSync],
  // Servers send either form under that name.
  deflate: [inflateSync, inflateRawSync],
  br: [brotliDecompressSync],
};

/** A page says its encoding near its beginning, within the first 1,024 bytes (HTML standard). */
const META_BYTES = 1_024;

/**
 * Text of a body, in the encoding that its type or the page itself names; otherwise UTF-8, or Windows-1252 where it is
 * none, as browsers do. @returns undefined where it is not valid in the encoding that it names.
 */
export function textOf(body: Buffer, contentType: string): string | undefined {
  const declared = /charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(contentType)?.[1];
  const meta = /<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(body.toString('latin1', 0, META_BYTES))?.[1];
  for (const label of [declared, meta]) {
    const text = label === undefined ? undefined : decode(body, label, true);
    if (text !== undefined) return text;
  }
  if (declared !== undefined || meta !== undefined) return decode(body, 'utf-8', true);
  return decode(body, 'utf-8', true) ?? decode(body, 'windows-1252', false);
}

function decode(body: Buffer, label: string, fatal: boolean): string | undefined {
  try {
    return new TextDecoder(label, { fatal }).decode(body);
  } catch {
    return undefined;
  }
}
