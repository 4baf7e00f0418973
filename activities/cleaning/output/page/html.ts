/** Text as it may stand in a page: documents may hold anything. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

export const number = (value: number): string => value.toLocaleString('en-US');

/** A share of 0 to 1; small ones keep a digit more, so that a rule that fired does not read as one that did not. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value === 0 || value === 100) return `${value}%`;
  return `${value.toFixed(value < 0.95 ? 2 : 1)}%`;
}

/** `12,345,678` as `12.3 M`; below ten thousand as it is. */
export function short(value: number): string {
  const [divisor, unit] =
    value >= 1e9 ? [1e9, ' G'] : value >= 1e6 ? [1e6, ' M'] : value >= 1e4 ? [1e3, ' k'] : [1, ''];
  if (divisor === 1) return number(value);
  const shown = (value / divisor).toFixed(value / divisor < 100 ? 1 : 0);
  return `${shown.replace(/\.0$/, '')}${unit}`;
}

/** A section with a heading; nothing where its content is empty. */
export const section = (title: string, content: string, lead = ''): string =>
  content === '' ? '' : `<section><h2>${title}</h2>${lead && `<p class="lead">${lead}</p>`}${content}</section>`;
