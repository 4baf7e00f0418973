import { readFile, stat } from 'node:fs/promises';
import type { Passage } from '../../../schemas/agent';
import type { CaseLine, CaseSet, EvaluationCase } from '../../../schemas/evaluation-cases';
import type { DatasetVersion } from '../../../schemas/clean-dataset';
import { nameOf } from '../../../schemas/common';
import { loadLanguageDetector } from '../../cleaning/rules/language';
import { resolveSource } from '../../cleaning/source/resolve';
import { failure } from '../../errors';
import { datasetFiles, readDocuments, rowRanges } from '../../indexing/dataset-rows';
import type { ArtifactStore } from '../../stores/artifact-store';
import type { Task } from '../interfaces';
import { caseProblem, readCaseFile, readCaseLines, type ReadCase } from './read-cases';

export interface CaseReader {
  store: ArtifactStore;
  roots: readonly string[];
  dataset(name: string, version?: number): Promise<DatasetVersion | undefined>;
}

/** Cases of one set, complete. */
export interface MadeSet {
  /** As the input names it. */
  source: string;
  cases: EvaluationCase[];
}

const MOST_FILE_BYTES = 2 ** 20;
const DOCUMENTS_AT_ONCE = 1_000;
/** Bounds of the slice `length`, in characters of what is asked. */
const LENGTHS: readonly [string, number][] = [
  ['short', 100],
  ['medium', 500],
  ['long', Infinity],
];

/**
 * Reads the cases of all sets, checks each against its task, and computes the slices that it does not name.
 * @throws `CaseInvalid` with file, line, field and remedy; `SourceNotFound`, `SourceNotAllowed`, `DatasetNotFound`.
 */
export async function makeCases(
  reader: CaseReader,
  sets: readonly CaseSet[],
  tasks: ReadonlyMap<string, Task>,
): Promise<MadeSet[]> {
  const detect = await loadLanguageDetector();
  const seen = new Map<string, string>();
  const made: MadeSet[] = [];
  for (const set of sets) {
    const cases: EvaluationCase[] = [];
    const read =
      set.path === undefined
        ? await datasetCases(reader, set.dataset ?? '')
        : await readCaseFile(reader.roots, set.path);
    for (const one of read) {
      const wrong = (field: string, problem: string) => caseProblem(one.file, one.line, field, problem);
      const known = [...tasks.keys()];
      const task = one.case.task ?? set.task ?? (known.length === 1 ? known[0] : undefined);
      if (task === undefined) throw wrong('task', `is missing; the tasks of this run are ${known.join(', ')}`);
      const definition = tasks.get(task);
      if (!definition) throw wrong('task', `"${task}" is no task of this run; they are ${known.join(', ')}`);
      const place = `${task} ${one.case.id}`;
      const before = seen.get(place);
      if (before !== undefined)
        throw wrong('id', `"${one.case.id}" stands in ${before} too; ids are unique within a task`);
      seen.set(place, `${one.file}, line ${one.line}`);
      const completed = await complete(reader, one, task, detect);
      const [problem] = definition.check(completed);
      if (problem) throw wrong(problem.field, problem.problem);
      cases.push(completed);
    }
    made.push({ source: set.path ?? set.dataset ?? '', cases });
  }
  const empty = [...tasks.keys()].find((name) => made.every(({ cases }) => cases.every(({ task }) => task !== name)));
  if (empty !== undefined) throw failure('CaseInvalid', `No case is of the task "${empty}".`);
  return made;
}

async function complete(
  reader: CaseReader,
  read: ReadCase,
  task: string,
  detect: Awaited<ReturnType<typeof loadLanguageDetector>>,
): Promise<EvaluationCase> {
  const line = read.case;
  const messages = line.messages ?? null;
  const input = line.input ?? line.question ?? line.query ?? line.text ?? messages?.at(-1)?.content ?? '';
  const [length = 'long'] = LENGTHS.find(([, most]) => input.length <= most) ?? [];
  const { expected } = line;
  const isGains = typeof expected === 'object' && !Array.isArray(expected);
  const answers = expected === undefined || isGains ? [] : [expected].flat();
  return {
    ...{ id: line.id, task, input, messages, answers },
    passages: [...passagesOf(line), ...(await filesOf(reader, read))],
    choices: line.choices ?? [],
    gains: isGains ? expected : Object.fromEntries(answers.map((id) => [id, 1])),
    slices: { language: detect(input).language || 'unknown', length, ...line.slices },
  };
}

const passagesOf = ({ context }: CaseLine): Passage[] =>
  typeof context === 'string' ? [{ document: 'context', title: '', text: context }] : (context ?? []);

async function filesOf({ roots }: CaseReader, { case: line, ...place }: ReadCase): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const file of line.files ?? []) {
    const { absolute } = await resolveSource(roots, file);
    if ((await stat(absolute)).size > MOST_FILE_BYTES) {
      throw caseProblem(place.file, place.line, 'files', `"${file}" has more than 1 MB`);
    }
    passages.push({ document: file, title: '', text: await readFile(absolute, 'utf8') });
  }
  return passages;
}

/** Each document of a dataset is a case: its text is JSON, as a line of a file would be. */
async function datasetCases(reader: CaseReader, reference: string): Promise<ReadCase[]> {
  const [, version] = reference.split('@');
  const dataset = await reader.dataset(nameOf(reference), version === undefined ? undefined : Number(version));
  if (!dataset) throw failure('DatasetNotFound', `There is no dataset "${reference}".`);
  const files = await datasetFiles(reader.store, dataset);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const texts: string[] = [];
  for (let from = 0; from < rows; from += DOCUMENTS_AT_ONCE) {
    const ranges = rowRanges(files, from, from + DOCUMENTS_AT_ONCE);
    texts.push(...(await readDocuments(reader.store, dataset, ranges)).map(({ text }) => text));
  }
  return readCaseLines(texts, `${dataset.name}@${dataset.version}`);
}
