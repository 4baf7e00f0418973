import type { Pool } from 'pg';
import type { Facts } from './facts';
import type { StageRun } from './stages';

/** Rows of a query that each say what is wrong, as `about`. */
export async function wrongRows(postgres: Pool, query: string): Promise<string[]> {
  const { rows } = await postgres.query<{ about: string }>(query);
  return rows.map(({ about }) => about);
}

/** Each after the one before, and no version twice by one work. */
export const promotions = (postgres: Pool): Promise<string[]> =>
  wrongRows(
    postgres,
    `select format('%s %s: %s after %s, and it was %s', kind, name, version, previous_version, before) as about
     from (select *, lag(version) over (partition by kind, name order by id) as before from llm_pack.promotions) p
     where previous_version is distinct from before
     union all
     select format('%s %s %s: %s promotions of one work', kind, name, version, count(*)) from llm_pack.promotions
     group by kind, name, version, work_key having count(*) > 1`,
  );

/** A candidate has each share once: the moves of a rollout that was killed are those of one that was not. */
export const moves = (postgres: Pool): Promise<string[]> =>
  wrongRows(
    postgres,
    `select format('%s: %s moves up to %s', name, count(*), max(sequence)) as about from llm_pack.strategy_moves
     group by name having count(*) <> max(sequence)
     union all
     select format('%s: share %s of version %s %s times', name, share, candidate, count(*)) from llm_pack.strategy_moves
     where candidate is not null group by name, candidate, share having count(*) > 1
     union all
     select format('%s points at %s', p.name, p.live) from llm_pack.strategy_pointers p
     left join llm_pack.strategy_versions v on v.name = p.name and v.version = p.live
     where p.live is not null and v.version is null`,
  );

/** What is written once a run: a version for each that published, a promotion for each that promoted, numbered without a gap. */
export async function onceARun(postgres: Pool, facts: Facts, stages: readonly StageRun[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { stage, makes = {} } of stages) {
    const runs = facts.runsOf(stage);
    for (const [table, name] of Object.entries(makes)) {
      const of = table === 'index_versions' ? 'alias' : 'name';
      const { rows } = await postgres.query<{ version: number }>(
        `select version from llm_pack.${table} where ${of} = $1 order by ${table === 'promotions' ? 'id' : 'version'}`,
        [name],
      );
      const versions = rows.map(({ version }) => version);
      if (versions.join() !== Array.from({ length: runs }, (_, at) => at + 1).join())
        wrong.push(`${table} of ${name}: ${versions.join()} after ${runs} runs of ${stage}`);
    }
  }
  return wrong;
}

/** Nothing is held, waited for or half done when all runs are over. Changes wait where no feed has run. */
export const leftOpen = (postgres: Pool, hasFeed: boolean): Promise<string[]> =>
  wrongRows(
    postgres,
    `select format('%s has devices or the folder of %s', workflow_id, job) as about from llm_pack.training_claims
     union all
     select format('%s of %s was begun and never finished', stage, subject) from llm_pack.work where finished_at is null
     union all
     select format('%s of %s is held by %s', knob, name, holder) from llm_pack.control_loops
     union all
     select format('the rollout of %s is under way', name) from llm_pack.strategy_pointers where rollout is not null
     union all
     select format('the change of %s is not in %s', document, alias) from llm_pack.changes
     where applied_at is null and ${hasFeed}`,
  );

/** Steps of set-point control, from the first on without a gap. */
export const controlSteps = (postgres: Pool): Promise<string[]> =>
  wrongRows(
    postgres,
    `select format('%s: %s steps, from %s to %s', holder, count(*), min(step), max(step)) as about
     from llm_pack.control_steps group by holder having count(*) <> max(step) - min(step) + 1 or min(step) > 1`,
  );
