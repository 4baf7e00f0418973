import { condition, workflowInfo } from '@temporalio/workflow';
import type { StepDecision } from '../activities/rollout/decide-step';
import {
  rolloutStrategyStage,
  type RolloutStrategyInput,
  type RolloutStrategyOutput,
} from '../schemas/rollout-strategy';
import { ApplicationFailure } from '@temporalio/common';
import { errorMessage } from '../schemas/errors';
import { KillSwitch, type Killed } from './kit/kill-switch';
import { cpu, gently } from './kit/pools';
import { stageWorkflow, type StageRun } from './kit/stage';
import { picture } from './rollout/picture';

const HOUR_MS = 3_600_000;
/** A run is not older than this when it continues as new: what it replays stays short. */
const DAY_MS = 24 * HOUR_MS;

/** Where a rollout stands; kept across continue-as-new. */
export interface RolloutState {
  step: number;
  /** Milliseconds of the workflow's clock when the step began; null until the pointer has moved. */
  began: number | null;
  /** Sequence number of the rollout's first move; 0 before it. */
  sequence: number;
  looks: number;
  /** The last decision of each step. */
  decisions: (StepDecision & { at: string })[];
  /** Who threw the kill switch; also what comes while the run continues as new is kept. */
  killed: Killed | null;
}

interface End {
  verdict: 'published' | 'rolled-back' | 'killed' | 'rejected';
  reasons: string[];
  steps: number;
  looks: number;
  approvedBy?: string;
}

/** Gives a strategy to more and more users, and takes it back where a metric gets worse or somebody says so. */
export const rolloutStrategy = stageWorkflow(
  rolloutStrategyStage,
  { phases: ['plan', 'begin', 'register', 'claim', 'replay', 'rollout', 'end'] },
  async (run): Promise<RolloutStrategyOutput> => {
    const { input } = run;
    const { name, strategy, metrics, replay, force } = input;
    const state = run.carried<RolloutState>('rollout') ?? start();
    const kill = new KillSwitch(
      state,
      'Take the candidate back from everybody, now. Input: {"by": "your name", "note": "why"}.',
      // What is left to do is to take it back, and that waits for nobody.
      () => run.controls.paused && run.controls.setPaused(false),
    );
    const planned = await run.step('plan', () =>
      cpu().planRollout({ name, strategy, metrics, ...(replay ? { replay } : {}) }),
    );
    const { steps, dryRun, force: _force, ...limits } = input;
    const work = {
      stage: rolloutStrategyStage.name,
      subject: name,
      codeVersion: rolloutStrategyStage.codeVersion,
      inputs: [planned.sha256],
      recipe: { ...limits, strategy: undefined, steps },
      force,
    };
    const tried = planned.live !== null && planned.live.sha256 !== planned.sha256;
    if (tried && metrics.length === 0) throw nothingToJudgeBy(name);
    const nothing = { steps: 0, looks: 0 };
    if (dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      return {
        outcome: 'dry-run',
        workKey,
        counts: nothing,
        reasons: [],
        plan: tried ? leastOf(input) : { hours: 0, users: 0 },
      };
    }
    const { workKey, done } = await run.step('begin', () => cpu().beginWork(work));
    if (done) return { ...(done as RolloutStrategyOutput), outcome: 'reused' };

    const { sha256 } = planned;
    const { version } = await run.step('register', () => cpu().registerStrategy({ workKey, name, sha256, strategy }));
    const registered = { name, version, sha256 };
    const output = (end: End): RolloutStrategyOutput & { strategy: typeof registered } => ({
      outcome: end.verdict,
      workKey,
      counts: { steps: end.steps, looks: end.looks },
      strategy: registered,
      reasons: end.reasons,
    });
    if (!tried) {
      const reason = planned.live ? 'it is live already' : 'the first of its name';
      const result = output({ verdict: 'published', reasons: [reason], ...nothing });
      return run.step('end', () => cpu().recordRollout({ workKey, rollout: null, reason, result }));
    }

    const rollout = `${workflowInfo().workflowId}/${workflowInfo().firstExecutionRunId}`;
    const takeBack = (key: string, reason: string, coolDownHours: number) =>
      gently().rollBackStrategy({
        ...{ name, key: `${rollout}/${key}`, rollout, version, reason, coolDownHours },
        at: new Date().toISOString(),
      });
    // Whoever ends the run in another way than by its own messages wants the users back where they were, too.
    run.onStop((how) => takeBack('stopped', `the rollout ${how === 'failed' ? 'has failed' : 'was cancelled'}`, 0));
    await run.step('claim', () => cpu().claimStrategy({ name, rollout, version, force, at: new Date().toISOString() }));
    const stop = (verdict: End['verdict'], reasons: string[]): End => ({
      verdict,
      reasons,
      steps: state.step,
      looks: state.looks,
    });
    let end = await run.staged<RolloutState, End>('rollout', state, async (_state, rest) => {
      if (replay && state.sequence === 0) {
        const until = new Date().toISOString();
        const found = await kill.unless(() => cpu().replayStrategy({ name, version, sequence: 0, until, replay }));
        if (found) run.board.showFindings(`Offline replay: ${found.says}.`);
        if (found && !found.passed) return stop('rejected', [`offline replay: ${found.says}`]);
      }
      return goThroughSteps(run, kill, { state, rest, rollout, version, stop });
    });
    if (end.verdict === 'published') {
      const { reasons, approvedBy } = end;
      const result = output(end);
      const record = { workKey, rollout, reason: reasons.join('; '), result, ...(approvedBy ? { approvedBy } : {}) };
      const recorded = await kill.unless(() => run.step('end', () => gently().recordRollout(record)));
      if (recorded) return recorded;
      end = stop('killed', [killedBy(kill.killed)]);
    }
    const coolDown = end.verdict === 'rolled-back' ? input.coolDownHours : 0;
    // Not a step of the kit: those wait while the run is paused, and this must not.
    const pointer = await takeBack('end', end.reasons.join('; '), coolDown);
    if (pointer?.live !== version) return output(end);
    // The switch and the promotion crossed: what is live stays so until it is rolled back as any other.
    return output({ ...end, verdict: 'published', reasons: [...end.reasons, 'too late: it was live already'] });
  },
);

