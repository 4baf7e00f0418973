import { ActivityFailure, type ApplicationFailure, condition, sleep, workflowInfo } from '@temporalio/workflow';
import type { BegunAttempt } from '../../activities/training/attempt';
import type { PlannedTraining } from '../../activities/training/plan';
import type { WatchTrainingInput } from '../../activities/training';
import type { WatchCursor, WatchEvent } from '../../activities/training/watch';
import type { AttemptEnd, TrainingUsage } from '../../schemas/training-run';
import { type TrainModelInput, trainModelStage } from '../../schemas/train-model';
import { count, micros } from '../kit/meter';
import { lookingOn, training } from '../kit/pools';
import type { StageRun } from '../kit/stage';
import { unless } from '../kit/unless';
import { isCode, rejected, trainingFailed } from './failures';
import { classOf, endOf, judge, type Verdict } from './policy';
import { trainingSheet } from './sheet';
import { budgetLeft, ranSeconds, type TrainState } from './state';
import { type Account, charge, usageOf, writeOff } from './usage';

export interface TrainingSubject {
  /** Name of the job: of its folder, and of its submissions before the number of the attempt. */
  job: string;
  workKey: string;
  plan: PlannedTraining;
  lineage: Record<string, string>;
}

export interface Trained {
  /** The result of the same work, where another run has done it meanwhile. */
  done: unknown;
  usage: TrainingUsage;
  /** The last attempts. */
  last: Account['last'];
}

/** Seconds that a trainer has for the step under way and its checkpoint; one that hangs gets few. */
const STOP_SECONDS = 600;
const HUNG_SECONDS = 5;
/** Share of the time limit after which a checkpoint is made, before the launcher ends the job. */
const LIMIT_SHARE = 0.95;
/** How long a watch may take before people see its numbers: a tenth of what has passed, between these. */
const [LEAST_WATCH, LONGEST_WATCH] = [5, 120];

/** Nothing that a person has to approve: clusters suspend jobs for others and let them go on again. */
const SUSPENDED =
  'The cluster has suspended the job, which goes on when the cluster lets it. Where that is too long, pause this run and resume it: a new attempt goes on from the last checkpoint.';

/** Attempts of one job, one after another, until there is a model or nothing more to try. */
export class Training {
  private readonly on: ReturnType<typeof training>;
  private readonly look: ReturnType<typeof lookingOn>;
  private readonly ref: { launcher: string; job: string; runId: string };

  constructor(
    private readonly run: StageRun<TrainModelInput>,
    private readonly subject: TrainingSubject,
    readonly state: TrainState,
  ) {
    const { priority, fairnessKey, launcher } = run.input;
    const order = { priorityKey: priority, fairnessKey };
    this.on = training(subject.plan.hostQueue, order);
    this.look = lookingOn(subject.plan.hostQueue, order);
    this.ref = { launcher, job: subject.job, runId: workflowInfo().firstExecutionRunId };
  }

  /**
   * Trains until there is a result. @returns the result on record where another run has done the same work meanwhile.
   * @throws `TrainingFailed` with the last lines of the log, `Rejected` where a person gave it up.
   */
  async train(rest: (state: TrainState) => Promise<void>): Promise<Trained> {
    for (;;) {
      await rest(this.state);
      if (!this.state.live) {
        const { done, isThrough } = await this.begin();
        if (done !== null || isThrough) return this.trained(done);
        // Paused while it waited for its turn.
        if (!this.state.live) continue;
      }
      const event = await this.watch();
      if (event === null) continue;
      const verdict = await this.settle(event);
      if (verdict.next === 'collect') return this.trained(null);
      await this.follow(verdict);
    }
  }

  /** Ends what runs, with a checkpoint, and gives back what is held. */
  async giveUp(discard: boolean): Promise<void> {
    if (this.state.live) await this.stop(this.state.live, STOP_SECONDS, true);
    await this.on.releaseTraining({ ...this.ref, discard });
  }

  /** Gives everything back, what was learnt on the way as well: there is a model of it. */
  release(): Promise<void> {
    return this.on.releaseTraining({ ...this.ref, discard: true });
  }

  private async trained(done: unknown): Promise<Trained> {
    // Others may have the devices while what was made is looked at.
    await this.on.yieldDevices(this.ref);
    return { done, usage: this.usage(), last: this.state.account.last };
  }

  private usage(): TrainingUsage {
    return usageOf(this.state.account, this.subject.plan);
  }

