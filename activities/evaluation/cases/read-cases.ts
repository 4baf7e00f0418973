import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument, isSeq, type Node } from 'yaml';
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

/** Cases of a YAML list. */
export function readCaseYaml(text: string, file: string): ReadCase[] {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, version: '1.2' });
  const lineOf = (node: unknown): number => counter.linePos((node as Node | undefined)?.range?.[0] ?? 0).line;
  const [error] = document.errors;
  if (error)
    throw caseProblem(file, error.linePos?.[0].line ?? 1, '', `no YAML: ${error.message.split('\n')[0] ?? ''}`);
  const { contents } = document;
  if (!isSeq(contents)) throw caseProblem(file, 1, '', 'a YAML file of cases is a list: each begins with "- id: …"');
  if (contents.items.length === 0) throw caseProblem(file, 1, '', 'the file has no case');
  return contents.items.map((item, at) => {
    const line = lineOf(item);
    const lineOfField = (path: PropertyKey[]) => {
      const node = document.getIn([at, ...path], true);
      return node === undefined ? line : lineOf(node);
    };
    return { case: parseCase((item as Node).toJS(document), file, lineOfField), file, line };
  });
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
