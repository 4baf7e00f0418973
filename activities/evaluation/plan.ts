import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import { nameOfTask, type EvaluateModelInput, type TaskInput } from '../../schemas/evaluate-model';
import type { EvaluationCase } from '../../schemas/evaluation-cases';
import { Recent } from '../agent/recent';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import { canonicalJson } from '../kit/canonical-json';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import type { Contamination } from '../../schemas/evaluation-contamination';
import { type CaseReader, makeCases } from './cases/make-cases';
import type { TrainingRecord } from './contamination/settle';
import type { Ask, PinnedSubject, Subject, Task } from './interfaces';
import type { ReportedCases } from './report/report';
import { openTask, openTasks, type TaskParts } from './tasks';

/** Scored samples of a unit, in the order of its cases. */
export const SAMPLES_FILE = 'samples.jsonl';

/** Who is asked: what is to take a place, or what has it. */
export type Role = 'candidate' | 'reference';

/** All that the answers of a run depend on, and how they are judged. */
export interface EvaluationPlan {
  subjects: { candidate: PinnedSubject; reference: PinnedSubject | null };
  tasks: TaskInput[];
  /** Labels that cases expect, by task. */
  labels: Record<string, string[]>;
  /** Where its cases came from. */
  sets: ReportedCases[];
  /** Who compares answers, by task; plans without such a task have none. */
  judges?: Record<string, PinnedSubject>;
  /** Versions of the project's own metrics that tasks name; plans of before have none. */
  metrics?: Record<string, number>;
  /** What its subjects were trained on; plans of before have none. */
  training?: TrainingRecord[];
  /** What was found there of the cases, of which those that were left out are in the plan no more. */
  contamination?: Contamination;
}

/** A case of the plan. */
export interface PlannedCase {
  case: EvaluationCase;
  /** An earlier case asks just this. */
  repeats: boolean;
}

/** A plan as it is worked with. */
export interface OpenPlan extends EvaluationPlan {
  cases: PlannedCase[];
}

export const PLAN_FILE = 'plan.json';
export const CASES_FILE = 'cases.jsonl';
/** Cases that stand in training texts, with the words that both have. */
export const CONTAMINATED_FILE = 'contaminated.jsonl';

/** Cases that one unit asks, one after another: as many as are answered within a minute or so. */
export const CASES_A_UNIT = 20;
export const unitsOf = (cases: number): number => Math.ceil(cases / CASES_A_UNIT);

/** Names the question, and all that its answer depends on. */
export const sampleKey = (identity: string, ask: Ask, taskVersion: number): string =>
  createHash('sha256').update(canonicalJson({ identity, ask, taskVersion })).digest('hex');

/** Tasks whose scores are asked for elsewhere, or not at all. */
const NO_PARTS: TaskParts = {
  ground: () => Promise.reject(failure('InvariantBroken', 'Answers are scored where they are asked.')),
};

/** Reads and checks the cases of a run, and finds those that ask the same. @throws as `makeCases`, and `InvalidInput` */
export async function makePlan(
  reader: CaseReader,
  { tasks, cases: sets }: Pick<EvaluateModelInput, 'tasks' | 'cases'>,
): Promise<Omit<OpenPlan, 'subjects'>> {
  checkTasks(tasks);
  const read = await makeCases(reader, sets, openTasks(tasks, NO_PARTS));
  const made = read.flatMap(({ cases }) => cases);
  const labels: Record<string, string[]> = {};
  for (const task of tasks) {
    if (task.type !== 'classification') continue;
    const own = made.filter((one) => one.task === nameOfTask(task));
    labels[nameOfTask(task)] = [...new Set(own.map(({ answers }) => answers[0] ?? ''))].sort();
  }
  const cases = withRepeats(
    made.map((one) => ({ case: one })),
    { tasks, labels },
  );
  const described = read.map(({ source, cases: own }): ReportedCases => ({
    source,
    sha256: createHash('sha256').update(canonicalJson(own)).digest('hex'),
    cases: own.length,
  }));
  return { tasks, labels, cases, sets: described };
}

