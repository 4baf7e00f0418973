import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type * as z from 'zod';
import type { StageStatus } from '../../schemas/common';
import { errorMessage } from '../../schemas/errors';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import type { StageDefinition } from '../../schemas/stage';
import { obeyParent, tellParent } from './child-stage';
import { Controls, type ControlState, type Decision, type HoldOptions } from './controls';
import { type EndlessPhaseOptions, runEndless } from './endless';
import { parseStageInput } from './input';
import { count, countRecords } from './meter';
import { ProgressBoard } from './progress';
import { failureMarkdown } from './progress-text';
import { runUnits } from './units';

/**
 * Events after which a run continues as new. Replay costs up to 0.4 ms an event and a workflow task may take 10 s;
 * 4,000 leaves room under the contract's 5,000 for the window that is still in flight.
 */
const MAX_EVENTS = 4_000;

/** What a run hands to the next when it continues as new: results of steps that are done, and where units stood. */
export interface Carry {
  results: Record<string, unknown>;
  partial: { phase: string; next: number; totals: unknown } | null;
  controls: ControlState;
}

/** How a body ended early; told to the cleanups that it registered. */
export type Stopped = 'failed' | 'cancelled';

export interface PhaseOptions<R, A> {
  total: number;
  initial: A;
  /** Does one unit; the promise of an activity. */
  start(unit: number): Promise<R>;
  /** Adds a unit's result to the totals, in any order. */
  fold(totals: A, result: R): A;
  /** Totals as the counts that people see. */
  counts?(totals: A): Record<string, number>;
}

const attributes = {
  stage: defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD'),
  subject: defineSearchAttributeKey(SEARCH_ATTRIBUTES.subject, 'KEYWORD'),
  status: defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD'),
};

/** What a stage's body works with: its parsed input, and steps and units that are done once, whatever happens. */
export class StageRun<I> {
  readonly board: ProgressBoard;
  readonly controls: Controls;
  private readonly cleanups: ((how: Stopped) => Promise<unknown>)[] = [];
  private readonly carry: Carry;
  /** When this run began, ISO 8601: whatever it reads is read after that. */
  readonly startedAt = workflowInfo().startTime.toISOString();
  /** Why the run waits for a person; null while it does not. */
  private holdsFor: string | null = null;

  constructor(
    readonly input: I,
    readonly subject: string,
    private readonly stageName: string,
    phases: readonly string[],
    concurrency: number,
    private readonly raw: unknown,
    private readonly limits: HistoryLimits,
    carried: Carry | undefined,
  ) {
    this.carry = carried ?? { results: {}, partial: null, controls: { paused: false, concurrency } };
    this.controls = new Controls(this.carry.controls, () => this.showState());
    this.board = new ProgressBoard(stageName, subject, phases, () => this.controls.concurrency);
    this.controls.register(() => this.board.snapshot());
    obeyParent(this.controls);
    upsertSearchAttributes([
      { key: attributes.stage, value: stageName },
      { key: attributes.subject, value: subject },
    ]);
    this.showState();
  }

  /** Does a phase that is one piece, and keeps its small result across continue-as-new. Waits while paused. */
  async step<R>(phase: string, work: () => Promise<R>): Promise<R> {
    await condition(() => !this.controls.paused);
    return this.once(phase, async () => {
      this.board.begin(phase, 1);
      const result = await work();
      this.advance(phase);
      return result;
    });
  }

  /** Does a phase of many units through a sliding window and returns their totals. */
  async units<R, A>(phase: string, options: PhaseOptions<R, A>): Promise<A> {
    const show = (totals: A) => this.board.count(options.counts?.(totals) ?? {});
    const result = await this.once(phase, async () => {
      const partial = this.carry.partial?.phase === phase ? this.carry.partial : null;
      this.board.begin(phase, options.total, partial?.next ?? 0);
      const { next, totals } = await runUnits<R, A>({
        total: options.total,
        from: partial?.next ?? 0,
        totals: partial ? (partial.totals as A) : options.initial,
        start: (unit) => options.start(unit),
        fold: (sum, result) => options.fold(sum, result),
        mayStart: (inFlight) => !this.controls.paused && inFlight < this.controls.concurrency,
        mustStop: () => this.historyIsLong(),
        onDone: (sum) => {
          this.advance(phase);
          show(sum);
        },
      });
      if (next < options.total) {
        this.carry.partial = { phase, next, totals };
        await this.continueAsNew();
      }
      return totals;
    });
    show(result);
    return result;
  }

