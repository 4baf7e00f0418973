/** What takes pages apart. Loaded with the first page, for most corpora have none and each thread would wait for it. */
const loadTools = async () => {
  const [{ Readability }, { parseHTML }] = await Promise.all([import('@mozilla/readability'), import('linkedom')]);
  return { Readability, parseHTML };
};
type Tools = Awaited<ReturnType<typeof loadTools>>;

/** What is used of the parser's nodes: the project has no DOM types, which would let browser names into all files. */
interface TreeNode {
  nodeType: number;
  nodeName: string;
  textContent: string | null;
  childNodes: Iterable<TreeNode>;
}
interface Page {
  title: string;
  documentElement: TreeNode & { querySelector(selector: string): TreeNode | null };
}

export interface Extracted {
  title: string | null;
  text: string;
}

/** Elements that stand on lines of their own. */
const BLOCKS = new Set(
  (
    'ADDRESS ARTICLE ASIDE BLOCKQUOTE CAPTION DD DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR ' +
    'LI MAIN NAV OL P PRE SECTION TABLE TBODY TFOOT THEAD TR UL'
  ).split(' '),
);
/** Blocks with an empty line around them. */
const PARAGRAPHS = new Set('ARTICLE BLOCKQUOTE DL H1 H2 H3 H4 H5 H6 HR OL P PRE SECTION TABLE UL'.split(' '));
const INVISIBLE = new Set('HEAD NOSCRIPT SCRIPT STYLE TEMPLATE IFRAME OBJECT SVG CANVAS BUTTON SELECT'.split(' '));

/** Larger pages are data more often than articles, and a tree of one takes a hundred times its size. */
const LONGEST_PAGE = 2 * 1024 * 1024;

/** No page made for people nests so deep; the parser's time grows with the square of it. */
const DEEPEST = 2_000;
/** Elements without an end tag, and such whose end tag may be left out. */
const UNCLOSED = /^(area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|param|source|td|th|tr|track|wbr)$/i;

/** Whether more than `most` elements are open at once, going by the tags alone. */
function nests(html: string, most: number): boolean {
  let depth = 0;
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (UNCLOSED.test(name)) continue;
    depth = slash ? Math.max(0, depth - 1) : depth + 1;
    if (depth > most) return true;
  }
  return false;
}

/**
 * The main text of a page: what Mozilla's Readability holds for the article, or the text of the whole body where it
 * finds none. Never throws: a page that can not be parsed loses its tags only.
 */
export async function extractHtml(html: string): Promise<Extracted> {
  const { Readability, parseHTML } = await loadTools();
  if (html.length > LONGEST_PAGE || nests(html, DEEPEST)) return { title: null, text: withoutTags(html) };
  try {
    const page = parse(html, parseHTML);
    const title = page.title.trim() || null;
    const body = blockText(page.documentElement.querySelector('body') ?? page.documentElement);
    // Readability takes the tree apart, so the body is read before.
    const article = new Readability<TreeNode>(page, { serializer: (node: unknown) => node as TreeNode }).parse();
    const text = article?.content ? blockText(article.content) : '';
    return { title: article?.title?.trim() || title, text: text.trim() === '' ? body : text };
  } catch {
    // A page that the parser can not cope with may still say something.
    return { title: null, text: withoutTags(html) };
  }
}

/** A fragment without `<html>` would have no body to look into. */
function parse(html: string, parseHTML: Tools['parseHTML']): Page {
  const whole = /<html[\s>]/i.test(html) ? html : `<html><head></head><body>${html}</body></html>`;
  return (parseHTML(whole) as unknown as { document: Page }).document;
}

/** Text of a tree, with line breaks where a browser would break, and white space as it would show it. */
function blockText(root: TreeNode): string {
  const text = new ShownText();
  collect(root, text, false);
  return text.toString();
}

function collect(node: TreeNode, text: ShownText, preformatted: boolean): void {
  if (node.nodeType === TEXT_NODE) {
    if (preformatted) text.preformatted(node.textContent ?? '');
    else text.flowing(node.textContent ?? '');
    return;
  }
  if (node.nodeType !== ELEMENT_NODE) return;
  const name = node.nodeName.toUpperCase();
  if (INVISIBLE.has(name)) return;
  if (name === 'BR') text.lineBreak();
  const lines = PARAGRAPHS.has(name) ? 2 : BLOCKS.has(name) ? 1 : 0;
  text.block(lines);
  for (const child of node.childNodes) collect(child, text, preformatted || name === 'PRE');
  text.block(lines);
  if (name === 'TD' || name === 'TH') text.flowing(' ');
}

const ELEMENT_NODE = 1;
const TEXT_NODE = 3;

class ShownText {
  private readonly parts: string[] = [];
  /** Line breaks due before the next text: those of neighbouring blocks are one. */
  private breaks = 0;
  private afterBlank = true;

  block(lines: number): void {
    this.breaks = Math.max(this.breaks, lines);
  }

  lineBreak(): void {
    this.breaks = Math.min(2, this.breaks + 1);
  }

  flowing(raw: string): void {
    const collapsed = raw.replace(/[ \t\n\r\f]+/g, ' ');
    const text = this.breaks > 0 || this.afterBlank ? collapsed.replace(/^ /, '') : collapsed;
    if (text !== '') this.preformatted(text);
  }

  preformatted(text: string): void {
    if (text === '') return;
    if (this.parts.length > 0) this.parts.push('\n'.repeat(this.breaks));
    this.breaks = 0;
    this.parts.push(text);
    this.afterBlank = /\s$/.test(text);
  }

  toString(): string {
    return this.parts.join('');
  }
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Drops scripts, styles, comments and tags in one pass over the text, whatever it is. */
function withoutTags(html: string): string {
  const parts: string[] = [];
  for (let at = 0; at < html.length;) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      parts.push(html.slice(at));
      break;
    }
    parts.push(html.slice(at, open), '\n');
    at = endOfTag(html, open);
  }
  return parts
    .join('')
    .replace(/&(amp|lt|gt|quot|apos|nbsp);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(/\n[ \t\n]*\n/g, '\n\n');
}

function endOfTag(html: string, open: number): number {
  const end = (mark: string, from: number) => {
    const found = html.indexOf(mark, from);
    return found < 0 ? html.length : found + mark.length;
  };
  if (html.startsWith('<!--', open)) return end('-->', open);
  const name = /^<(script|style)\b/i.exec(html.slice(open, open + 8))?.[1];
  return name ? end('>', end(`</${name}`, open)) : end('>', open);
}