/** Marks cases that ask just what an earlier one asks. */
export function withRepeats(
  cases: readonly Pick<PlannedCase, 'case'>[],
  { tasks, labels }: Pick<EvaluationPlan, 'tasks' | 'labels'>,
): PlannedCase[] {
  const opened = openTasks(tasks, NO_PARTS, labels);
  const seen = new Set<string>();
  return cases.map(({ case: one }) => {
    const task = taskOf(opened, one);
    const key = sampleKey('', task.ask(one), task.version);
    const repeats = seen.has(key);
    seen.add(key);
    return { case: one, repeats };
  });
}

/** Names are told apart, and gates look at what their task measures. */
function checkTasks(tasks: readonly TaskInput[]): void {
  const names = tasks.map(nameOfTask);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw failure('InvalidInput', `Two tasks are called "${twice}": give one a \`name\`.`);
  for (const task of tasks) {
    const { metrics } = openTask(task, NO_PARTS);
    const both = metrics.find((one, at) => metrics.indexOf(one) !== at);
    if (both !== undefined) {
      throw failure(
        'InvalidInput',
        `The task "${nameOfTask(task)}" has a metric "${both}" already: name it otherwise.`,
      );
    }
    const { metric } = task.gate;
    if (metric === undefined || metrics.includes(metric)) continue;
    throw failure('InvalidInput', `The task "${nameOfTask(task)}" has no metric "${metric}": ${metrics.join(', ')}.`);
  }
}

export const taskOf = (tasks: ReadonlyMap<string, Task>, { task }: EvaluationCase): Task => {
  const found = tasks.get(task);
  if (!found) throw failure('InvariantBroken', `The plan has cases of a task "${task}" that it has not.`);
  return found;
};

/** @throws `SubjectUnsuitable` where the subject can not be asked what a task asks. */
export function checkSubject({ name }: PinnedSubject, subject: Subject, plan: Omit<OpenPlan, 'subjects'>): void {
  const opened = openTasks(plan.tasks, NO_PARTS, plan.labels);
  for (const { case: one } of plan.cases) {
    const ask = taskOf(opened, one).ask(one);
    const why = subject.asks.includes(ask.kind) ? (subject.refuses?.(ask) ?? null) : ask.kind;
    if (why !== null) throw failure('SubjectUnsuitable', `"${name}" can not do the task "${one.task}" (${why}).`);
  }
}

export const publishPlan = (
  store: ArtifactStore,
  { cases, ...plan }: OpenPlan,
  contaminated: readonly object[] = [],
): Promise<ArtifactRef> =>
  inScratch(store, async (dir) => {
    const linesOf = (of: readonly object[]) => of.map((one) => `${JSON.stringify(one)}\n`).join('');
    await namingFullDisk(dir, async () => {
      await writeFile(path.join(dir, PLAN_FILE), `${JSON.stringify(plan)}\n`);
      await writeFile(path.join(dir, CASES_FILE), linesOf(cases));
      if (contaminated.length > 0) await writeFile(path.join(dir, CONTAMINATED_FILE), linesOf(contaminated));
    });
    return publishArtifact(store, 'plan', dir, { cases: cases.length }, cases.length);
  });

/** Plans that were read lately: the units of a run follow one another. */
const KEPT_PLANS = 2;

/** Reads plans, each once. */
export function planReader(store: ArtifactStore): (ref: ArtifactRef) => Promise<OpenPlan> {
  const kept = new Recent<Promise<OpenPlan>>(KEPT_PLANS);
  return (ref) => {
    const known = kept.get(ref.uri);
    if (known) return known;
    const reading = readPlan(store, ref);
    kept.set(ref.uri, reading);
    // A failure is not kept: the next unit tries again.
    reading.catch(() => kept.delete(ref.uri));
    return reading;
  };
}

async function readPlan(store: ArtifactStore, ref: ArtifactRef): Promise<OpenPlan> {
  const plan = await readFile(await store.localFile(artifactKey(ref), PLAN_FILE), 'utf8');
  const cases = await store.localFile(artifactKey(ref), CASES_FILE);
  const read = JSON.parse(plan) as EvaluationPlan;
  // A plan of before there were metrics of a project's own names none.
  const tasks = read.tasks.map((task) => Object.assign({ metrics: [] }, task));
  return { ...read, tasks, cases: await readLines<PlannedCase>(cases) };
}

/** JSON Lines that the pack itself has written. */
export async function readLines<T>(file: string): Promise<T[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
