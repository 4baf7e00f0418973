import { failure } from '../errors';
import type { Database, Query } from './registry-database';
import { addDecision, type NewDecision } from './registry-decisions';
import { type EndedRollout, lastRollout, type OpenRollout, openRollout } from './registry-rollouts';
import { nextVersion } from './registry-versions';

/** Channel that is notified of each move, with the name of the pointer. */
export const STRATEGY_CHANNEL = 'llm_pack_strategies';

/** A strategy: JSON that only its service understands. */
export interface StrategyVersion {
  name: string;
  version: number;
  /** Of its canonical JSON. */
  sha256: string;
  body: unknown;
}

/** What a service reads: who gets what. */
export interface StrategyPointer {
  name: string;
  /** For all who are not in the canary; null before the first promotion. */
  live: number | null;
  /** For `share` of the users, from 0 to 1; null where nothing is tried. */
  candidate: number | null;
  share: number;
  /** Bounded numbers that set-point control turns, by name. */
  knobs: Record<string, number>;
  /** One more with each move. */
  sequence: number;
  /** The rollout that moves the candidate: its workflow id and first run id. */
  rollout: string | null;
}

/** A move of the candidate. `key` is its own: the same move asked for again is not made again. */
export interface CandidateMove {
  name: string;
  key: string;
  rollout: string;
  candidate: number;
  share: number;
  reason: string;
}

/** What a rollout asks for before its first move. */
export interface StrategyClaim {
  name: string;
  rollout: string;
  version: number;
  force: boolean;
  /** Now, ISO 8601, by the workflow's clock. */
  at: string;
}

/** What a rollout leaves where it is taken back. */
export interface RollBack {
  name: string;
  key: string;
  rollout: string;
  version: number;
  reason: string;
  /** Hours in which the version is refused; 0 where it was stopped and nothing speaks against it. */
  coolDownHours: number;
  /** From when on, ISO 8601: the workflow's clock, which a test may skip. */
  at: string;
  /** What the ledger is told of it; left out where the rollout was stopped, and nobody has judged the candidate. */
  verdict?: { workKey: string; decision: StrategyDecision } | undefined;
}

/** A verdict of a rollout, on the version that it is for. */
export type StrategyDecision = Omit<NewDecision, 'kind' | 'name' | 'version'>;

/** A pointer as it stood after a move. */
export interface StrategyMove extends Omit<StrategyPointer, 'name'> {
  reason: string;
}

const POINTER = 'name, live, candidate, share, knobs, sequence::float8 as sequence, rollout';

/** Strategies and who gets them. Every move is one transaction over one locked row: it is made whole, or not at all. */
export class StrategyRegistry {
  constructor(private readonly database: Database) {}

  /** A version, the latest where none is given; undefined where there is none. */
  async find(name: string, version?: number): Promise<StrategyVersion | undefined> {
    const [row] = await this.database.query<StrategyVersion>(
      `select name, version, sha256, body from llm_pack.strategy_versions
       where name = $1 and ($2::integer is null or version = $2) order by version desc limit 1`,
      [name, version],
    );
    return row;
  }

