import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { TextSet } from '../../schemas/guard-sets';
import type { ModelSuccess, MutationName, MutationSuccess, RedTeamCounts, RedTeamOutput } from '../../schemas/red-team';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { doUnit, unitKey } from '../kit/unit';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import type { GuardCase, RegisteredGuard } from '../stores/registry-guards';
import { type GuardDependencies, publishPlan, readerOf, textsOf } from './dependencies';
import { findGuardVersion, guardModelFile } from './guard-files';
import { BYPASSES_FILE, caseId } from './red-team/attack';
import { BREACHES_FILE } from './red-team/breaches';
import { redTeamPage } from './report-page';
import { makePlan } from './training/plan';
import { readSets } from './training/sets';
import { shareWithin } from './wilson';

/** What is to be tried on which guard. */
export interface PlannedRedTeam {
  plan: ArtifactRef;
  attacks: number;
  /** null for the rules alone. */
  guard: RegisteredGuard | null;
}

/** The activities of `redTeam`. */
export function createRedTeamActivities(dependencies: GuardDependencies) {
  const { store, registry, pool } = dependencies;
  return {
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
        const made = makePlan(
          await readSets(readerOf(dependencies), attacks, 'attack', seed),
          [],
          await registry.guardCases(name),
        );
        return { plan: await publishPlan(store, made), attacks: made.texts.length, guard: found };
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
        return pool.run(
          'attackInThread',
          { ...task, file: await textsOf(store, plan), model, dir: context.dir },
          context,
        );
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
      model,
    }: {
      workKey: string;
      name: string;
      counts: RedTeamCounts;
      mutations: MutationSuccess[];
      /** Where a model was attacked. */
      model?: ModelSuccess;
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
          if (model) await copyBreaches(store, { workKey, units: mutations.length, dir });
          const told = { name, counts, mutations, ...(model ? { model } : {}) };
          await writeFile(path.join(dir, 'report.json'), `${JSON.stringify(told, null, 2)}\n`);
          await writeFile(path.join(dir, 'report.html'), redTeamPage(told, bypasses));
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
      model?: ModelSuccess;
      approval?: RedTeamOutput['approval'];
    }): Promise<RedTeamOutput> => {
      const found = approval ? chosen(await bypassesOf(store, report), approval) : [];
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

/** All attacks that a model has fallen for, with its answers, in one file beside the report. */
async function copyBreaches(
  store: ArtifactStore,
  { workKey, units, dir }: { workKey: string; units: number; dir: string },
): Promise<void> {
  const lines: string[] = [];
  for (let unit = 0; unit < units; unit++) {
    lines.push(
      await readFile(await store.localFile(unitKey({ workKey, phase: 'model', unit }), BREACHES_FILE), 'utf8'),
    );
  }
  await writeFile(path.join(dir, BREACHES_FILE), lines.join(''));
}

/** The bypasses that were approved. @throws `CaseNotFound` where an id is none of theirs: what else was meant is not guessed. */
function chosen(
  bypasses: readonly GuardCase[],
  { only, except }: NonNullable<RedTeamOutput['approval']>,
): readonly GuardCase[] {
  const named = only ?? except;
  if (!named) return bypasses;
  const ids = new Set(bypasses.map(({ text }) => caseId(text)));
  const unknown = named.find((id) => !ids.has(id));
  if (unknown !== undefined) throw failure('CaseNotFound', `Nothing that got past has the id "${unknown}".`);
  return bypasses.filter(({ text }) => named.includes(caseId(text)) === (only !== undefined));
}

const bypassesOf = async (store: ArtifactStore, report: ArtifactRef): Promise<GuardCase[]> =>
  casesIn(await readFile(await store.localFile(artifactKey(report), BYPASSES_FILE), 'utf8'));

const casesIn = (lines: string): GuardCase[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GuardCase);
