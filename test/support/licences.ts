/**
 * Licences (by their SPDX names) that code of others may be under: they let a product use, change and give it on without
 * opening its own code. A new one is put here by a person who has read it.
 */
export const LICENCES: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CNRI-Python',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
  // Data, with the names of its makers: the table of browsers of webpack.
  'CC-BY-4.0',
  // Of files of its own: certifi and tqdm are used as they are.
  'MPL-2.0',
];

/** Packages whose package.json does not say their licence as SPDX does, with what their licence file says. */
export const ODD_LICENCES: Readonly<Record<string, { licence: string; because: string }>> = {
  unionfs: { licence: 'Unlicense', because: 'its LICENSE file is the Unlicense; its package.json has no such field' },
};

/** Whether an SPDX expression lets us: one side of an OR, both of an AND. AND binds more tightly. */
export function isAllowed(expression: string): boolean {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const simple = (): boolean => {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && LICENCES.includes(token);
    const inner = either();
    at += 1;
    return inner;
  };
  const both = (): boolean => {
    let allowed = simple();
    while (tokens[at] === 'AND' && ++at) allowed = simple() && allowed;
    return allowed;
  };
  const either = (): boolean => {
    let allowed = both();
    while (tokens[at] === 'OR' && ++at) allowed = both() || allowed;
    return allowed;
  };
  return either() && at === tokens.length;
}