  /** All names that have a version or a pointer. */
  async names(): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      'select name from llm_pack.strategy_versions union select name from llm_pack.strategy_pointers order by name',
    );
    return rows.map(({ name }) => name);
  }

  /** The pointer of a name; undefined before its first move. */
  async pointer(name: string): Promise<StrategyPointer | undefined> {
    const [row] = await this.database.query<StrategyPointer>(
      `select ${POINTER} from llm_pack.strategy_pointers where name = $1`,
      [name],
    );
    return row;
  }

  /** The pointer's sequence number that the promotion of a version was planned at, the last one where it was made live more than once. */
  async plannedAfter(name: string, version: number): Promise<number> {
    const [row] = await this.database.query<{ after: number }>(
      `select coalesce((w.recipe ->> 'after')::float8, 0) as after
       from llm_pack.promotions p join llm_pack.work w on w.work_key = p.work_key
       where p.kind = 'strategy' and p.name = $1 and p.version = $2 order by p.id desc limit 1`,
      [name, version],
    );
    return row?.after ?? 0;
  }

  /** Moves of a name after a sequence number, the oldest first. */
  moves(name: string, after = 0): Promise<StrategyMove[]> {
    return this.database.query<StrategyMove>(
      `select live, candidate, share, knobs, sequence::float8 as sequence, rollout, reason
       from llm_pack.strategy_moves where name = $1 and sequence > $2 order by sequence`,
      [name, after],
    );
  }

  /** The rollout that has the pointer of a name; undefined where none has. */
  openRollout(name: string): Promise<OpenRollout | undefined> {
    return openRollout(this.database.query, name);
  }

  /** The rollout of a name that ended last; undefined where none has. */
  lastRollout(name: string): Promise<EndedRollout | undefined> {
    return lastRollout(this.database.query, name);
  }

  /**
   * Takes the pointer for a rollout, which alone may move its candidate from then on. A later run of the same workflow takes it
   * from one that is over.
   * @throws `RolloutRunning` where another workflow has it, `StrategyRefused` where the version cools down; `force` passes both.
   */
  async claim(claim: StrategyClaim): Promise<StrategyPointer> {
    const { name, rollout, version, force, at } = claim;
    return this.database.transaction(async (query) => {
      const pointer = await lockPointer(query, name);
      const holder = pointer?.rollout ?? null;
      if (holder !== null && workflowOf(holder) !== workflowOf(rollout) && !force) {
        throw failure('RolloutRunning', `The rollout ${workflowOf(holder)} is moving ${name}.`);
      }
      const [refused] = await query<{ until: string; because: string }>(
        `select to_char(refused_until at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI"Z"') as until, refused_because as because
         from llm_pack.strategy_versions where name = $1 and version = $2 and refused_until > $3`,
        [name, version, at],
      );
      if (refused && !force) {
        throw failure(
          'StrategyRefused',
          `${name} version ${version} was rolled back and is refused until ${refused.until}: ${refused.because}.`,
        );
      }
      if (!pointer) throw failure('InvariantBroken', `${name} has no pointer to roll out beside.`);
      await query('update llm_pack.strategy_pointers set rollout = $2 where name = $1', [name, rollout]);
      return { ...pointer, rollout };
    });
  }

  /** Enters a strategy for a piece of work that is under way; equal content is the version that it was. Returns that. */
  register(workKey: string, strategy: Omit<StrategyVersion, 'version'>): Promise<number> {
    return this.database.transaction((query) => addStrategy(query, workKey, strategy));
  }

  /** Gives the candidate to a share of the users. @throws `Superseded` where the rollout has lost its pointer meanwhile. */
  moveCandidate(move: CandidateMove): Promise<StrategyPointer> {
    return this.database.transaction(async (query) => {
      const pointer = await lockPointer(query, move.name);
      const made = await moveMade(query, move.key);
      if (pointer && made) return pointer;
      if (pointer?.rollout !== move.rollout) {
        throw failure('Superseded', `The rollout of ${move.name} version ${move.candidate} was ended meanwhile.`);
      }
      return write(query, { ...pointer, candidate: move.candidate, share: move.share }, move);
    });
  }

  /**
   * Takes a candidate back from everybody, lets go of the pointer, and enters the verdict: once, whatever is asked again. Where the rollout no
   * longer has the pointer, nothing is moved.
   */
  rollBack(back: RollBack): Promise<StrategyPointer | undefined> {
    const { name, key, rollout, version, reason, coolDownHours, at, verdict } = back;
    return this.database.transaction(async (query) => {
      const pointer = await lockPointer(query, name);
      if (verdict && !(await isDecided(query, verdict.workKey))) {
        await addDecision(query, verdict.workKey, { ...verdict.decision, kind: 'strategy', name, version });
      }
      if (coolDownHours > 0 && !(await moveMade(query, key))) {
        await query(
          `update llm_pack.strategy_versions set refused_until = $5::timestamptz + make_interval(secs => $3), refused_because = $4
           where name = $1 and version = $2`,
          [name, version, coolDownHours * 3_600, reason, at],
        );
      }
      if (pointer?.rollout !== rollout) return pointer;
      return write(query, { ...pointer, candidate: null, share: 0, rollout: null }, { key, reason });
    });
  }

  /** Turns a knob. Leaves live, candidate and share as they are. */
  turnKnob(turn: KnobTurn): Promise<StrategyPointer> {
    return this.database.transaction((query) => turnKnob(query, turn));
  }
}

/** A move of a knob. `key` is its own: the same move asked for again is not made again. */
export interface KnobTurn {
  name: string;
  key: string;
  knob: string;
  value: number;
  reason: string;
}

/** Turns a knob, in the caller's transaction. A service may have knobs before it has strategies: the pointer is made where there is none. */
export async function turnKnob(query: Query, turn: KnobTurn): Promise<StrategyPointer> {
  const { name, knob, value } = turn;
  const nothing = { name, live: null, candidate: null, share: 0, knobs: {}, sequence: 0, rollout: null };
  const pointer = (await lockPointer(query, name)) ?? nothing;
  if (await moveMade(query, turn.key)) return pointer;
  return write(query, { ...pointer, knobs: { ...pointer.knobs, [knob]: value } }, turn);
}

