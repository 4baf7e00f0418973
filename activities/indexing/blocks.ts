/** A range of a document's text: `text.slice(start, end)`. */
export interface Span {
  start: number;
  end: number;
}

export type BlockKind = 'heading' | 'prose' | 'code';

/** A heading, a paragraph, list item or table row, or a fenced code block, with the headings it stands under. */
export interface Block extends Span {
  kind: BlockKind;
  /** Titles of the headings above, outermost first; a heading counts itself. Blocks of one section share one array. */
  path: readonly string[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ATX_HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$/;
const SETEXT_UNDERLINE = /^ {0,3}(=+|-{2,})[ \t]*$/;
/** Lines that do not continue the one before: list items and table rows. */
const OWN_LINE = /^\s*(?:[-*+]\s|\d{1,9}[.)]\s|\|)/;

/**
 * Splits Markdown or plain text into blocks, in document order. Every line that is not blank is in exactly one.
 * Linear in the text's length. Only what cutting needs is understood: a block that is mistaken for another kind is cut
 * in other places, and never lost.
 */
export function splitBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  const headings: { level: number; title: string }[] = [];
  let path: readonly string[] = [];
  let open: Block | undefined;
  let openLines = 0;
  let fence: string | undefined;

  const close = () => {
    if (open) blocks.push(open);
    open = undefined;
    openLines = 0;
  };
  const extend = (kind: BlockKind, line: Span) => {
    open ??= { kind, path, ...line };
    open.end = line.end;
    openLines += 1;
  };
  const heading = (level: number, title: string, span: Span) => {
    while ((headings.at(-1)?.level ?? 0) >= level) headings.pop();
    headings.push({ level, title });
    path = headings.map((above) => above.title);
    blocks.push({ kind: 'heading', path, ...span });
  };

  for (const line of lines(text)) {
    const content = text.slice(line.start, line.end);
    if (fence !== undefined) {
      extend('code', line);
      if (closesFence(content, fence)) {
        fence = undefined;
        close();
      }
      continue;
    }
    const opening = FENCE.exec(content)?.[1];
    const atx = ATX_HEADING.exec(content);
    if (opening !== undefined) {
      close();
      fence = opening;
      extend('code', line);
    } else if (atx?.[1] !== undefined) {
      close();
      heading(atx[1].length, atx[2] ?? '', line);
    } else if (content.trim() === '') {
      close();
    } else if (
      open &&
      openLines === 1 &&
      SETEXT_UNDERLINE.test(content) &&
      !OWN_LINE.test(text.slice(open.start, open.end))
    ) {
      const title = text.slice(open.start, open.end).trim();
      const span = { start: open.start, end: line.end };
      open = undefined;
      openLines = 0;
      heading(content.includes('=') ? 1 : 2, title, span);
    } else {
      if (OWN_LINE.test(content)) close();
      extend('prose', line);
    }
  }
  close();
  return blocks;
}

/** A fence is closed by at least as many of the same character, and nothing else. */
const closesFence = (line: string, fence: string): boolean => {
  const mark = line.trim();
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length);
};

/** Lines without their line break. */
export function* lines(text: string, within: Span = { start: 0, end: text.length }): Generator<Span> {
  for (let start = within.start; start < within.end;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 || found > within.end ? within.end : found;
    yield { start, end };
    start = end + 1;
  }
}