  /** What a phase stood at when the run before this one continued as new; undefined where it has not begun. */
  carried<A>(phase: string): A | undefined {
    return this.carry.partial?.phase === phase ? (this.carry.partial.totals as A) : undefined;
  }

  /** Does one piece after another until `next` returns null for the end, and returns the totals. */
  async endless<A>(phase: string, options: EndlessPhaseOptions<A>): Promise<A> {
    const partial = this.carry.partial?.phase === phase ? this.carry.partial : null;
    const totals = partial ? (partial.totals as A) : options.initial;
    this.board.begin(phase, 0, partial?.next ?? 0);
    this.board.count(options.counts(totals));
    const result = await runEndless<A>({
      from: partial?.next ?? 0,
      totals,
      next: (sum, piece) => options.next(sum, piece),
      mayStart: () => !this.controls.paused,
      mustStop: () => this.historyIsLong() && options.mayStop?.() !== false,
      onDone: (sum) => {
        this.advance(phase);
        this.board.count(options.counts(sum));
      },
    });
    if (!result.ended) {
      this.carry.partial = { phase, next: result.next, totals: result.totals };
      await this.continueAsNew();
    }
    this.board.begin(phase, result.next, result.next);
    return result.totals;
  }

  /**
   * A phase that goes its own way; what `work` returns is kept across continue-as-new. It stands at `initial`, or where the run
   * before this one left it: `rest` continues as new where the history is long or it is due for another reason, and is called where nothing is under way.
   */
  async staged<S, R>(
    phase: string,
    initial: S,
    work: (state: S, rest: (state: S, isDue?: boolean) => Promise<void>) => Promise<R>,
  ): Promise<R> {
    return this.once(phase, async () => {
      this.board.begin(phase, 1);
      const result = await work(this.carried<S>(phase) ?? initial, async (state, isDue = false) => {
        if (!isDue && !this.historyIsLong()) return;
        this.carry.partial = { phase, next: 0, totals: state };
        await this.continueAsNew();
      });
      this.board.begin(phase, 1, 1);
      return result;
    });
  }

  /**
   * Waits for a person to approve, and returns what they said. Without a reason to wait the phase is over at once,
   * leaves nothing in the history, and the answer is null.
   * @throws `Rejected` with the reason given, unless a rejection is an answer too.
   */
  async hold(
    phase: string,
    reason: string | null,
    { returnsRejection = false }: { returnsRejection?: boolean } = {},
  ): Promise<Decision | null> {
    return this.once(phase, async () => {
      this.board.begin(phase, 1);
      const decision = reason === null ? null : await this.decide(reason);
      this.board.advance();
      if (decision?.approved === false && !returnsRejection) {
        const note = decision.note ? `: ${decision.note}` : '';
        throw ApplicationFailure.nonRetryable(
          errorMessage('Rejected', `Rejected by ${decision.by}${note}. It was held because ${reason}.`),
          'Rejected',
        );
      }
      return decision;
    });
  }

  /** Registers what to undo when the body fails or is cancelled; runs last registered first, and can not be cancelled. */
  onStop(cleanup: (how: Stopped) => Promise<unknown>): void {
    this.cleanups.unshift(cleanup);
  }

