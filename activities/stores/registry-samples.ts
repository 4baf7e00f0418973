import type { Answer, SampleError } from '../evaluation/interfaces';
import type { Database, Query } from './registry-database';

/** Whoever waits for an answer says every few seconds that it still does; it has this long until it counts as dead. */
const CLAIM_SECONDS = 15;
/** A question at which a model has failed so often, and not for being away, has no answer. */
export const MOST_TRIES = 5;

/** A question that has its answer, or will never have one. */
export type SettledSample = { workKey: string; again: number; tokens: number; usd: number } & (
  { state: 'answered'; answer: Answer } | { state: 'failed'; error: SampleError }
);

export interface SampleClaim {
  key: string;
  workKey: string;
  /** Names the attempt that asks. */
  claim: string;
  /** null where it costs nothing. */
  budget: {
    limits: { calls: number; tokens: number; usd: number | null };
    /** Reserved until the answer says what it was. */
    most: { tokens: number; usd: number };
  } | null;
}

/** `asked`: it is the caller's to ask. `taken`: another attempt waits for the answer. `spent`: a limit is reached. */
export type Claimed = SettledSample | { state: 'asked' | 'taken' | 'spent' };

/** Answers of models, kept for later runs. */
export class SampleRegistry {
  constructor(private readonly database: Database) {}

  /** Those of the keys that are settled for this work: failures of other work are no answer. */
  async settled(keys: readonly string[], workKey: string | null): Promise<Map<string, SettledSample>> {
    const rows = await this.database.query<SampleRow>(
      `${SAMPLE_ROW} where key = any($1) and (state = 'answered' or (state = 'failed' and work_key = $2))`,
      [keys, workKey],
    );
    return new Map(rows.map((row) => [row.key, settledOf(row)]));
  }

  /** Marks a question as asked before it is, and reserves what it may use up. */
  claim({ key, workKey, claim, budget }: SampleClaim): Promise<Claimed> {
    return this.database.transaction(async (query) => {
      await query(
        `insert into llm_pack.samples (key, state, work_key) values ($1, 'waiting', $2) on conflict do nothing`,
        [key, workKey],
      );
      const [row] = await query<SampleRow>(`${SAMPLE_ROW} where key = $1 for update`, [key]);
      if (!row) return { state: 'taken' };
      const isOwn = row.workKey === workKey;
      if (row.state === 'answered' || (row.state === 'failed' && isOwn)) return settledOf(row);
      const isLost = row.state === 'asked';
      if (isLost && row.isClaimed && row.claim !== claim) return { state: 'taken' };
      // What was reserved for a question whose answer was lost still is.
      const most = budget?.most ?? { tokens: 0, usd: 0 };
      if (budget && !(isLost && isOwn) && !(await reserve(query, workKey, budget))) return { state: 'spent' };
      await query(
        `update llm_pack.samples set state = 'asked', work_key = $2, claim = $3, asked = asked + 1,
           claimed_until = now() + make_interval(secs => ${CLAIM_SECONDS}),
           again = case when work_key = $2 then again else 0 end + $4,
           tries = case when work_key = $2 then tries else 0 end, tokens = $5, usd = $6, error = null where key = $1`,
        [key, workKey, claim, isLost ? 1 : 0, most.tokens, most.usd],
      );
      return { state: 'asked' };
    });
  }

  /** Says that whoever has the claim still waits. */
  async renew(claim: string): Promise<void> {
    await this.database.query(
      `update llm_pack.samples set claimed_until = now() + make_interval(secs => ${CLAIM_SECONDS})
       where claim = $1 and state = 'asked'`,
      [claim],
    );
  }