  /** Waits until all devices are free, and starts the next attempt. */
  private async begin(): Promise<{ done: unknown; isThrough: boolean }> {
    const { run, state, subject } = this;
    const { nodes, priority, fairnessKey, launcher, processesPerNode, spot, timeLimitHours } = run.input;
    const { perNode, plan } = subject.plan;
    this.show('waits for devices');
    const claim = {
      job: subject.job,
      workKey: subject.workKey,
      workflowId: workflowInfo().workflowId,
      runId: this.ref.runId,
      launcher,
      cpus: nodes * perNode.cpus,
      gpus: nodes * perNode.gpus,
      priority,
      fairnessKey,
    };
    const isPaused = () => run.controls.paused;
    const acquired = await unless(isPaused, () => this.look.acquireDevices(claim));
    if (acquired === null) {
      await this.on.yieldDevices(this.ref);
      this.show('paused');
      await condition(() => !run.controls.paused);
      return { done: null, isThrough: false };
    }
    if (acquired.done !== null) return { done: acquired.done, isThrough: false };
    const { badSince, adjust } = state;
    const attempt = await this.on.beginTraining({ job: subject.job, plan, adjust, badSince, lineage: subject.lineage });
    for (const note of attempt.damaged) run.board.warn(note);
    state.account = writeOff(state.account, attempt.resumeFrom?.at ?? null, subject.plan.devices);
    state.badSince = null;
    if (attempt.isDone) return { done: null, isThrough: true };
    if (adjust.finish && attempt.resumeFrom === null) {
      const why = 'it was to be ended at its last checkpoint, and there is none that is good';
      throw this.failure({ class: 'numeric', why, log: '' });
    }
    // From here on it may run, whatever becomes of this very call.
    Object.assign(state, { live: attempt, isNewCursor: true });
    this.show('starts');
    try {
      await this.on.submitTraining({
        ...this.ref,
        request: {
          id: attempt.submission,
          nodes,
          processesPerNode,
          perNode,
          spot,
          timeLimitSeconds: Math.round(timeLimitHours * 3_600),
          priority,
        },
      });
    } catch (error) {
      if (!(error instanceof ActivityFailure) || !isCode(error, 'DevicesLost')) throw error;
      // Nothing was submitted: it waits for its turn again.
      state.live = null;
    }
    return { done: null, isThrough: false };
  }

  /** Watches the live attempt for a while. @returns null while it goes on. */
  private async watch(): Promise<WatchEvent | null> {
    const { run, state } = this;
    const attempt = state.live as BegunAttempt;
    const watched = await unless(
      () => run.controls.paused,
      () => this.look.watchTraining(this.watchInput(attempt)),
    );
    if (watched === null) return this.pause(attempt);
    this.take(watched.cursor);
    const { silence, cursor } = watched;
    if (silence !== null) run.board.alert(`The launcher does not answer: ${silence}`);
    else run.board.alert(cursor.state === 'paused' ? SUSPENDED : null);
    return watched.event.kind === 'progress' ? null : watched.event;
  }

  private watchInput(attempt: BegunAttempt): WatchTrainingInput {
    const { state, run, ref } = this;
    const { attempt: number, submission, resumeFrom } = attempt;
    const ran = ranSeconds(state);
    return {
      ...ref,
      attempt: { attempt: number, submission, resumeFrom },
      rules: run.input.rules,
      cursor: state.isNewCursor ? null : state.cursor,
      before: state.isNewCursor ? state.cursor : null,
      seconds: Math.min(LONGEST_WATCH, Math.max(LEAST_WATCH, ran / 10)),
      limitSeconds: run.input.timeLimitHours * 3_600 * LIMIT_SHARE - ran,
      budgetSeconds: budgetLeft(state, run.input.budget, this.subject.plan),
    };
  }

  private take(cursor: WatchCursor): void {
    Object.assign(this.state, { cursor, isNewCursor: false });
    const { latest } = cursor;
    if (latest) this.run.board.reach(Math.min(latest.step, latest.steps), latest.steps);
    this.show(cursor.state);
  }

  /** Ends the attempt with a checkpoint, and gives its devices to others until it may go on. */
  private async pause(attempt: BegunAttempt): Promise<WatchEvent | null> {
    this.show('stops for a pause');
    const ended = await this.stop(attempt, STOP_SECONDS, true);
    if (ended.kind === 'done') return ended;
    this.close('paused', ended);
    this.show('paused');
    await this.on.yieldDevices(this.ref);
    await condition(() => !this.run.controls.paused);
    return null;
  }

  /** Ends an attempt, and says how it ended. */
  private async stop(attempt: BegunAttempt, deadlineSeconds: number, keep: boolean): Promise<WatchEvent> {
    const { attempt: number, submission } = attempt;
    await this.on.stopTraining({ ...this.ref, attempt: number, submission, deadlineSeconds, keep });
    // What it has written last: its numbers, and whether it was through before it heard of it.
    const last = { ...this.watchInput(attempt), rules: null, seconds: 0, limitSeconds: null, budgetSeconds: null };
    const { event, cursor } = await this.look.watchTraining(last);
    this.take(cursor);
    return event;
  }

