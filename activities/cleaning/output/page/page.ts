import { escape } from './html';
import { STYLE } from './style';

/** A whole page without scripts or anything from elsewhere; `lead` and `body` are HTML. */
export const page = (title: string, lead: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body><h1>${escape(title)}</h1><p class="sub">${lead}</p>${body}</body></html>\n`;

/** Figures to be seen first, each with its name; the values are HTML. */
export const tiles = (values: readonly (readonly [string, string])[]): string =>
  `<ul class="tiles">${values.map(([name, value]) => `<li><b>${value}</b>${name}</li>`).join('')}</ul>`;

/** A table whose columns but the first hold numbers; the cells are HTML. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell, at) => `<${tag}${at > 0 ? ' class="n"' : ''}>${cell}</${tag}>`).join('');
  return `<table class="rules"><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table>`;
};
