import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { HTTP_CLIENTS } from './http-clients';
import { PARSERS } from './parsers';
import { ELSEWHERE, OWN } from './not-in-the-table';

const ROOT = join(__dirname, '..', '..', '..');
const FOLDERS = ['schemas', 'workflows', 'activities', 'workers'];

/** Whether a file calls what reads a text as a value: `JSON.parse`, the readers of YAML, TOML and histories, or what mends JSON. */
function parses(file: string): boolean {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true);
  const isParser = (called: ts.Expression): boolean => {
    if (ts.isIdentifier(called))
      return ['parseDocument', 'jsonrepair', 'historyFromJSON', 'parsedJson', 'loadClientConfigProfile'].includes(
        called.text,
      );
    return (
      ts.isPropertyAccessExpression(called) &&
      ((called.name.text === 'parse' && called.expression.getText() === 'JSON') || called.name.text === 'fromObject')
    );
  };
  const look = (node: ts.Node): boolean =>
    (ts.isCallExpression(node) && isParser(node.expression)) || (ts.forEachChild(node, look) ?? false);
  return look(source);
}

/** Titles of the tests of a file. */
function titlesOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true);
  const titles: string[] = [];
  const look = (node: ts.Node): void => {
    const [title] = ts.isCallExpression(node) ? node.arguments : [];
    if (ts.isCallExpression(node) && /^it\b/.test(node.expression.getText()) && title && ts.isStringLiteral(title))
      titles.push(title.text);
    ts.forEachChild(node, look);
  };
  look(source);
  return titles;
}

it('every file that parses is in the table of parsers, tried elsewhere, or reads only what the pack has written', () => {
  const found = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, folder, name)),
  )
    .filter(parses)
    .map((file) => relative(ROOT, file))
    .sort();
  const listed = [
    ...new Set([...PARSERS, ...HTTP_CLIENTS].flatMap(({ files }) => files)),
    ...Object.keys(ELSEWHERE),
    ...OWN,
  ];
  expect(found.filter((file) => !listed.includes(file))).toEqual([]);
  expect(Object.values(ELSEWHERE).filter(({ test, title }) => !titlesOf(join(ROOT, test)).includes(title))).toEqual([]);
  // What parses no longer goes from the lists.
  expect([...Object.keys(ELSEWHERE), ...OWN].filter((file) => !found.includes(file))).toEqual([]);
});
