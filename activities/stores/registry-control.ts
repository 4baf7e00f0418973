import { failure } from '../errors';
import type { Database, Query } from './registry-database';
import { type StrategyPointer, turnKnob } from './registry-strategies';

/** A knob of a strategy, and the run that turns it: its workflow id and first run id. */
export interface HeldKnob {
  name: string;
  knob: string;
  holder: string;
}

/** What a run asks for before its first step. */
export interface KnobClaim extends HeldKnob {
  /** Bounds, and where it begins that has no value within them. */
  low: number;
  high: number;
  safe: number;
  force: boolean;
}

/** A step of a controller as it is kept. */
export interface ControlStep extends HeldKnob {
  step: number;
  /** End of the window, ISO 8601. */
  at: string;
  metric: number | null;
  observations: number;
  held: string | null;
  value: number;
  state: unknown;
}

/** Steps of a run that are kept: a month by the quarter of an hour, three days by the half minute. */
const KEPT_STEPS = 10_000;
const KEPT_DAYS = 30;

/** Knobs that set-point control turns. Every step is one transaction with its move of the pointer: it is taken whole and once, or not at all. */
export class ControlRegistry {
  constructor(private readonly database: Database) {}

  /** Where a knob stands; undefined where nobody has set it yet. */
  async valueOf(name: string, knob: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ knobs: Record<string, number> }>(
      'select knobs from llm_pack.strategy_pointers where name = $1',
      [name],
    );
    return row?.knobs[knob];
  }

  /**
   * Takes a knob for a run, which alone may turn it from then on, and returns where it begins: within its bounds where it is, else at the safe
   * value. A later run of the same workflow takes it from one that is over.
   * @throws `KnobTaken` where another workflow has it, unless by force.
   */
  claim({ name, knob, holder, low, high, safe, force }: KnobClaim): Promise<number> {
    return this.database.transaction(async (query) => {
      const taken = await holderOf(query, { name, knob });
      if (taken !== undefined && workflowOf(taken) !== workflowOf(holder) && !force) {
        throw failure('KnobTaken', `The run ${workflowOf(taken)} turns ${knob} of ${name}.`);
      }
      await query(
        `insert into llm_pack.control_loops (name, knob, holder) values ($1, $2, $3)
         on conflict (name, knob) do update set holder = $3, claimed_at = now()`,
        [name, knob, holder],
      );
      await query(
        'delete from llm_pack.control_steps where name = $1 and knob = $2 and at < now() - make_interval(days => $3)',
        [name, knob, KEPT_DAYS],
      );
      const [row] = await query<{ value: number | null }>(
        'select (knobs ->> $2)::float8 as value from llm_pack.strategy_pointers where name = $1',
        [name, knob],
      );
      const value = row?.value ?? safe;
      const begins = value < low || value > high ? safe : value;
      if (begins !== row?.value) {
        await turnKnob(query, { name, knob, value: begins, key: `${holder}/begin`, reason: 'where it begins' });
      }
      return begins;
    });
  }

  /** A step that was taken before; undefined where it was not. */
  async find({ holder, step }: Pick<ControlStep, 'holder' | 'step'>): Promise<ControlStep | undefined> {
    return stepOf(this.database.query, holder, step);
  }

  /**
   * Sets the knob and keeps the step, unless it was taken before: then nothing is done. Returns the step that stands.
   * @throws `Superseded` where the run has lost its knob meanwhile.
   */
  take(step: ControlStep): Promise<ControlStep> {
    return this.database.transaction(async (query) => {
      const { name, knob, holder, value } = step;
      const holds = await holderOf(query, step);
      const taken = await stepOf(query, holder, step.step);
      if (taken) return taken;
      if (holds !== holder) throw failure('Superseded', `The knob ${knob} of ${name} was taken from this run.`);
      const [row] = await query<Pick<StrategyPointer, 'knobs' | 'sequence'>>(
        'select knobs, sequence::float8 as sequence from llm_pack.strategy_pointers where name = $1',
        [name],
      );
      const key = `${holder}/${step.step}`;
      const reason = step.held ?? `the metric is ${step.metric}`;
      const { sequence } =
        row && row.knobs[knob] === value ? row : await turnKnob(query, { name, knob, value, key, reason });
      await query(
        `insert into llm_pack.control_steps
           (holder, step, name, knob, at, metric, observations, held, value, sequence, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          ...[holder, step.step, name, knob, step.at, step.metric, step.observations, step.held, value, sequence],
          JSON.stringify(step.state),
        ],
      );
      await query('delete from llm_pack.control_steps where holder = $1 and step = $2', [
        holder,
        step.step - KEPT_STEPS,
      ]);
      return step;
    });
  }

  /** Lets go of a knob, and sets it to `value` where one is given. Where the run no longer has it, nothing is to be done. */
  release({ name, knob, holder, value, reason }: HeldKnob & { value: number | null; reason: string }): Promise<void> {
    return this.database.transaction(async (query) => {
      if ((await holderOf(query, { name, knob })) !== holder) return;
      if (value !== null) await turnKnob(query, { name, knob, value, key: `${holder}/end`, reason });
      await query('delete from llm_pack.control_loops where name = $1 and knob = $2', [name, knob]);
    });
  }
}

/** Who has a knob, locked until the transaction ends; of one that nobody has the lock is on its strategy. */
async function holderOf(query: Query, { name, knob }: Pick<HeldKnob, 'name' | 'knob'>): Promise<string | undefined> {
  await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`strategy ${name}`]);
  const [row] = await query<{ holder: string }>(
    'select holder from llm_pack.control_loops where name = $1 and knob = $2 for update',
    [name, knob],
  );
  return row?.holder;
}

async function stepOf(query: Query, holder: string, step: number): Promise<ControlStep | undefined> {
  const [row] = await query<ControlStep>(
    `select name, knob, holder, step, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, metric, observations,
       held, value, state
     from llm_pack.control_steps where holder = $1 and step = $2`,
    [holder, step],
  );
  return row;
}

/** The workflow id in `<workflow id>/<run id>`. */
const workflowOf = (holder: string): string => holder.replace(/\/[^/]*$/, '');
