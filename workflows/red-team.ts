import {
  type AttackTarget,
  type ModelSuccess,
  redTeamStage,
  type MutationSuccess,
  type RedTeamOutput,
} from '../schemas/red-team';
import type { Decision } from './kit/controls';
import { cpu, llm } from './kit/pools';
import { stageWorkflow } from './kit/stage';

const DAY_MS = 86_400_000;

const approvalOf = ({ approved: _approved, ...approval }: Decision) => ({ approval });

/** Attacks a guard with sets of attacks in many disguises, and makes each bypass a case once a person approves. */
export const redTeam = stageWorkflow(
  redTeamStage,
  {
    phases: [
      'plan',
      'begin',
      'attack',
      'rates',
      'attack the model',
      'rates of the model',
      'report',
      'approve',
      'record',
      'tidy',
    ],
  },
  async (run): Promise<RedTeamOutput> => {
    const { input, subject: name } = run;
    const { attacks, mutations, sample, onBypass, force, target } = input;
    const { seed, ...planned } = await run.step('plan', async () => {
      // The day is that of the first run of a chain: it is kept with the plan.
      const drawn = input.seed ?? Math.floor(Date.parse(run.startedAt) / DAY_MS);
      return { ...(await cpu().planRedTeam({ name, guard: input.guard ?? null, attacks, seed: drawn })), seed: drawn };
    });
    const { plan, guard } = planned;
    const version = guard ? { guard: { name: guard.name, version: guard.version } } : {};
    run.board.count({ attacks: planned.attacks });

    const work = {
      stage: redTeamStage.name,
      subject: name,
      codeVersion: redTeamStage.codeVersion,
      inputs: guard ? [plan.sha256, guard.artifact.sha256] : [plan.sha256],
      recipe: { name, mutations, sample, seed, onBypass, ...(target ? { target } : {}) },
      force,
    };
    if (input.dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      const counts = { attacks: planned.attacks, tried: 0, bypassed: 0 };
      return { outcome: 'dry-run', workKey, counts, ...version };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as RedTeamOutput), outcome: 'reused' };
    run.onStop(async (how) => {
      if (how === 'cancelled') await cpu().discardWork({ workKey });
    });

    const { tried, bypassed } = await run.units('attack', {
      total: mutations.length,
      initial: { tried: 0, bypassed: 0 },
      start: (unit) => {
        const mutation = mutations[unit] ?? 'none';
        return cpu().attackGuard({ workKey, unit, plan, guard, mutation, sample, seed });
      },
      fold: (sum, more) => ({ tried: sum.tried + more.tried, bypassed: sum.bypassed + more.bypassed }),
      counts: (sum) => ({ tried: sum.tried, 'got past': sum.bypassed }),
    });
    const counts = { attacks: planned.attacks, tried, bypassed };
    const rates = await run.step('rates', () => cpu().attackRates({ workKey, mutations }));
    run.board.showFindings(described(rates));
    let model: ModelSuccess | undefined;
    if (target) {
      await run.units('attack the model', {
        total: mutations.length,
        initial: { asked: 0, succeeded: 0, guarded: 0 },
        start: (unit) => {
          const mutation = mutations[unit] ?? 'none';
          const share = shareOfBudgets(target, mutations.length);
          return llm().attackModel({ workKey, unit, plan, guard, mutation, sample, seed, target, share });
        },
        fold: (sum, { all }) => ({
          asked: sum.asked + all.asked,
          succeeded: sum.succeeded + all.succeeded,
          guarded: sum.guarded + all.guarded,
        }),
        counts: (sum) => ({ asked: sum.asked, succeeded: sum.succeeded, 'past the guard': sum.guarded }),
      });
      model = await run.step('rates of the model', () => llm().modelRates({ workKey, mutations }));
      run.board.showFindings(describedModel(model));
    }
    const told = model ? { model } : {};
    const report = await run.step('report', () =>
      cpu().reportRedTeam({ workKey, name, counts, mutations: rates, ...told }),
    );
    run.board.showReport(report.uri);

    const isHeld = onBypass === 'hold' && bypassed > 0;
    const decision = await run.hold(
      'approve',
      isHeld
        ? `${bypassed} of ${tried} attacks got past: approved, they become cases that the next guard learns from (\`only\` or \`except\` name some of them by the ids of the report)`
        : null,
    );
    const approval = decision ? approvalOf(decision) : {};
    const output = await run.step('record', () =>
      cpu().recordRedTeam({ workKey, name, plan, guard, report, counts, mutations: rates, ...told, ...approval }),
    );
    await run.step('tidy', () => cpu().discardWork({ workKey }));
    return output;
  },
);

const described = (rates: readonly MutationSuccess[]): string =>
  [
    '| mutation | tried | got past | 95% interval |',
    '|---|---:|---:|---|',
    ...rates.map(
      ({ mutation, success }) =>
        `| ${mutation} | ${success.texts} | ${success.hits} | ${success.low} to ${success.high} |`,
    ),
  ].join('\n');

/** Units run side by side and know nothing of one another: each has an equal share, so that together they stay within. */
function shareOfBudgets({ calls, tokens, usd }: AttackTarget, units: number) {
  return {
    calls: Math.ceil(calls / units),
    tokens: Math.ceil(tokens / units),
    usd: usd === undefined ? null : usd / units,
  };
}

const describedModel = ({ mutations }: ModelSuccess): string =>
  [
    '| mutation | model asked | succeeded | 95% interval | behind the guard | unclear |',
    '|---|---:|---:|---|---:|---:|',
    ...mutations.map(
      ({ mutation, alone, guarded, unclear }) =>
        `| ${mutation} | ${alone.texts} | ${alone.hits} | ${alone.low} to ${alone.high} | ${guarded.hits} | ${unclear} |`,
    ),
  ].join('\n');
