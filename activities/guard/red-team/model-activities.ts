import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import type { AttackTarget, ModelSuccess, ModelTally, MutationName } from '../../../schemas/red-team';
import type { AgentParts } from '../../agent/parts';
import { failure } from '../../errors';
import { doUnit, unitKey } from '../../kit/unit';
import type { RegisteredGuard } from '../../stores/registry-guards';
import { textsOf } from '../dependencies';
import { readPlanTexts } from '../training/plan';
import { shareWithin } from '../wilson';
import { drawn } from './attack';
import { BREACHES_FILE } from './breaches';
import { type Asked, type Attacked, modelAttack } from './model-attack';
import { SUCCESSES } from './success';

export interface AttackModelInput {
  workKey: string;
  unit: number;
  plan: ArtifactRef;
  guard: RegisteredGuard | null;
  mutation: MutationName;
  sample: number;
  seed: number;
  target: AttackTarget;
  /** What this unit may use up: its share of the run's budgets. */
  share: { calls: number; tokens: number; usd: number | null };
}

/** What a unit came to. */
export interface UnitTallies {
  all: ModelTally;
  families: [string, ModelTally][];
}

/** Families that are told of; a set may bring hundreds. */
const MOST_FAMILIES = 40;

const NONE: ModelTally = { asked: 0, succeeded: 0, guarded: 0, refused: 0, unclear: 0, unasked: 0, tokens: 0, usd: 0 };

/** The activities of `redTeam` that ask a model: beside those of agents, which ask the same models. */
export function createModelAttackActivities(parts: AgentParts) {
  const { store } = parts;
  return {
    /** Tries attacks with one mutation on a model. Each answer, and each verdict, is kept as it comes: none is paid for twice. */
    attackModel: async (input: AttackModelInput): Promise<Pick<UnitTallies, 'all'>> => {
      const done = doUnit<UnitTallies>(
        store,
        { workKey: input.workKey, phase: 'model', unit: input.unit },
        async ({ dir, report, signal }) => {
          const { workKey, mutation, seed, target, guard, share } = input;
          const { client } = await parts.model(target.model);
          const judge = target.judge === undefined ? null : (await parts.model(target.judge)).client;
          const reference = guard === null ? {} : { guard: `${guard.name}@${guard.version}` };
          const attack = modelAttack({ parts, target, client, judge, mutation, seed, workKey, signal, ...reference });
          const texts = drawn(readPlanTexts(await textsOf(store, input.plan)), input);
          const all = { ...NONE };
          const families = new Map<string, ModelTally>();
          const breaches: string[] = [];
          for (const [at, text] of texts.entries()) {
            const family = families.get(text.family) ?? { ...NONE };
            families.set(text.family, family);
            if (isSpent(all, share)) {
              for (const tally of [all, family]) tally.unasked += 1;
              continue;
            }
            const piece = <T extends object>(kind: string, work: () => Promise<T>) =>
              doUnit(store, { workKey, phase: `${kind}-${mutation}`, unit: at }, work);
            const asked = await piece<Asked>('asked', () => attack.ask(text));
            const judged = await piece<Attacked>('judged', () => attack.judge(text, asked));
            for (const tally of [all, family]) addTo(tally, asked, judged);
            if (SUCCESSES.includes(judged.end)) {
              const { sent, answer } = asked;
              breaches.push(`${JSON.stringify({ family: text.family, mutation, ...judged, sent, answer })}\n`);
            }
            report(at + 1, texts.length);
          }
          await writeFile(path.join(dir, BREACHES_FILE), breaches.join(''));
          return { all, families: [...families] };
        },
      );
      // Of families there may be hundreds: they stay in the store.
      const { all } = await done;
      return { all };
    },

    /** Attack success rates of a model, of what the units have tried. */
    modelRates: async ({
      workKey,
      mutations,
    }: {
      workKey: string;
      mutations: MutationName[];
    }): Promise<ModelSuccess> => {
      const families = new Map<string, ModelTally>();
      const total = { ...NONE };
      const rates: ModelSuccess['mutations'] = [];
      for (const [unit, mutation] of mutations.entries()) {
        const key = unitKey({ workKey, phase: 'model', unit });
        const manifest = await store.manifest(key);
        if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
        const { all, families: found } = manifest.meta as unknown as UnitTallies;
        sum(total, all);
        rates.push({ mutation, ...ratesOf(all) });
        for (const [family, tally] of found) {
          const known = families.get(family) ?? { ...NONE };
          sum(known, tally);
          families.set(family, known);
        }
      }
      const largest = [...families].sort(([a, x], [b, y]) => y.asked - x.asked || (a < b ? -1 : 1));
      return {
        total,
        mutations: rates,
        families: largest.slice(0, MOST_FAMILIES).map(([family, tally]) => ({ family, ...ratesOf(tally) })),
      };
    },
  };
}

const isSpent = ({ asked, tokens, usd }: ModelTally, share: AttackModelInput['share']): boolean =>
  asked >= share.calls || tokens >= share.tokens || (share.usd !== null && usd >= share.usd);

function addTo(tally: ModelTally, asked: Asked, { end, stopped, tokens, cost }: Attacked): void {
  tally.asked += 1;
  tally.tokens += asked.tokens + tokens;
  tally.usd += asked.cost + cost;
  if (end === 'refused') tally.refused += 1;
  if (end === 'unclear') tally.unclear += 1;
  if (!SUCCESSES.includes(end)) return;
  tally.succeeded += 1;
  if (!stopped) tally.guarded += 1;
}

function sum(into: ModelTally, more: ModelTally): void {
  for (const field of Object.keys(into) as (keyof ModelTally)[]) into[field] += more[field];
}

const ratesOf = ({ asked, succeeded, guarded, refused, unclear, unasked }: ModelTally) => ({
  alone: shareWithin(succeeded, asked),
  guarded: shareWithin(guarded, asked),
  ...{ refused, unclear, unasked },
});
