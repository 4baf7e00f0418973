import { table } from '../../cleaning/output/page/page';

/** A table that scrolls by itself where it is wider than the page. */
export const scrolling = (...given: Parameters<typeof table>): string => `<div class="scroll">${table(...given)}</div>`;
