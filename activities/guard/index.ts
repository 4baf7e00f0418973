import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { TextSet } from '../../schemas/guard-sets';
import type { MutationName, MutationSuccess, RedTeamCounts, RedTeamOutput } from '../../schemas/red-team';
import type { GuardCounts, GuardQuality, TrainGuardOutput } from '../../schemas/train-guard';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import type { ActivityDependencies } from '../index';
import { withHeartbeat } from '../kit/heartbeat';
import { createThreadPool } from '../kit/thread';
import { doUnit, unitKey } from '../kit/unit';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import type { GuardCase, RegisteredGuard } from '../stores/registry-guards';
import { findGuardVersion, GUARD_FILES, guardModelFile } from './guard-files';
import type * as GuardThread from './guard-thread';
import { BYPASSES_FILE } from './red-team/attack';
import { guardPage, redTeamPage } from './report-page';
import { SCORES_FILE } from './training/fit-guard';
import { FOLDS, makePlan, TEXTS_FILE, writePlanTexts } from './training/plan';
import { readSets, type SetReader } from './training/sets';
import { shareWithin } from './wilson';

/** What a guard is to learn from. */
export interface PlannedGuard {
  plan: ArtifactRef;
  counts: GuardCounts;
  folds: number;
  /** Families that are left out in turn. */
  families: string[];
}

/** What is to be tried on which guard. */
export interface PlannedRedTeam {
  plan: ArtifactRef;
  attacks: number;
  /** null for the rules alone. */
  guard: RegisteredGuard | null;
}

/** How a family fared that nothing was learnt of. */
export interface LeftOut {
  family: string;
  hits: number;
  texts: number;
}

interface LearnInput {
  workKey: string;
  plan: ArtifactRef;
  seed: number;
  falsePositives: number;
}