const start = (): RolloutState => ({ step: 0, began: null, sequence: 0, looks: 0, decisions: [], killed: null });

interface Under {
  state: RolloutState;
  rest: (state: RolloutState, isDue?: boolean) => Promise<void>;
  rollout: string;
  version: number;
  stop: (verdict: End['verdict'], reasons: string[]) => End;
}

async function goThroughSteps(
  run: StageRun<RolloutStrategyInput>,
  kill: KillSwitch,
  { state, rest, rollout, version, stop }: Under,
): Promise<End> {
  const { input } = run;
  const { name, steps, lookHours, lagHours } = input;
  let approvedBy: string | undefined;
  for (;;) {
    if (kill.killed) {
      // It may have held for a person when that came.
      run.showStatus('running');
      return stop('killed', [killedBy(kill.killed)]);
    }
    const step = steps[state.step];
    if (!step) {
      return { ...stop('published', state.decisions.at(-1)?.reasons ?? []), ...(approvedBy ? { approvedBy } : {}) };
    }
    if (state.began === null) {
      const key = `${rollout}/${state.step}`;
      const reason = `step ${state.step + 1} of ${steps.length}`;
      const moved = await kill.unless(() =>
        gently().moveStrategy({ name, key, rollout, candidate: version, share: step.share, reason }),
      );
      if (!moved) continue;
      state.began = Date.now();
      if (state.sequence === 0) state.sequence = moved.sequence;
    }
    run.board.showSheet('rollout', picture(input, state, Date.now()));
    await rest(state, Date.now() - workflowInfo().runStartTime.getTime() >= DAY_MS);
    await kill.unless(() => condition(() => false, lookHours * HOUR_MS));
    await condition(() => !run.controls.paused || kill.killed !== null);
    if (kill.killed) continue;
    const decision = await kill.unless(() =>
      gently().lookAtRollout({
        ...{ name, version, sequence: state.sequence, step: state.step, input: limitsOf(input) },
        hours: (Date.now() - (state.began ?? 0)) / HOUR_MS,
        until: new Date(Date.now() - lagHours * HOUR_MS).toISOString(),
      }),
    );
    if (!decision) continue;
    state.looks += 1;
    state.decisions[state.step] = { ...decision, at: new Date().toISOString() };
    run.board.count({ step: state.step + 1, share: step.share, looks: state.looks });
    run.board.showSheet('rollout', picture(input, state, Date.now()));
    if (decision.action === 'rollback') return stop('rolled-back', decision.reasons);
    if (decision.action === 'hold') {
      const reason = decision.reasons.join('; ');
      const said = await kill.unless(() => run.decide(reason));
      if (!said) continue;
      approvedBy = said.by;
      if (!said.approved) return stop('rejected', [`rejected by ${said.by}${said.note && `: ${said.note}`}`, reason]);
    }
    if (decision.action !== 'wait') {
      state.step += 1;
      state.began = null;
    }
  }
}

const limitsOf = ({
  metrics,
  steps,
  alpha,
  mismatchAlpha,
  planned,
  minimumUsers,
  minimumHours,
  maximumHours,
  lagHours,
}: RolloutStrategyInput) => ({
  ...{ metrics, steps, alpha, mismatchAlpha, planned, minimumUsers, minimumHours, maximumHours, lagHours },
});

const killedBy = (killed: Killed | null): string =>
  `killed by ${killed?.by ?? 'unnamed'}${killed?.note ? `: ${killed.note}` : ''}`;

/** What the steps take at least: their hours, and users of the canary. */
function leastOf({ steps, minimumHours, lagHours, minimumUsers }: RolloutStrategyInput): {
  hours: number;
  users: number;
} {
  return { hours: steps.length * (minimumHours + lagHours), users: minimumUsers };
}

const nothingToJudgeBy = (name: string) =>
  ApplicationFailure.nonRetryable(
    errorMessage(
      'InvalidInput',
      `\`metrics\` is empty, and another strategy is live as ${name}: nothing could say whether this one is worse.`,
    ),
    'InvalidInput',
  );
