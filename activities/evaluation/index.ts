import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import { type EvaluateModelInput, type EvaluateModelOutput, NO_SAMPLES } from '../../schemas/evaluate-model';
import type { Contamination } from '../../schemas/evaluation-contamination';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import type { ActivityDependencies } from '../index';
import { withHeartbeat } from '../kit/heartbeat';
import { createThreadPool } from '../kit/thread';
import { doUnit, unitKey } from '../kit/unit';
import { artifactKey } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import type * as EvaluationThread from './evaluation-thread';
import { createContaminationActivities, textUnits } from './contamination/contamination-activities';
import { findTraining } from './contamination/find-training';
import { NOTHING_LOOKED_AT, settleCases } from './contamination/settle';
import type { PinnedSubject } from './interfaces';
import { JUDGED_FILE } from './judge/judge-pairs';
import { mostJudging, pinJudges } from './judge/pin-judges';
import { METRICS_FILE } from './measure';
import {
  CASES_FILE,
  CONTAMINATED_FILE,
  checkSubject,
  makePlan,
  type OpenPlan,
  planReader,
  publishPlan,
  type Role,
  sampleKey,
  SAMPLES_FILE,
  taskOf,
  unitsOf,
} from './plan';
import { recordEvaluation, type RecordEvaluationInput } from './record';
import type { Reportable } from './report/make-report';
import { REPORT_FILES } from './report/write-report';
import { splitCounts } from './samples';
import { openSubject, pinSubject, type SubjectParts } from './subjects';
import { Collections } from './subjects/model-subject';
import { openTasks } from './tasks';
import { gatherDocuments } from './tasks/gather-documents';
import { pinMetrics } from './tasks/own-metrics';
import { tell, type ToldVerdict } from './tell';

type Dependencies = Pick<
  ActivityDependencies,
  'store' | 'registry' | 'sources' | 'agent' | 'threads' | 'search' | 'encoder' | 'distillation' | 'evaluation'
>;

/** A subject as the workflow has to know it. */
export type PlannedSubject = Pick<PinnedSubject, 'name' | 'pool' | 'paid'>;

export interface PlannedEvaluation {
  plan: ArtifactRef;
  candidate: PlannedSubject;
  reference: PlannedSubject | null;
  cases: number;
  /** Pieces that the cases of each subject are asked in. */
  units: number;
  /** Pieces of the training texts that the cases are looked for in. */
  searches: number;
  /** Tasks whose answers a judge compares. */
  judges: number;
  /** What was found where there is nothing to look in. */
  contamination: Contamination;
}

// Keys that one query looks up.
const KEYS_AT_ONCE = 5_000;

