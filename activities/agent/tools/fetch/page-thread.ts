import { extractHtml, type Extracted } from '../../../cleaning/read/html';
import { textOf } from '../../../cleaning/read/http-message';

/** A page as it came. */
export interface FetchedPage {
  body: Uint8Array;
  contentType: string;
}

const HTML = /^\s*(text\/html|application\/xhtml)/i;
const TEXT = /^\s*(text\/|application\/([\w.+-]*\+)?(json|xml|yaml|javascript|x-ndjson)\b|$)/i;

/**
 * What a page says: of HTML the main text. Pages are taken apart in a thread, for some are made so that it takes long.
 * @returns null for what is no text.
 */
export async function read({ body, contentType }: FetchedPage): Promise<Extracted | null> {
  const bytes = Buffer.from(body);
  const isHtml = HTML.test(contentType) || (contentType === '' && looksLikeHtml(bytes));
  if ((!isHtml && !TEXT.test(contentType)) || bytes.includes(0)) return null;
  const text = textOf(bytes, contentType);
  if (text === undefined) return null;
  return isHtml ? extractHtml(text) : { title: null, text };
}

const looksLikeHtml = (body: Buffer): boolean =>
  /^\s*<(!doctype html|html|head|body)[\s>]/i.test(body.toString('latin1', 0, 512));
