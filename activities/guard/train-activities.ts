import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { TextSet } from '../../schemas/guard-sets';
import type { GuardCounts, GuardQuality, TrainGuardOutput } from '../../schemas/train-guard';
import { inScratch } from '../cleaning/scratch';
import { withHeartbeat } from '../kit/heartbeat';
import { doUnit, unitKey } from '../kit/unit';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import { type GuardDependencies, publishPlan, readerOf, textsOf } from './dependencies';
import { GUARD_FILES } from './guard-files';
import { guardPage } from './report-page';
import { SCORES_FILE } from './training/fit-guard';
import { FOLDS, makePlan } from './training/plan';
import { readSets } from './training/sets';

/** What a guard is to learn from. */
export interface PlannedGuard {
  plan: ArtifactRef;
  counts: GuardCounts;
  folds: number;
  /** Families that are left out in turn. */
  families: string[];
}

/** How a family fared that nothing was learnt of. */
export interface LeftOut {
  family: string;
  hits: number;
  texts: number;
}

export interface LearnInput {
  workKey: string;
  plan: ArtifactRef;
  seed: number;
  falsePositives: number;
}

/** The activities of `trainGuard`. */
export function createTrainGuardActivities(dependencies: GuardDependencies) {
  const { store, registry, pool } = dependencies;
  return {
    /** Reads the sets and the cases of a guard, and splits them: that is what the work is known by. */
    planGuard: ({
      name,
      attacks,
      benign,
      seed,
    }: {
      name: string;
      attacks: TextSet[];
      benign: TextSet[];
      seed: number;
    }): Promise<PlannedGuard> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, async () => {
        const made = makePlan(
          await readSets(readerOf(dependencies), attacks, 'attack', seed),
          // Another seed, or the two grammars would choose alike.
          await readSets(readerOf(dependencies), benign, 'benign', seed + 1_000),
          await registry.guardCases(name),
        );
        const { counts, families } = made;
        return { plan: await publishPlan(store, made), counts, folds: FOLDS, families };
      }),

    /** Learns without one fold, and scores it. */
    scoreGuardFold: ({ workKey, plan, seed, unit }: LearnInput & { unit: number }): Promise<{ texts: number }> =>
      doUnit(store, { workKey, phase: 'folds', unit }, async (context) =>
        pool.run('foldInThread', { file: await textsOf(store, plan), seed, fold: unit, dir: context.dir }, context),
      ),

    /** Learns without one family, and tries it. */
    tryGuardWithout: (input: LearnInput & { unit: number; family: string }): Promise<LeftOut> =>
      doUnit(store, { workKey: input.workKey, phase: 'families', unit: input.unit }, async (context) => {
        const { plan, seed, family, falsePositives } = input;
        return pool.run('withoutInThread', { file: await textsOf(store, plan), seed, family, falsePositives }, context);
      }),

    /** Learns from all but what is held out, sets the threshold, and measures. */
    fitGuard: ({
      workKey,
      plan,
      seed,
      falsePositives,
      folds,
      families,
    }: LearnInput & { folds: number; families: number }): Promise<{ quality: GuardQuality }> =>
      doUnit(store, { workKey, phase: 'fit', unit: 0 }, async (context) => {
        const scores: string[] = [];
        for (let unit = 0; unit < folds; unit++) {
          scores.push(await store.localFile(unitKey({ workKey, phase: 'folds', unit }), SCORES_FILE));
        }
        const leftOut: LeftOut[] = [];
        for (let unit = 0; unit < families; unit++) {
          const manifest = await store.manifest(unitKey({ workKey, phase: 'families', unit }));
          if (manifest) leftOut.push(manifest.meta as unknown as LeftOut);
        }
        const task = { file: await textsOf(store, plan), seed, scores, leftOut, falsePositives, dir: context.dir };
        return pool.run('fitInThread', task, context);
      }),

    /** Publishes the report on a guard; that needs no approval. */
    reportGuard: ({
      name,
      counts,
      quality,
      falsePositives,
    }: {
      name: string;
      counts: GuardCounts;
      quality: GuardQuality;
      falsePositives: number;
    }): Promise<ArtifactRef> =>
      inScratch(store, (dir) =>
        namingFullDisk(dir, async () => {
          await writeFile(path.join(dir, 'report.json'), `${JSON.stringify({ name, counts, quality }, null, 2)}\n`);
          await writeFile(path.join(dir, 'report.html'), guardPage(name, counts, quality, falsePositives));
          return publishArtifact(store, 'report', dir, {}, counts.heldOut);
        }),
      ),

    /** Publishes the files of a guard. */
    publishGuard: ({ workKey, counts }: { workKey: string; counts: GuardCounts }): Promise<ArtifactRef> =>
      inScratch(store, (dir) =>
        namingFullDisk(dir, async () => {
          for (const name of Object.values(GUARD_FILES)) {
            const file = await store.localFile(unitKey({ workKey, phase: 'fit', unit: 0 }), name);
            await copyFile(file, path.join(dir, name));
          }
          return publishArtifact(store, 'guard', dir, {}, counts.attacks + counts.benign);
        }),
      ),

    /** Makes what was published the next version of the guard. */
    recordGuard: ({
      workKey,
      name,
      plan,
      artifact,
      report,
      ...rest
    }: {
      workKey: string;
      name: string;
      plan: ArtifactRef;
      artifact: ArtifactRef;
      report: ArtifactRef;
      counts: GuardCounts;
      quality: GuardQuality;
      approval?: TrainGuardOutput['approval'];
    }): Promise<TrainGuardOutput> =>
      registry.finishWork<TrainGuardOutput>(workKey, async (transaction) => {
        for (const ref of [plan, report]) await transaction.addArtifact(ref);
        const version = await transaction.addGuardVersion({ name, artifact, quality: rest.quality });
        await transaction.addLineage(artifact.uri, [plan.uri]);
        return { outcome: 'published', workKey, guard: { name, version, artifact }, report, ...rest };
      }),
  };
}
