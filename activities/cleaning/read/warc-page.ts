import { parseHttp, textOf } from './http-message';
import type { WarcRecord } from './warc';

/** What a record of a crawl holds for a reader: a text, or why there is none. */
export interface RecordedPage {
  /** The record's own id, without the brackets and the `urn:uuid:`. */
  id: string | null;
  url: string | null;
  isHtml: boolean;
  text: string;
  body: Buffer;
  problem: 'document_too_large' | 'invalid_record' | 'http_status' | 'unsupported_type' | 'invalid_utf8' | null;
}

/** Records that hold a document; of the others some describe one that stands elsewhere. */
const HOLDS_DOCUMENT = new Set(['response', 'resource', 'conversion']);

/** The document of a record; null where it is of a type that holds none. */
export function pageOf(record: WarcRecord, maxBytes: number): RecordedPage | null {
  const { headers, content, problem } = record;
  const type = headers.get('warc-type') ?? '';
  if (type !== '' && !HOLDS_DOCUMENT.has(type)) return null;
  const id = /([0-9a-f-]{36})>?$/i.exec(headers.get('warc-record-id') ?? '')?.[1] ?? null;
  const url = headers.get('warc-target-uri')?.replace(/^<|>$/g, '') ?? null;
  const page: RecordedPage = { id, url, isHtml: false, text: '', body: content, problem };
  if (problem) return page;
  if (type === '') return { ...page, problem: 'invalid_record' };
  const recordType = headers.get('content-type') ?? '';
  if (!/^application\/http/i.test(recordType)) return withText(page, content, recordType);
  const message = parseHttp(content, maxBytes);
  if (!message) return { ...page, problem: 'invalid_record' };
  const { status, body } = message;
  // Redirects and errors are pages of the server, not documents.
  if (status < 200 || status > 299) return { ...page, body, problem: 'http_status' };
  return withText(page, body, message.headers.get('content-type') ?? '');
}

function withText(page: RecordedPage, body: Buffer, contentType: string): RecordedPage {
  const isHtml =
    /^\s*(text\/html|application\/xhtml)/i.test(contentType) || (contentType === '' && looksLikeHtml(body));
  const isText = isHtml || contentType === '' || /^\s*text\/plain/i.test(contentType);
  if (!isText || body.includes(0)) return { ...page, body, problem: 'unsupported_type' };
  const text = textOf(body, contentType);
  return text === undefined ? { ...page, body, problem: 'invalid_utf8' } : { ...page, body, isHtml, text };
}

const looksLikeHtml = (body: Buffer): boolean =>
  /^\s*<(!doctype html|html|head|body)[\s>]/i.test(body.toString('latin1', 0, 512));
