import { readFile } from 'node:fs/promises';
import { type Document, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar, visit } from 'yaml';
import { ASKED_FIELDS, type CaseLine, caseLine } from '../../../schemas/evaluation-cases';
import { fileLines } from '../../cleaning/references/gather';
import { resolveSource } from '../../cleaning/source/resolve';
import { failure } from '../../errors';

/** A case as it was written, and where. */
export interface ReadCase {
  case: CaseLine;
  file: string;
  line: number;
}

/** As many as a run would ever ask. */
const MOST_CASES = 200_000;
const MOST_YAML_BYTES = 64 * 2 ** 20;

/** That a case is wrong, in one sentence: file, line, field, what is wrong, and what is right. */
export const caseProblem = (file: string, line: number, field: string, problem: string) =>
  failure('CaseInvalid', `${file}, line ${line}${field ? `, field "${field}"` : ''}: ${problem}.`);

/** Reads cases of a file inside a source root: YAML by its name, else JSON Lines. @throws `CaseInvalid`, `SourceNotFound` … */
export async function readCaseFile(roots: readonly string[], file: string): Promise<ReadCase[]> {
  if (!/\.ya?ml$/i.test(file)) return readCaseLines(fileLines(roots, file), file);
  const { absolute } = await resolveSource(roots, file);
  const bytes = await readFile(absolute);
  if (bytes.length > MOST_YAML_BYTES)
    throw caseProblem(file, 1, '', 'YAML of more than 64 MB; write JSON Lines instead');
  return readCaseYaml(bytes.toString('utf8'), file);
}

/** Cases of JSON Lines. */
export async function readCaseLines(
  lines: AsyncIterable<string> | Iterable<string>,
  file: string,
): Promise<ReadCase[]> {
  const cases: ReadCase[] = [];
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    cases.push({ case: parseCase(jsonOf(text, file, line), file, () => line), file, line });
    if (cases.length > MOST_CASES) throw caseProblem(file, line, '', `more than ${MOST_CASES} cases`);
  }
  if (cases.length === 0) throw caseProblem(file, 1, '', 'the file has no case');
  return cases;
}

/** Levels that no case has. The library calls itself for each; near the end of the stack V8 ends the process instead of throwing. */
const DEEPEST = 100;
/** Dashes, question marks or colons of nested lists on one line, and blanks before one. */
const NESTED_ON_A_LINE = new RegExp(`(?:[-?:][ \\t]+){${DEEPEST}}|^[ \\t]{${20 * DEEPEST}}`, 'm');

/** The line where a YAML text nests too deep, by its signs alone; undefined where it does not. */
function tooDeepAt(text: string): number | undefined {
  let [depth, line] = [0, 1];
  for (const sign of text) {
    if (sign === '\n') line += 1;
    else if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') depth = Math.max(0, depth - 1);
    if (depth > DEEPEST) return line;
  }
  const match = NESTED_ON_A_LINE.exec(text);
  return match ? text.slice(0, match.index).split('\n').length : undefined;
}

/** The first key that stands twice in an object. The library's own check takes the square of their number. */
function repeatedKey(document: Document): Scalar | undefined {
  let found: Scalar | undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          found = key;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

/** Cases of a YAML list. */
export function readCaseYaml(text: string, file: string): ReadCase[] {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw caseProblem(file, deep, '', `more than ${DEEPEST} brackets or levels are open`);
  const counter = new LineCounter();
  // Pretty errors count the lines before each of them anew: a file of nothing but quotes took 18 s.
  const document = parseDocument(text, {
    lineCounter: counter,
    version: '1.2',
    prettyErrors: false,
    uniqueKeys: false,
  });
  const lineOf = (node: unknown): number => counter.linePos((node as Node | undefined)?.range?.[0] ?? 0).line;
  const [error] = document.errors;
  if (error)
    throw caseProblem(file, counter.linePos(error.pos[0]).line, '', `no YAML: ${error.message.split('\n')[0] ?? ''}`);
  const twice = repeatedKey(document);
  if (twice) throw caseProblem(file, lineOf(twice), String(twice.value), 'no YAML: the field stands twice');
  const { contents } = document;
  if (!isSeq(contents)) throw caseProblem(file, 1, '', 'a YAML file of cases is a list: each begins with "- id: …"');
  if (contents.items.length === 0) throw caseProblem(file, 1, '', 'the file has no case');
  return contents.items.map((item, at) => {
    const line = lineOf(item);
    const lineOfField = (path: PropertyKey[]) => {
      const node = document.getIn([at, ...path], true);
      return node === undefined ? line : lineOf(node);
    };
    return { case: parseCase(valueOf(item, document, file, line), file, lineOfField), file, line };
  });
}

/** Aliases are followed here: one that has no anchor, or too many, are known only now. */
function valueOf(item: Node, document: Document, file: string, line: number): unknown {
  try {
    return item.toJS(document);
  } catch (error) {
    throw caseProblem(file, line, '', `no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseCase(raw: unknown, file: string, lineOf: (path: PropertyKey[]) => number): CaseLine {
  const parsed = caseLine.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [key] = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    const path = [...(issue?.path ?? []), ...(key === undefined ? [] : [key])];
    const known = Object.keys(caseLine.shape).join(', ');
    const problem = key === undefined ? (issue?.message ?? '') : `is no field of a case; there are ${known}`;
    throw caseProblem(file, lineOf(path), path.map(String).join('.'), problem);
  }
  const asked = ASKED_FIELDS.filter((field) => parsed.data[field] !== undefined);
  if (asked.length !== 1) {
    const problem = asked.length === 0 ? 'says nothing that is asked' : `says it twice, in ${asked.join(' and ')}`;
    throw caseProblem(file, lineOf([]), asked[1] ?? 'input', `${problem}: give one of ${ASKED_FIELDS.join(', ')}`);
  }
  return parsed.data;
}

function jsonOf(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw caseProblem(file, line, '', `no JSON (${error instanceof Error ? error.message : 'unreadable'})`);
  }
}
