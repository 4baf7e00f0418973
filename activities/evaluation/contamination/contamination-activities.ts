import { readFile } from 'node:fs/promises';
import type { ArtifactRef } from '../../../schemas/common';
import type { Contamination, ContaminationAction } from '../../../schemas/evaluation-contamination';
import { failure } from '../../errors';
import type { ActivityDependencies } from '../../index';
import { withHeartbeat } from '../../kit/heartbeat';
import type { ThreadPool } from '../../kit/thread';
import { doUnit, unitKey } from '../../kit/unit';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import type * as EvaluationThread from '../evaluation-thread';
import { CASES_FILE, type OpenPlan, publishPlan, unitsOf, withRepeats } from '../plan';
import { FOUND_FILE, type FoundCase } from './find-cases';
import { settleCases, tellContamination } from './settle';
import type { TextFile } from './training-texts';

const PHASE = 'contamination';
/** As much as a thread looks through in a minute or less. */
const UNIT_BYTES = 32 * 2 ** 20;

/** The training texts of a plan in units: each file once, however many subjects have learnt from it. */
export function textUnits({ training }: Pick<OpenPlan, 'training'>): TextFile[][] {
  const distinct = new Map<string, TextFile>();
  for (const { files } of training ?? []) for (const file of files) distinct.set(`${file.key}/${file.name}`, file);
  const units: TextFile[][] = [];
  let bytes = Infinity;
  for (const file of distinct.values()) {
    if (bytes + file.bytes > UNIT_BYTES) {
      units.push([]);
      bytes = 0;
    }
    units.at(-1)?.push(file);
    bytes += file.bytes;
  }
  return units;
}

/** What one unit has looked at. */
export interface Searched {
  texts: number;
  tooShort: number;
}

/** A plan with the cases that are left to be asked. */
export interface SettledEvaluation {
  plan: ArtifactRef;
  cases: number;
  units: number;
  contamination: Contamination;
}

/** The activities that look for cases in what the subjects were trained on. */
export function createContaminationActivities(
  { store }: Pick<ActivityDependencies, 'store'>,
  pool: ThreadPool<typeof EvaluationThread>,
  plans: (ref: ArtifactRef) => Promise<OpenPlan>,
) {
  return {
    /** Looks for all cases in one unit of the training texts. */
    findCases: ({
      workKey,
      unit,
      plan: ref,
    }: {
      workKey: string;
      unit: number;
      plan: ArtifactRef;
    }): Promise<Searched> =>
      doUnit(store, { workKey, phase: PHASE, unit }, async (context) => {
        const files = textUnits(await plans(ref))[unit] ?? [];
        const texts = [];
        for (const { key, name, ...file } of files) texts.push({ ...file, path: await store.localFile(key, name) });
        const cases = await store.localFile(artifactKey(ref), CASES_FILE);
        return pool.run('findCases', { cases, texts, dir: context.dir }, context);
      }),

    /** Leaves out what was found, or says why nothing is asked. @throws `CasesContaminated` */
    settleCases: (given: {
      workKey: string;
      plan: ArtifactRef;
      units: number;
      searched: Searched;
      action: ContaminationAction;
    }): Promise<SettledEvaluation> =>
      withHeartbeat({ phase: 'settle', unit: 0 }, async () => {
        const plan = await plans(given.plan);
        const found = await foundBy(store, given.workKey, given.units);
        const search = { found, ...given.searched };
        const { kept, contamination } = settleCases(plan.cases, plan.training ?? [], search, given.action);
        const told = tellContamination(contamination);
        if (told !== null && given.action === 'fail') throw failure('CasesContaminated', `${told}.`);
        const settled = { ...plan, cases: withRepeats(kept, plan), contamination };
        const ref = await publishPlan(
          store,
          settled,
          found.map((one) => ({ id: plan.cases[one.at]?.case.id, ...one })),
        );
        return { plan: ref, cases: kept.length, units: unitsOf(kept.length), contamination };
      }),
  };
}

async function foundBy(store: ArtifactStore, workKey: string, units: number): Promise<FoundCase[]> {
  const found: FoundCase[] = [];
  for (let unit = 0; unit < units; unit += 1) {
    const text = await readFile(await store.localFile(unitKey({ workKey, phase: PHASE, unit }), FOUND_FILE), 'utf8');
    for (const line of text.split('\n')) if (line !== '') found.push(JSON.parse(line) as FoundCase);
  }
  // However the texts are cut into units, a case is told once for a source.
  const seen = new Set<string>();
  return found.filter(({ at, source }) => !seen.has(`${at} ${source}`) && seen.add(`${at} ${source}`));
}
