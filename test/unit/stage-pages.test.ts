import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ABOUT, ANY_STAGE } from '../../docs/stages/about';
import { pages } from '../../docs/stages/pages';
import { ERRORS } from '../../schemas/errors';

const folder = path.join(__dirname, '..', '..', 'docs', 'stages');

describe('the pages of the stages', () => {
  it('are what their schemas say today; `npm run docs` writes them anew', () => {
    const made = pages();
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.md'))
        .sort(),
    ).toEqual([...made.keys()].sort());
    for (const [name, text] of made) expect(readFileSync(path.join(folder, name), 'utf8'), name).toBe(text);
  });

  it('tell of every failure that the pack has a code for', () => {
    const told = new Set([...ANY_STAGE, ...Object.values(ABOUT).flatMap(({ wrong }) => wrong)]);
    expect(Object.keys(ERRORS).filter((code) => !told.has(code as keyof typeof ERRORS))).toEqual([]);
  });

  it('name pages that are there', () => {
    const there = new Set(readdirSync(path.join(folder, '..')));
    const named = Object.values(ABOUT).flatMap(({ read }) => read.map((name) => `${name}.md`));
    expect(named.filter((name) => !there.has(name))).toEqual([]);
  });
});