  /** Charges the attempt, and judges what comes next. Nothing of it runs after this. */
  private async settle(event: WatchEvent): Promise<Verdict> {
    const { state, run } = this;
    const attempt = state.live as BegunAttempt;
    if (event.kind === 'unknown') return this.askAbout(event, attempt);
    let end: WatchEvent = event;
    if (event.kind === 'rule' || event.kind === 'limit') {
      const isHung = event.kind === 'rule' && event.fired.rule === 'stall';
      const badSince = event.kind === 'rule' ? event.fired.badSince : null;
      const stopped = await this.stop(attempt, isHung ? HUNG_SECONDS : STOP_SECONDS, badSince === null);
      // One that came through while it was told to stop needs no other attempt, unless what it has made is no good.
      if (stopped.kind === 'done' && badSince === null) end = stopped;
      state.badSince = badSince;
    }
    const madeStep = (state.cursor?.latest?.step ?? 0) > (attempt.resumeFrom?.step ?? 0) && !state.isNewCursor;
    state.fruitless = madeStep ? 0 : state.fruitless + 1;
    this.count(end);
    this.close(endOf(end), end);
    if (end.kind === 'failed')
      run.board.warn(`Attempt ${attempt.attempt} failed (${end.failure.class}): ${end.failure.why}`);
    if (end.kind === 'rule')
      run.board.warn(`Attempt ${attempt.attempt} was ended at step ${end.fired.step}: ${end.fired.why}`);
    return judge(end, {
      tries: state.tries,
      adjust: state.adjust,
      fruitless: Math.max(0, state.fruitless - 1),
      retries: run.input.budget.retries,
      microBatchSize: this.subject.plan.microBatchSize,
    });
  }

  private count(event: WatchEvent): void {
    const { tries } = this.state;
    const counted = classOf(event);
    if (counted !== null) this.state.tries = { ...tries, [counted]: tries[counted] + 1 };
  }

  /** A state that nobody knows may mean anything: the job is left alone until a person has looked. */
  private async askAbout(event: WatchEvent & { kind: 'unknown' }, attempt: BegunAttempt): Promise<Verdict> {
    const why = `its launcher tells a state that is not known, "${event.native}"; approve to look again, reject to end the job`;
    const decision = await this.run.decide(why);
    if (decision?.approved) return { next: 'again', waitSeconds: 0, adjust: this.state.adjust };
    await this.stop(attempt, STOP_SECONDS, true);
    this.close('unknown', event);
    throw rejected(decision?.by ?? '', decision?.note ?? '', why);
  }

  private async follow(verdict: Exclude<Verdict, { next: 'collect' }>): Promise<void> {
    const { state, run } = this;
    if (verdict.next === 'fail') throw this.failure(verdict);
    state.adjust = verdict.adjust;
    // What runs on is watched again.
    if (state.live) return;
    if (verdict.next === 'hold') {
      this.show('held');
      await this.on.yieldDevices(this.ref);
      const decision = await run.decide(verdict.why);
      if (!decision?.approved) throw rejected(decision?.by ?? '', decision?.note ?? '', verdict.why);
      Object.assign(state, { tries: { ...state.tries, numeric: 0 }, budgets: state.budgets + 1 });
    } else if (verdict.waitSeconds > 0) {
      await this.on.yieldDevices(this.ref);
      this.show(`goes on in ${verdict.waitSeconds} s`);
      await sleep(verdict.waitSeconds * 1_000);
    }
  }

  /** Charges the live attempt, which is over. */
  private close(ended: AttemptEnd, event: WatchEvent): void {
    const { state, subject } = this;
    const attempt = state.live as BegunAttempt;
    const fromStep = attempt.resumeFrom?.step ?? 0;
    const reached = event.kind === 'stopped' ? event.step : (state.cursor?.latest?.step ?? fromStep);
    const charged = {
      attempt: attempt.attempt,
      ended,
      fromStep,
      toStep: Math.max(fromStep, state.isNewCursor ? fromStep : reached),
      ranSeconds: ranSeconds(state),
      endedAt: Date.now() / 1_000,
    };
    state.account = charge(state.account, charged, subject.plan.devices);
    this.countCost(charged.ranSeconds);
    state.live = null;
    this.show(ended);
  }

  private countCost(seconds: number): void {
    const { pricePerHour, currency } = this.subject.plan;
    if (pricePerHour === 0) return;
    const labels = { stage: trainModelStage.name, currency: currency ?? 'unknown' };
    count('llm_pack_cost_micros_total', micros((seconds / 3_600) * pricePerHour), labels);
  }

  private failure(of: Parameters<typeof trainingFailed>[0]): ApplicationFailure {
    return trainingFailed(of, this.state.account.last, this.usage());
  }

  private show(job: string): void {
    const { state, run, subject } = this;
    run.board.showSheet(
      'training',
      trainingSheet({
        state: job,
        cursor: state.cursor,
        fromStep: state.live?.resumeFrom?.step ?? 0,
        usage: this.usage(),
        attempts: state.account.last,
        currency: subject.plan.pricePerHour > 0,
      }),
    );
  }
}
