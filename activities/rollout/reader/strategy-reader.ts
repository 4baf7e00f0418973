import { Client } from 'pg';
import { STRATEGY_CHANNEL } from '../../stores/registry-strategies';
import { type ArmName, armOf } from './place';
import { readMoved, type ServedStrategy, type ServedVersion } from './read-moved';
import { Waker } from './waker';

export interface ReaderOptions {
  /** Of the registry's PostgreSQL. Its role needs to read llm_pack.strategy_pointers and llm_pack.strategy_versions. */
  databaseUrl: string;
  /** Strategies to follow; all of them when left out. */
  names?: readonly string[];
  /** Seconds between two readings although nothing was notified: how soon a connection that was cut without a word is noticed. */
  pollSeconds?: number;
  /** Seconds within which the database has to answer, or the connection is taken for cut. */
  answerSeconds?: number;
  /** Told when the database goes and comes back, and of a pointer that went backwards; without secrets. */
  log?: (message: string) => void;
}

/** What a service does for one user. */
export interface Assignment {
  arm: ArmName;
  /** Null where nothing is live. */
  version: number | null;
  strategy: unknown;
  knobs: Record<string, number>;
  /** To be logged with the first exposure of the user. */
  sequence: number;
}

export interface ReaderState {
  /** Whether moves are listened to now. */
  connected: boolean;
  /** Seconds since the database has last said how the pointers stand; Infinity before the first time. */
  staleSeconds: number;
  /** Why the last try failed; null while it is connected. */
  problem: string | null;
  /** Names whose pointer there is behind what was served already, as in a database that was restored; they are served as they were. */
  behind: string[];
}

const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 10_000;

/**
 * Follows the pointers of strategies for a service: a move is known within milliseconds, by LISTEN/NOTIFY. While the database is away it
 * serves what it knew last, says how old that is, and tries again, at last every 10 s; whatever it missed it reads once it is back, before it listens to
 * anything new. A pointer never goes back to an earlier sequence, also where a copy of the database that is behind answers.
 *
 * Holds one connection. Answers from memory: `get` and `assign` wait for nothing.
 */
export class StrategyReader {
  private readonly known = new Map<string, ServedStrategy>();
  private readonly listeners = new Set<(strategy: ServedStrategy) => void>();
  /** Who waits for something that does not come any more once it is closed. */
  private readonly waiting = new Set<() => void>();
  private readonly waker = new Waker();
  private readonly firstRead: Promise<void>;
  private endFirstRead = (): void => undefined;
  private readonly running: Promise<void>;
  private readAt: number | null = null;
  private connected = false;
  private problem: string | null = null;
  private behind: string[] = [];
  private failures = 0;
  private closed = false;

  /** Begins at once, and fails for no database that is away. */
  constructor(private readonly options: ReaderOptions) {
    this.firstRead = new Promise((resolve) => (this.endFirstRead = resolve));
    this.running = this.run();
  }