/** The activities of `trainGuard` and `redTeam`. */
export function createGuardActivities({
  store,
  registry,
  sources,
  threads,
}: Pick<ActivityDependencies, 'store' | 'registry' | 'sources' | 'threads'>) {
  const pool = createThreadPool<typeof GuardThread>(__dirname, 'guard-thread', { threads });
  const reader: SetReader = {
    store,
    roots: sources.roots,
    dataset: (name, version) => registry.dataset(name, version),
  };
  const textsOf = (plan: ArtifactRef) => store.localFile(artifactKey(plan), TEXTS_FILE);
  const publishPlan = (made: ReturnType<typeof makePlan>): Promise<ArtifactRef> =>
    inScratch(store, async (dir) => {
      await namingFullDisk(dir, () => writePlanTexts(dir, made.texts));
      return publishArtifact(store, 'plan', dir, { counts: made.counts, families: made.families }, made.texts.length);
    });

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
          await readSets(reader, attacks, 'attack', seed),
          // Another seed, or the two grammars would choose alike.
          await readSets(reader, benign, 'benign', seed + 1_000),
          await registry.guardCases(name),
        );
        const { counts, families } = made;
        return { plan: await publishPlan(made), counts, folds: FOLDS, families };
      }),

    /** Learns without one fold, and scores it. */
    scoreGuardFold: ({ workKey, plan, seed, unit }: LearnInput & { unit: number }): Promise<{ texts: number }> =>
      doUnit(store, { workKey, phase: 'folds', unit }, async (context) =>
        pool.run('foldInThread', { file: await textsOf(plan), seed, fold: unit, dir: context.dir }, context),
      ),

    /** Learns without one family, and tries it. */
    tryGuardWithout: (input: LearnInput & { unit: number; family: string }): Promise<LeftOut> =>
      doUnit(store, { workKey: input.workKey, phase: 'families', unit: input.unit }, async (context) => {
        const { plan, seed, family, falsePositives } = input;
        return pool.run('withoutInThread', { file: await textsOf(plan), seed, family, falsePositives }, context);
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
        const task = { file: await textsOf(plan), seed, scores, leftOut, falsePositives, dir: context.dir };
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

    /** Finds the guard, reads the sets and the cases under its name. */
    planRedTeam: ({
      name,
      guard,
      attacks,
      seed,
    }: {
      name: string;
      guard: string | null;
      attacks: TextSet[];
      seed: number;
    }): Promise<PlannedRedTeam> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, async () => {
        const found = guard === null ? null : await findGuardVersion({ registry }, guard);
        const made = makePlan(await readSets(reader, attacks, 'attack', seed), [], await registry.guardCases(name));
        return { plan: await publishPlan(made), attacks: made.texts.length, guard: found };
      }),

    /** Tries attacks with one mutation. */
    attackGuard: ({
      workKey,
      unit,
      plan,
      guard,
      ...task
    }: {
      workKey: string;
      unit: number;
      plan: ArtifactRef;
      guard: RegisteredGuard | null;
      mutation: MutationName;
      sample: number;
      seed: number;
    }): Promise<{ tried: number; bypassed: number }> =>
      doUnit(store, { workKey, phase: 'attack', unit }, async (context) => {
        const model = guard === null ? null : await guardModelFile(store, guard);
        return pool.run('attackInThread', { ...task, file: await textsOf(plan), model, dir: context.dir }, context);
      }),

    /** Attack success rates by mutation, of what the units have tried. */
    attackRates: async ({
      workKey,
      mutations,
    }: {
      workKey: string;
      mutations: MutationName[];
    }): Promise<MutationSuccess[]> => {
      const rates: MutationSuccess[] = [];
      for (const [unit, mutation] of mutations.entries()) {
        const key = unitKey({ workKey, phase: 'attack', unit });
        const manifest = await store.manifest(key);
        if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
        const { tried, bypassed } = manifest.meta as { tried: number; bypassed: number };
        rates.push({ mutation, success: shareWithin(bypassed, tried) });
      }
      return rates;
    },

    /** Publishes the report, with all that got past. */
    reportRedTeam: ({
      workKey,
      name,
      counts,
      mutations,
    }: {
      workKey: string;
      name: string;
      counts: RedTeamCounts;
      mutations: MutationSuccess[];
    }): Promise<ArtifactRef> =>
      inScratch(store, (dir) =>
        namingFullDisk(dir, async () => {
          const lines: string[] = [];
          for (let unit = 0; unit < mutations.length; unit++) {
            const file = await store.localFile(unitKey({ workKey, phase: 'attack', unit }), BYPASSES_FILE);
            lines.push(await readFile(file, 'utf8'));
          }
          await writeFile(path.join(dir, BYPASSES_FILE), lines.join(''));
          const bypasses = casesIn(lines.join(''));
          await writeFile(path.join(dir, 'report.json'), `${JSON.stringify({ name, counts, mutations }, null, 2)}\n`);
          await writeFile(path.join(dir, 'report.html'), redTeamPage(name, counts, mutations, bypasses));
          return publishArtifact(store, 'report', dir, {}, counts.tried);
        }),
      ),

    /** Puts the run on record; with an approval what got past becomes cases. */
    recordRedTeam: async ({
      workKey,
      name,
      plan,
      guard,
      report,
      approval,
      ...rest
    }: {
      workKey: string;
      name: string;
      plan: ArtifactRef;
      guard: RegisteredGuard | null;
      report: ArtifactRef;
      counts: RedTeamCounts;
      mutations: MutationSuccess[];
      approval?: RedTeamOutput['approval'];
    }): Promise<RedTeamOutput> => {
      const found = approval ? await bypassesOf(store, report) : [];
      return registry.finishWork<RedTeamOutput>(workKey, async (transaction) => {
        for (const ref of [plan, report]) await transaction.addArtifact(ref);
        await transaction.addLineage(report.uri, [plan.uri, ...(guard ? [guard.artifact.uri] : [])]);
        const cases = approval ? await transaction.addGuardCases(name, found, approval.by) : 0;
        return {
          outcome: 'published',
          workKey,
          ...(guard ? { guard: { name: guard.name, version: guard.version } } : {}),
          report,
          ...rest,
          cases,
          ...(approval ? { approval } : {}),
        };
      });
    },
  };
}

const bypassesOf = async (store: ArtifactStore, report: ArtifactRef): Promise<GuardCase[]> =>
  casesIn(await readFile(await store.localFile(artifactKey(report), BYPASSES_FILE), 'utf8'));

const casesIn = (lines: string): GuardCase[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GuardCase);