/** Enters a strategy, in the caller's transaction. Equal content is the version that it was. */
export async function addStrategy(
  query: Query,
  workKey: string,
  { name, sha256, body }: Omit<StrategyVersion, 'version'>,
): Promise<number> {
  await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`strategy ${name}`]);
  const [known] = await query<{ version: number }>(
    'select version from llm_pack.strategy_versions where name = $1 and sha256 = $2',
    [name, sha256],
  );
  if (known) return known.version;
  const version = await nextVersion(query, 'strategy', name);
  await query(
    'insert into llm_pack.strategy_versions (name, version, sha256, body, work_key) values ($1, $2, $3, $4, $5)',
    [name, version, sha256, JSON.stringify(body), workKey],
  );
  return version;
}

/** What makes a version the live one of its name. */
export interface StrategyPromotion {
  name: string;
  version: number;
  reason: string;
  approvedBy?: string | undefined;
  /** The rollout that ends with it; null for the first of a name, or where a person moves it. */
  rollout: string | null;
  /** The verdict that it follows, which is entered with it. */
  decision?: StrategyDecision | undefined;
}

/**
 * Makes a version the live one, in the caller's transaction, with its row in the ledger of promotions. One that is live already stays so.
 * @throws `Superseded` where another rollout has the pointer.
 */
export async function promoteStrategy(query: Query, workKey: string, promotion: StrategyPromotion): Promise<void> {
  const { name, version, reason, approvedBy, rollout, decision } = promotion;
  const pointer = await lockPointer(query, name);
  const holder = pointer?.rollout ?? null;
  // A rollout that was taken back meanwhile must not go live after all.
  if (holder !== rollout) {
    const because =
      holder === null ? 'It was taken back meanwhile' : `The rollout ${workflowOf(holder)} has ${name} now`;
    throw failure('Superseded', `${because}: version ${version} is not made live.`);
  }
  if (pointer?.live === version && pointer.candidate === null) {
    if (pointer.rollout !== null)
      await query('update llm_pack.strategy_pointers set rollout = null where name = $1', [name]);
    return;
  }
  const followed = decision && (await addDecision(query, workKey, { ...decision, kind: 'strategy', name, version }));
  const before = pointer ?? { name, live: null, share: 0, knobs: {}, sequence: 0 };
  const previous = before.live === version ? null : before.live;
  await write(
    query,
    { ...before, live: version, candidate: null, share: 0, rollout: null },
    { key: `promote ${name} ${workKey}`, reason },
  );
  await query(
    `insert into llm_pack.promotions (kind, name, version, previous_version, work_key, reason, undo, approved_by, decision_id)
     values ('strategy', $1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[name, version, previous, workKey, reason],
      ...[previous && JSON.stringify({ name, version: previous }), approvedBy, followed],
    ],
  );
}

/** The pointer, locked until the transaction ends; of a name without one the lock is on the name. */
async function lockPointer(query: Query, name: string): Promise<StrategyPointer | undefined> {
  await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`strategy ${name}`]);
  const [row] = await query<StrategyPointer>(
    `select ${POINTER} from llm_pack.strategy_pointers where name = $1 for update`,
    [name],
  );
  return row;
}

const isDecided = async (query: Query, workKey: string): Promise<boolean> =>
  (await query('select 1 from llm_pack.decisions where work_key = $1', [workKey])).length > 0;

const moveMade = async (query: Query, key: string): Promise<boolean> =>
  (await query('select 1 from llm_pack.strategy_moves where move_key = $1', [key])).length > 0;

/** Writes a pointer with the next sequence number, keeps the move, and tells whoever listens once the transaction is through. */
async function write(
  query: Query,
  { name, live, candidate, share, knobs, sequence, rollout }: StrategyPointer,
  { key, reason }: { key: string; reason: string },
): Promise<StrategyPointer> {
  const next = sequence + 1;
  const values = [name, live, candidate, share, JSON.stringify(knobs), next, rollout];
  await query(
    `insert into llm_pack.strategy_pointers (name, live, candidate, share, knobs, sequence, rollout)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (name) do update set live = $2, candidate = $3, share = $4, knobs = $5, sequence = $6, rollout = $7,
       moved_at = now()`,
    values,
  );
  await query(
    `insert into llm_pack.strategy_moves (name, live, candidate, share, knobs, sequence, rollout, move_key, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [...values, key, reason],
  );
  await query('select pg_notify($1, $2)', [STRATEGY_CHANNEL, name]);
  return { name, live, candidate, share, knobs, sequence: next, rollout };
}

/** The workflow id in `<workflow id>/<run id>`. */
const workflowOf = (rollout: string): string => rollout.replace(/\/[^/]*$/, '');