  /** Waits for the first reading. False where that did not come within `seconds`; it goes on to try. */
  async ready(seconds = 10): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, seconds * 1_000)));
    await Promise.race([this.firstRead, late]);
    clearTimeout(timer);
    return this.readAt !== null;
  }

  /** How a strategy stands; undefined where there is none of that name, or nothing was read yet. */
  get(name: string): ServedStrategy | undefined {
    return this.known.get(name);
  }

  /** Names that are followed and have a pointer. */
  names(): string[] {
    return [...this.known.keys()].sort();
  }

  /** What a user gets; undefined where `get` has nothing. */
  assign(name: string, user: string): Assignment | undefined {
    const strategy = this.known.get(name);
    return strategy && placedIn(strategy, user);
  }

  state(): ReaderState {
    const { connected, problem, behind } = this;
    const staleSeconds = this.readAt === null ? Infinity : (performance.now() - this.readAt) / 1_000;
    return { connected, staleSeconds, problem, behind: [...behind] };
  }

  /** Tells of each move once it is known. Returns what ends that. */
  onMove(listener: (strategy: ServedStrategy) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Waits for a sequence of a name above `after`. Undefined where the signal came before, or the reader was closed. */
  async movedBeyond(name: string, after: number, signal: AbortSignal): Promise<ServedStrategy | undefined> {
    const now = this.known.get(name);
    if (now && now.sequence > after) return now;
    if (signal.aborted || this.closed) return undefined;
    return new Promise((resolve) => {
      const end = (moved?: ServedStrategy) => {
        stop();
        this.waiting.delete(end);
        signal.removeEventListener('abort', onAbort);
        resolve(moved);
      };
      const onAbort = () => end();
      const stop = this.onMove((moved) => moved.name === name && moved.sequence > after && end(moved));
      this.waiting.add(end);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Ends the connection, and whoever waits for something. */
  async close(): Promise<void> {
    this.closed = true;
    this.endFirstRead();
    for (const end of [...this.waiting]) end();
    this.waker.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        await this.session();
      } catch (error) {
        this.lost(error);
        this.waker.reset();
        if (!this.closed) await this.waker.sleep(delayAfter(this.failures));
        this.failures += 1;
      }
    }
  }

  /** One connection, from the first reading to its end. @throws whatever ends it but `close` */
  private async session(): Promise<void> {
    const { databaseUrl, names, pollSeconds = 10, answerSeconds = 10 } = this.options;
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'temporal-llm-pack strategies',
      connectionTimeoutMillis: answerSeconds * 1_000,
      query_timeout: answerSeconds * 1_000,
      keepAlive: true,
    });
    let broken: Error | undefined;
    let over = false;
    const breaks = (error: Error) => {
      // Whether it ends by itself or by us, the next one must not be woken by it.
      if (over) return;
      broken ??= error;
      this.waker.wake();
    };
    client.on('error', breaks);
    client.on('end', () => breaks(new Error('the connection was closed')));
    client.on('notification', () => this.waker.wake());
    try {
      await client.connect();
      // Before the first reading, so that no move falls between.
      await client.query(`listen ${STRATEGY_CHANNEL}`);
      while (!this.closed) {
        this.waker.reset();
        const { moved, behind } = await readMoved(client, names ?? null, (name) => this.known.get(name)?.sequence);
        for (const strategy of moved) {
          this.known.set(strategy.name, strategy);
          for (const listener of [...this.listeners]) listener(strategy);
        }
        this.isRead(behind);
        // Told of a move while it read, it reads again at once.
        await this.waker.sleep(pollSeconds * 1_000);
        if (broken) throw broken;
      }
    } finally {
      over = true;
      this.connected = false;
      // On a connection that was cut without a word this would wait for long.
      await Promise.race([
        client.end().catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 1_000).unref()),
      ]);
    }
  }

  private isRead(behind: string[]): void {
    if (this.problem !== null) this.options.log?.('strategies: the database is back');
    if (behind.length > 0 && this.behind.length === 0) {
      this.options.log?.(`strategies: the database is behind what was served already of ${behind.join(', ')}`);
    }
    [this.connected, this.problem, this.failures] = [true, null, 0];
    [this.readAt, this.behind] = [performance.now(), behind];
    this.endFirstRead();
  }

  private lost(error: unknown): void {
    const problem = error instanceof Error ? error.message || error.name : String(error);
    if (this.problem === null) this.options.log?.(`strategies: the database is away: ${problem}`);
    this.problem = problem;
  }
}

/** Milliseconds until the next try: twice as many each time, and not the same for all who lost it at once. */
const delayAfter = (failures: number): number =>
  Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);

/** What a user gets of a strategy as it stands. */
export function placedIn(strategy: ServedStrategy, user: string): Assignment {
  const { name, live, candidate, share, knobs, sequence } = strategy;
  const arm = armOf({ name, candidate: candidate?.version ?? null, share }, user);
  const version: ServedVersion | null = arm === 'canary' ? candidate : live;
  return { arm, version: version?.version ?? null, strategy: version?.strategy ?? null, knobs, sequence };
}