  /** Runs the registered cleanups. One that fails is shown as a warning and does not hide why the run stopped. */
  async stop(how: Stopped): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (const cleanup of this.cleanups) {
        await cleanup(how).catch((error: unknown) => this.board.warn(`Cleanup failed: ${String(error)}`));
      }
      this.end(how);
    });
  }

  /** Shows that the run is over. */
  end(status: 'done' | Stopped): void {
    this.showStatus(status);
    count('llm_pack_runs_ended_total', 1, { stage: this.stageName, status });
  }

  showStatus(status: StageStatus, hold: string | null = null): void {
    this.board.setStatus(status, hold);
    tellParent(status, hold);
    upsertSearchAttributes([{ key: attributes.status, value: status }]);
  }

  /** Waits for a person to approve or reject; null where nobody did in time. Kept by nobody across continue-as-new. */
  decide(reason: string, options: HoldOptions = {}): Promise<Decision | null> {
    return this.holding(reason, () => this.controls.decide(options));
  }

  /** Shows that the run waits for a person, for as long as `wait` takes. */
  async holding<R>(reason: string, wait: () => Promise<R>): Promise<R> {
    this.holdsFor = reason;
    this.showState();
    try {
      return await wait();
    } finally {
      this.holdsFor = null;
      // Who was cancelled is told so by whoever cancelled it.
      if (!CancellationScope.current().consideredCancelled) this.showState();
    }
  }

  /** One unit more is done. */
  private advance(phase: string): void {
    this.board.advance();
    count('llm_pack_units_total', 1, { stage: this.stageName, phase });
  }

  private showState(): void {
    if (this.holdsFor !== null) this.showStatus('holding', this.holdsFor);
    else this.showStatus(this.controls.paused ? 'paused' : 'running');
  }

  private async once<R>(phase: string, work: () => Promise<R>): Promise<R> {
    if (phase in this.carry.results) {
      this.board.begin(phase, 1, 1);
      return this.carry.results[phase] as R;
    }
    const result = await work();
    this.carry.results[phase] = result;
    return result;
  }

  private historyIsLong(): boolean {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const { events, bytes } = this.limits;
    return historyLength >= events || historySize >= bytes || continueAsNewSuggested;
  }

  private async continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew<(input: unknown, carry: Carry) => Promise<unknown>>(this.raw, this.carry);
  }
}

export interface StageOptions {
  /** In the order they run; the progress board shows those to come as well. */
  phases: readonly string[];
  /** Tests lower it to see a run continue as new. */
  maxEvents?: number;
  /** Of the history, for stages whose events vary in size; no limit but the server's own when left out. */
  maxBytes?: number;
}

interface HistoryLimits {
  events: number;
  bytes: number;
}

/**
 * Makes a workflow of a stage's body and gives it the stage contract: the input is parsed first, the messages are
 * registered before anything waits, progress is shown, history stays short, cancellation and failure clean up, and a
 * failure carries its code on top.
 */
export function stageWorkflow<I extends z.ZodObject, O extends z.ZodObject>(
  stage: StageDefinition<I, O>,
  options: StageOptions,
  body: (run: StageRun<z.output<I>>) => Promise<z.output<O>>,
): (input: unknown, carry?: Carry) => Promise<z.output<O>> {
  return async (raw, carry) => {
    const input = parseStageInput(stage, raw);
    const concurrency = 'concurrency' in input && typeof input.concurrency === 'number' ? input.concurrency : 1;
    const limits = { events: options.maxEvents ?? MAX_EVENTS, bytes: options.maxBytes ?? Infinity };
    const run = new StageRun(input, stage.subject(input), stage.name, options.phases, concurrency, raw, limits, carry);
    try {
      const output = await body(run);
      run.end('done');
      countRecords(stage.name, output);
      await condition(allHandlersFinished);
      return output;
    } catch (error) {
      if (isCancellation(error)) await run.stop('cancelled');
      else if (error instanceof ApplicationFailure || error instanceof ActivityFailure) {
        run.board.showFindings(failureMarkdown(surfaceCause(error).message));
        await run.stop('failed');
      }
      // Anything else is a defect (or continue-as-new): thrown on, it fails the task, which waits for a fixed worker.
      throw error instanceof Error ? surfaceCause(error) : error;
    }
  };
}

/** The pack's own failure out of the SDK's wrapping, so that its code and remedy are the first thing one reads. */
function surfaceCause(error: Error): Error {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return error;
  const { message, type, details } = error.cause;
  return ApplicationFailure.create({
    message,
    nonRetryable: true,
    cause: error,
    ...(type ? { type } : {}),
    ...(details ? { details } : {}),
  });
}
