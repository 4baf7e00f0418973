import { table } from '../../cleaning/output/page/page';

/** A table that scrolls by itself where it is wider than the page. */
export const scrolling = (...given: Parameters<typeof table>): string => `<div class="scroll">${table(...given)}</div>`;

/** A part of a section under a caption of its own; nothing where it is empty. */
export const figure = (caption: string, content: string): string =>
  content === '' ? '' : `<figure><figcaption>${caption}</figcaption>${content}</figure>`;
