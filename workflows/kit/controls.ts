import { condition, defineQuery, defineUpdate, setHandler, workflowInfo } from '@temporalio/workflow';
import { concurrency as concurrencySchema, type StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';

/** Who decided, and why; both are kept in the history and in the registry. */
export interface Decision {
  approved: boolean;
  by: string;
  note: string;
  /** What of it was approved, or what of it was not, where the approver named any. */
  only?: string[];
  except?: string[];
}

/** Argument of `approve` and `reject`; may be left out, but where a hold is for one exact thing. */
export interface DecisionArgument {
  by?: string;
  note?: string;
  /** Names what is decided on, where the run asks for it. */
  hash?: string;
  /** An approval of these alone, or of all but these, where the run holds for several things. */
  only?: string[];
  except?: string[];
}

/** What a hold is for, beside its reason. */
export interface HoldOptions {
  /** The decision must name it: it is then on this and on nothing else. */
  hash?: string;
  /** Milliseconds until nobody is waited for any more; for ever when left out. */
  within?: number;
}

export const progressQuery = defineQuery<StageProgress>(MESSAGES.progress);
export const pauseUpdate = defineUpdate<string>(MESSAGES.pause);
export const resumeUpdate = defineUpdate<string>(MESSAGES.resume);
export const setConcurrencyUpdate = defineUpdate<string, [number | { concurrency: number }]>(MESSAGES.setConcurrency);
export const approveUpdate = defineUpdate<string, [DecisionArgument | undefined]>(MESSAGES.approve);
export const rejectUpdate = defineUpdate<string, [DecisionArgument | undefined]>(MESSAGES.reject);

/** What continue-as-new must not forget of how a run is steered. */
export interface ControlState {
  paused: boolean;
  concurrency: number;
}

/** The buttons of a run: its state as the updates leave it. */
export class Controls {
  private decision: Decision | undefined;
  private holding: HoldOptions | null = null;
  /** Told of each pause and its end, for whoever has others to tell. */
  onPaused: (paused: boolean) => void = () => undefined;

  constructor(
    readonly state: ControlState,
    private readonly onChange: () => void,
  ) {}

  get paused(): boolean {
    return this.state.paused;
  }

  get concurrency(): number {
    return this.state.concurrency;
  }

  /** Waits for `approve` or `reject`, and says null where neither came in time. One hold at a time. */
  async decide(options: HoldOptions = {}): Promise<Decision | null> {
    this.holding = options;
    this.decision = undefined;
    try {
      const decided = () => this.decision !== undefined;
      if (options.within === undefined) await condition(decided);
      else await condition(decided, options.within);
      return this.decision ?? null;
    } finally {
      this.holding = null;
    }
  }

  /** Registers every message of the contract. Called before the first await, so that none is missed. */
  register(progress: () => StageProgress): void {
    setHandler(progressQuery, progress, { description: 'How the run stands: phases, counts, rate, ETA, warnings.' });
    setHandler(pauseUpdate, () => this.setPaused(true), {
      description: 'Start no further unit. Those in flight finish; nothing is lost.',
      validator: () => refuseIf(this.paused, 'The run is paused already.'),
    });
    setHandler(resumeUpdate, () => this.setPaused(false), {
      description: 'Go on after a pause.',
      validator: () => refuseIf(!this.paused, 'The run is not paused.'),
    });
    setHandler(setConcurrencyUpdate, (wanted) => this.setConcurrency(numberOf(wanted)), {
      description: 'Units in flight at once, 1 to 64. Input: a number, or {"concurrency": 8}.',
      validator: (wanted: number | { concurrency: number }) =>
        refuseIf(!concurrencySchema.safeParse(numberOf(wanted)).success, 'Give a whole number from 1 to 64.'),
    });
    const mustHold = (argument: DecisionArgument | undefined) => {
      refuseIf(!this.holding, 'The run does not wait for a decision.');
      const { hash } = this.holding ?? {};
      refuseIf(
        hash !== undefined && argument?.hash !== hash,
        `The run waits for a decision on ${hash ?? ''}: give it as {"hash": "…"}.`,
      );
    };
    const mayChoose = (argument: DecisionArgument | undefined) => {
      mustHold(argument);
      const { only, except } = argument ?? {};
      const isWrong = [only, except].some((ids) => ids !== undefined && !isListOfIds(ids));
      refuseIf(
        isWrong || (only !== undefined && except !== undefined),
        `Give \`only\` or \`except\`, up to ${MOST_IDS} ids.`,
      );
    };
    setHandler(approveUpdate, (argument) => this.setDecision(true, argument), {
      description: 'Let a holding run go on. Input: {"by": "your name", "note": "why"}, or nothing.',
      validator: mayChoose,
    });
    setHandler(rejectUpdate, (argument) => this.setDecision(false, argument), {
      description: 'End a holding run as rejected. Input: {"by": "your name", "note": "why"}, or nothing.',
      validator: mustHold,
    });
  }

  setPaused(paused: boolean): string {
    this.state.paused = paused;
    this.onChange();
    this.onPaused(paused);
    return paused ? 'Paused: units in flight will finish.' : 'Running.';
  }

  /** Takes a decision that was made elsewhere, where one is waited for. */
  decideAs(decision: Decision): void {
    if (this.holding) this.decision = decision;
  }

  private setConcurrency(concurrency: number): string {
    this.state.concurrency = concurrency;
    this.onChange();
    return `Up to ${concurrency} units at once.`;
  }

  private setDecision(approved: boolean, argument: DecisionArgument | undefined): string {
    const { by, note, only, except } = argument ?? {};
    this.decision = {
      ...{ approved, by: String(by ?? 'unnamed'), note: String(note ?? '') },
      ...(only ? { only } : {}),
      ...(except ? { except } : {}),
    };
    return approved ? 'Approved.' : 'Rejected.';
  }
}

// They go through the history.
const MOST_IDS = 1_000;
const isListOfIds = (ids: unknown): boolean =>
  Array.isArray(ids) && ids.length <= MOST_IDS && ids.every((id) => typeof id === 'string' && id.length <= 64);

// A validator that throws refuses the update and leaves no event.
function refuseIf(wrong: boolean, why: string): void {
  if (wrong) throw new Error(`${why} (${workflowInfo().workflowId})`);
}

const numberOf = (wanted: number | { concurrency: number }): number =>
  typeof wanted === 'object' && wanted !== null ? wanted.concurrency : wanted;
