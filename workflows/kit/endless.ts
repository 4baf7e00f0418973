import { condition } from '@temporalio/workflow';

/** What a stage says of such a phase. */
export interface EndlessPhaseOptions<A> {
  initial: A;
  /** Does one piece and returns the totals with it; null for the end. */
  next: (totals: A, piece: number) => Promise<A | null>;
  /** Totals as the counts that people see. */
  counts: (totals: A) => Record<string, number>;
  /** Whether the run may continue as new before the next piece; always when left out. */
  mayStop?: () => boolean;
}

/** A phase of one piece of work after another, of which nobody knows how many there will be. */
export interface EndlessOptions<A> {
  /** Number of the first piece; those before it are done. */
  from: number;
  /** Totals so far. */
  totals: A;
  /** Does a piece and returns the totals with it, or null where there is nothing more to do. */
  next(totals: A, piece: number): Promise<A | null>;
  /** Whether the next piece may begin; asked again after every message. */
  mayStart(): boolean;
  /** Whether to stop here for continue-as-new; asked before each piece. */
  mustStop(): boolean;
  onDone(totals: A): void;
}

/** Where it stood when it stopped: `ended` when nothing more was to be done. */
export interface EndlessResult<A> {
  next: number;
  totals: A;
  ended: boolean;
}

/** Does pieces until there is nothing more to do or `mustStop` says so. */
export async function runEndless<A>(options: EndlessOptions<A>): Promise<EndlessResult<A>> {
  let { from: piece, totals } = options;
  for (;;) {
    await condition(() => options.mayStart());
    if (options.mustStop()) return { next: piece, totals, ended: false };
    const more = await options.next(totals, piece);
    if (more === null) return { next: piece, totals, ended: true };
    totals = more;
    piece += 1;
    options.onDone(totals);
  }
}
