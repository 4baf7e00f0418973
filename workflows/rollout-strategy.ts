import { ApplicationFailure } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { errorMessage } from '../schemas/errors';
import { rolloutStrategyStage, type RolloutStrategyOutput } from '../schemas/rollout-strategy';
import { KillSwitch } from './kit/kill-switch';
import { tellBegun } from './kit/lasting-child';
import { countVerdict } from './kit/meter';
import { cpu, gently } from './kit/pools';
import { stageWorkflow } from './kit/stage';
import { atStart, goThroughSteps, killed, type RolloutEnd, type RolloutState, untilResumed } from './rollout/steps';
import { verdictOf } from './rollout/verdict';

/** Gives a strategy to more and more users, and takes it back where a metric gets worse or somebody says so. */
export const rolloutStrategy = stageWorkflow(
  rolloutStrategyStage,
  { phases: ['plan', 'begin', 'estimate', 'register', 'claim', 'replay', 'rollout', 'end'] },
  async (run): Promise<RolloutStrategyOutput> => {
    const { input } = run;
    const { name, strategy, metrics, replay, force, dryRun } = input;
    const state = run.carried<RolloutState>('rollout') ?? atStart();
    const kill = new KillSwitch(
      state,
      'Take the candidate back from everybody, now. Input: {"by": "your name", "note": "why"}.',
      // What is left to do is to take it back, and that waits for nobody.
      () => run.controls.paused && run.controls.setPaused(false),
    );
    const planned = await run.step('plan', () =>
      cpu().planRollout({ name, strategy, metrics, ...(replay ? { replay } : {}) }),
    );
    const { sha256, live, after } = planned;
    const { force: _force, dryRun: _dryRun, ...limits } = input;
    const work = {
      stage: rolloutStrategyStage.name,
      subject: name,
      codeVersion: rolloutStrategyStage.codeVersion,
      inputs: [sha256],
      recipe: { ...limits, strategy: undefined, after },
      force,
    };
    const tried = live !== null && live.sha256 !== sha256;
    if (tried && metrics.length === 0) throw nothingToJudgeBy(name);
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      const { plan, reasons } = tried ? await run.step('estimate', () => cpu().estimateRollout(input)) : NOTHING_TO_TRY;
      return { outcome: 'dry-run', workKey, counts: { steps: 0, looks: 0 }, reasons, plan };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as RolloutStrategyOutput), outcome: 'reused' };

    const { version } = await run.step('register', () => cpu().registerStrategy({ workKey, name, sha256, strategy }));
    const output = ({ verdict, reasons }: RolloutEnd) => ({
      outcome: verdict,
      workKey,
      counts: { steps: state.step, looks: state.looks },
      strategy: { name, version, sha256 },
      reasons,
    });
    if (!tried) {
      await untilResumed(run, kill);
      if (kill.killed) return output(killed(run, kill));
      const reason = live ? 'it is live already' : 'the first of its name';
      const result = output({ verdict: 'published', reasons: [reason] });
      return run.step('end', () => cpu().recordRollout({ workKey, rollout: null, reason, result }));
    }

    const rollout = `${workflowInfo().workflowId}/${workflowInfo().firstExecutionRunId}`;
    const takeBack = (key: string, reason: string, coolDownHours: number, end?: RolloutEnd) =>
      gently().rollBackStrategy({
        ...{ name, key: `${rollout}/${key}`, rollout, version, reason, coolDownHours },
        ...(end ? { verdict: { workKey, decision: verdictOf(input, state, end, live.version) } } : {}),
        at: new Date().toISOString(),
      });
    // Whoever ends the run in another way than by its own messages wants the users back where they were, too.
    run.onStop((how) => takeBack('stopped', `the rollout ${how === 'failed' ? 'has failed' : 'was cancelled'}`, 0));
    await run.step('claim', async () => {
      const at = new Date().toISOString();
      const claimed = await cpu().claimStrategy({ name, rollout, version, force, at });
      tellBegun(`${name}@${version}`);
      return claimed;
    });
    let end = await run.staged<RolloutState, RolloutEnd>('rollout', state, async (_state, rest) => {
      if (state.sequence === 0) await untilResumed(run, kill);
      if (replay && state.sequence === 0) {
        const until = new Date().toISOString();
        const found = await kill.unless(() => cpu().replayStrategy({ name, version, sequence: 0, until, replay }));
        if (found) run.board.showFindings(`Offline replay: ${found.says}.`);
        if (found && !found.passed) return { verdict: 'rejected', reasons: [`offline replay: ${found.says}`] };
      }
      return goThroughSteps(run, kill, { state, rest, rollout, version });
    });
    countVerdict(rolloutStrategyStage.name, verdictOf(input, state, end, live.version).verdict);
    if (end.verdict === 'published') {
      const record = {
        ...{ workKey, rollout, reason: end.reasons.join('; '), result: output(end) },
        decision: verdictOf(input, state, end, live.version),
      };
      const recorded = await kill.unless(() => run.step('end', () => gently().recordRollout(record)));
      if (recorded) return recorded;
      end = killed(run, kill);
    }
    const coolDown = end.verdict === 'rolled-back' ? input.coolDownHours : 0;
    // Not a step of the kit: those wait while the run is paused, and this must not.
    const pointer = await takeBack('end', end.reasons.join('; '), coolDown, end);
    if (pointer?.live !== version) return output(end);
    // The switch and the promotion crossed: what is live stays so until it is rolled back as any other.
    return output({ verdict: 'published', reasons: [...end.reasons, 'too late: it was live already'] });
  },
);

/** The first of a name, or what is live already. */
const NOTHING_TO_TRY = { plan: { hours: 0, users: 0, steps: [] }, reasons: ['it would be live at once'] };

const nothingToJudgeBy = (name: string) =>
  ApplicationFailure.nonRetryable(
    errorMessage(
      'InvalidInput',
      `\`metrics\` is empty, and another strategy is live as ${name}: nothing could say whether this one is worse.`,
    ),
    'InvalidInput',
  );