/** The activities of `evaluateModel`, but those that ask. */
export function createEvaluationActivities(given: Dependencies) {
  const { store, registry, sources, threads } = given;
  const dependencies: SubjectParts = { ...given, collections: new Collections() };
  const pool = createThreadPool<typeof EvaluationThread>(__dirname, 'evaluation-thread', { threads });
  const plans = planReader(store);
  const filesOf = async (workKey: string, phase: string, units: number, name: string): Promise<string[]> => {
    const files: string[] = [];
    for (let unit = 0; unit < units; unit++) files.push(await store.localFile(unitKey({ workKey, phase, unit }), name));
    return files;
  };
  const samplesOf = (workKey: string, role: Role, units: number) => filesOf(workKey, role, units, SAMPLES_FILE);
  const judgedOf = async (workKey: string, { judges }: Pick<OpenPlan, 'judges'>, units: number) =>
    judges ? filesOf(workKey, 'judge', units, JUDGED_FILE) : null;
  return {
    ...createContaminationActivities(given, pool, plans),

    /** Pins the subjects, reads the cases, and checks that each subject can do each task. */
    planEvaluation: (
      input: Pick<EvaluateModelInput, 'candidate' | 'reference' | 'tasks' | 'cases' | 'contamination'>,
    ): Promise<PlannedEvaluation> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, async () => {
        const candidate = await pinSubject(input.candidate, dependencies);
        const reference = input.reference ? await pinSubject(input.reference, dependencies) : null;
        if (candidate.identity === reference?.identity) {
          throw failure('SubjectUnsuitable', `"${candidate.name}" is its own reference.`);
        }
        const reader = {
          ...{ store, roots: sources.roots },
          dataset: (name: string, version?: number) => registry.dataset(name, version),
        };
        const tasks = await gatherDocuments(given, input.tasks);
        const subjects = reference ? [candidate, reference] : [candidate];
        const metrics = pinMetrics(tasks, given.evaluation.metrics);
        const planned = await makePlan(reader, { ...input, tasks });
        const judges = await pinJudges(tasks, reference, dependencies);
        const training = await findTraining(given, subjects);
        const { action } = input.contamination;
        const { contamination } = settleCases(planned.cases, training, NOTHING_LOOKED_AT, action);
        const made: OpenPlan = {
          ...planned,
          subjects: { candidate, reference },
          ...judges,
          metrics,
          training,
          contamination,
        };
        for (const subject of subjects) checkSubject(subject, await openSubject(subject, dependencies), made);
        return {
          plan: await publishPlan(store, made),
          searches: textUnits(made).length,
          judges: Object.keys(made.judges ?? {}).length,
          contamination,
          candidate: toldOf(candidate),
          reference: reference && toldOf(reference),
          cases: made.cases.length,
          units: unitsOf(made.cases.length),
        };
      }),

    /** Counts what is kept already, and what the rest may cost at most. */
    estimateEvaluation: ({
      plan: ref,
    }: {
      plan: ArtifactRef;
    }): Promise<Required<Pick<EvaluateModelOutput, 'counts' | 'spent' | 'atMost'>>> =>
      withHeartbeat({ phase: 'estimate', unit: 0 }, async () => {
        const plan = await plans(ref);
        const atMost = { calls: 0, tokens: 0, usd: 0 };
        const countsOf = async (pinned: PinnedSubject) => {
          const subject = await openSubject(pinned, dependencies);
          const ground = () => Promise.reject(failure('InvariantBroken', 'A dry run scores nothing.'));
          const tasks = openTasks(plan.tasks, { ground }, plan.labels);
          const asks = plan.cases.map(({ case: one, repeats }) => {
            const task = taskOf(tasks, one);
            const ask = task.ask(one);
            return { ask, repeats, key: sampleKey(pinned.identity, ask, task.version) };
          });
          let kept = 0;
          for (let from = 0; from < asks.length; from += KEYS_AT_ONCE) {
            const some = asks.slice(from, from + KEYS_AT_ONCE);
            const known = await registry.samples.settled(
              some.map(({ key }) => key),
              null,
            );
            for (const { ask, repeats, key } of some) {
              if (repeats || known.has(key)) kept += 1;
              else if (pinned.paid) {
                const { tokens, usd } = subject.most(ask);
                atMost.calls += 1;
                atMost.tokens += tokens;
                atMost.usd += usd;
              }
            }
          }
          return { ...NO_SAMPLES, samples: asks.length, unasked: asks.length - kept, answered: kept, kept };
        };
        const { candidate, reference } = plan.subjects;
        const counted = { candidate: await countsOf(candidate), reference: reference && (await countsOf(reference)) };
        const judging = await mostJudging(plan, dependencies);
        for (const field of ['calls', 'tokens', 'usd'] as const) atMost[field] += judging[field];
        return { ...splitCounts(counted), atMost };
      }),

    /** Measures what the units have scored, comes to a verdict, and writes the report. */
    measureEvaluation: async ({
      workKey,
      plan: ref,
      units,
      ...options
    }: {
      workKey: string;
      plan: ArtifactRef;
      units: number;
      counts: Reportable['counts'];
      seed: number;
      failures: number;
    }): Promise<ToldVerdict> =>
      doUnit(store, { workKey, phase: 'measure', unit: 0 }, async (context) => {
        const { cases: _cases, ...plan } = await plans(ref);
        const files = {
          cases: await store.localFile(artifactKey(ref), CASES_FILE),
          candidate: await samplesOf(workKey, 'candidate', units),
          reference: plan.subjects.reference && (await samplesOf(workKey, 'reference', units)),
          judged: await judgedOf(workKey, plan, units),
        };
        const { dir } = context;
        return tell(await pool.run('measureInThread', { workKey, plan, files, dir, ...options }, context));
      }),

    /** Publishes the report, all samples and all that was measured as one artifact. */
    reportEvaluation: ({
      workKey,
      plan: ref,
      units,
    }: {
      workKey: string;
      plan: ArtifactRef;
      units: number;
    }): Promise<ArtifactRef> =>
      withHeartbeat({ phase: 'report', unit: 0 }, () =>
        inScratch(store, (dir) =>
          namingFullDisk(dir, async () => {
            const plan = await plans(ref);
            const { subjects, cases } = plan;
            const key = artifactKey(ref);
            const names = (await store.manifest(key))?.files.map(({ name }) => name) ?? [];
            for (const file of [CASES_FILE, CONTAMINATED_FILE].filter((name) => names.includes(name))) {
              await copyFile(await store.localFile(key, file), path.join(dir, file));
            }
            for (const file of [METRICS_FILE, ...Object.values(REPORT_FILES)]) {
              const measured = await store.localFile(unitKey({ workKey, phase: 'measure', unit: 0 }), file);
              await copyFile(measured, path.join(dir, file));
            }
            for (const role of ['candidate', 'reference'] as const) {
              if (subjects[role])
                await joinFiles(await samplesOf(workKey, role, units), path.join(dir, `${role}.jsonl`));
            }
            const judged = await judgedOf(workKey, plan, units);
            if (judged) await joinFiles(judged, path.join(dir, JUDGED_FILE));
            return publishArtifact(store, 'evaluation', dir, {}, cases.length);
          }),
        ),
      ),

    /** Puts the run on record, with its verdict. */
    recordEvaluation: async (input: RecordEvaluationInput): Promise<EvaluateModelOutput> =>
      recordEvaluation(registry, await plans(input.plan), input),
  };
}

const toldOf = ({ name, pool, paid }: PinnedSubject): PlannedSubject => ({ name, pool, paid });

async function joinFiles(files: readonly string[], into: string): Promise<void> {
  await writeFile(into, '');
  for (const file of files) await appendFile(into, await readFile(file));
}
