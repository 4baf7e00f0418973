import { redTeamStage, type MutationSuccess, type RedTeamOutput } from '../schemas/red-team';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

const DAY_MS = 86_400_000;

/** Attacks a guard with sets of attacks in many disguises, and makes each bypass a case once a person approves. */
export const redTeam = stageWorkflow(
  redTeamStage,
  { phases: ['plan', 'begin', 'attack', 'rates', 'report', 'approve', 'record', 'tidy'] },
  async (run): Promise<RedTeamOutput> => {
    const { input, subject: name } = run;
    const { attacks, mutations, sample, onBypass, force } = input;
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
      recipe: { name, mutations, sample, seed, onBypass },
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
    const report = await run.step('report', () => cpu().reportRedTeam({ workKey, name, counts, mutations: rates }));
    run.board.showReport(report.uri);

    const isHeld = onBypass === 'hold' && bypassed > 0;
    const decision = await run.hold(
      'approve',
      isHeld
        ? `${bypassed} of ${tried} attacks got past: approved, they become cases that the next guard learns from`
        : null,
    );
    const approval = decision ? { approval: { by: decision.by, note: decision.note } } : {};
    const output = await run.step('record', () =>
      cpu().recordRedTeam({ workKey, name, plan, guard, report, counts, mutations: rates, ...approval }),
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