  /** Keeps an answer before it is used. Of two, the first stays, and is returned. */
  settle(key: string, result: { answer: Answer } | { error: SampleError }): Promise<SettledSample | undefined> {
    return this.database.transaction(async (query) => {
      const [row] = await query<SampleRow>(`${SAMPLE_ROW} where key = $1 for update`, [key]);
      if (row?.state !== 'asked') return row && row.state !== 'waiting' ? settledOf(row) : undefined;
      const answer = 'answer' in result ? result.answer : null;
      const used = { tokens: answer ? answer.inputTokens + answer.outputTokens : 0, usd: answer?.usd ?? 0 };
      await giveBack(query, row, used);
      const [settled] = await query<SampleRow>(
        `update llm_pack.samples set state = $2, answer = $3, error = $4, tokens = $5, usd = $6, claim = null,
           claimed_until = null, settled_at = now() where key = $1 returning ${COLUMNS}`,
        [
          ...[key, answer ? 'answered' : 'failed', answer && JSON.stringify(answer)],
          ...['error' in result ? JSON.stringify(result.error) : null, used.tokens, used.usd],
        ],
      );
      return settled && settledOf(settled);
    });
  }

  /** The model did not take the question, or failed at it: nothing was paid. Returns how often it has failed at it. */
  refuse(key: string, isOfQuestion: boolean): Promise<number> {
    return this.database.transaction(async (query) => {
      const [row] = await query<SampleRow>(`${SAMPLE_ROW} where key = $1 for update`, [key]);
      if (row?.state !== 'asked') return 0;
      await giveBack(query, row, { tokens: 0, usd: 0 }, isOfQuestion ? 0 : 1);
      const [now] = await query<{ tries: number }>(
        `update llm_pack.samples set state = 'waiting', claim = null, claimed_until = null, tokens = 0, usd = 0,
           tries = tries + $2 where key = $1 returning tries`,
        [key, isOfQuestion ? 1 : 0],
      );
      return now?.tries ?? 0;
    });
  }

  /** Gives up a question that the model has failed at too often. */
  async giveUp(key: string, workKey: string, error: SampleError): Promise<void> {
    await this.database.query(
      `update llm_pack.samples set state = 'failed', error = $3, work_key = $2, settled_at = now()
       where key = $1 and state = 'waiting'`,
      [key, workKey, JSON.stringify(error)],
    );
  }
}

interface SampleRow {
  key: string;
  state: 'waiting' | 'asked' | 'answered' | 'failed';
  workKey: string;
  claim: string | null;
  isClaimed: boolean;
  again: number;
  tokens: number;
  usd: number;
  answer: Answer;
  error: SampleError;
}

const COLUMNS = `key, state, work_key as "workKey", claim, coalesce(claimed_until > now(), false) as "isClaimed", again,
  tokens::double precision as tokens, usd, answer, error`;
const SAMPLE_ROW = `select ${COLUMNS} from llm_pack.samples`;

const settledOf = ({ state, workKey, again, tokens, usd, answer, error }: SampleRow): SettledSample =>
  state === 'answered'
    ? { state, workKey, again, tokens, usd, answer }
    : { state: 'failed', workKey, again, tokens, usd, error };

/** Takes a call and what it may use up from the budget of the work; false where that has no room for it. */
async function reserve(
  query: Query,
  workKey: string,
  { limits, most }: NonNullable<SampleClaim['budget']>,
): Promise<boolean> {
  await query('insert into llm_pack.sample_budgets (work_key) values ($1) on conflict do nothing', [workKey]);
  const taken = await query(
    `update llm_pack.sample_budgets set calls = calls + 1, tokens = tokens + $2, usd = usd + $3
     where work_key = $1 and calls + 1 <= $4 and tokens + $2 <= $5 and ($6::double precision is null or usd + $3 <= $6)
     returning 1`,
    [workKey, most.tokens, most.usd, limits.calls, limits.tokens, limits.usd],
  );
  return taken.length > 0;
}

const giveBack = (query: Query, row: SampleRow, used: { tokens: number; usd: number }, calls = 0) =>
  query(
    `update llm_pack.sample_budgets set calls = calls - $4, tokens = tokens + $2, usd = usd + $3 where work_key = $1`,
    [row.workKey, used.tokens - row.tokens, used.usd - row.usd, calls],
  );
