import { Client } from 'pg';
import { vi } from 'vitest';

/** Where a promotion can be kept in the middle of what it does in PostgreSQL. */
export const MOMENTS = ['plan', 'begin', 'written', 'committing'] as const;
export type GatedMoment = (typeof MOMENTS)[number];

// The real statements wait in the real server: a trigger takes a lock for a moment, and whoever has that lock holds it up.
const TRIGGERS = `
  create function wait_at_gate() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(hashtext(tg_argv[0] || ' ' || (to_jsonb(new) ->> tg_argv[1])));
    return new;
  end $$;
  create trigger gate before insert on llm_pack.work for each row execute function wait_at_gate('begin', 'subject');
  create trigger gate after insert on llm_pack.promotions for each row execute function wait_at_gate('written', 'name');
  create constraint trigger last_gate after insert on llm_pack.promotions deferrable initially deferred
    for each row execute function wait_at_gate('committing', 'name');
`;
// Nothing but a plan reads what was measured: a table that others wait for, or hold, would hold up who locks it.
const WAITING = `
  select from pg_locks where not granted and case when $1 = 'plan'
    then locktype = 'relation' and relation = 'llm_pack.evaluations'::regclass
    else locktype = 'advisory' and objid = (hashtext($1 || ' ' || $2)::bigint & 4294967295)::oid end
`;
const TIMEOUT_MS = 30_000;

/** Makes promotions wait at a moment: reading what was measured, entering the work, with the move written, and at its commit. */
export class PromotionGates {
  private constructor(private readonly client: Client) {}

  /** Once for a database, after its migrations. */
  static async install(url: string): Promise<void> {
    const client = await connect(url);
    await client.query(TRIGGERS);
    await client.end();
  }

  static async open(url: string): Promise<PromotionGates> {
    return new PromotionGates(await connect(url));
  }

  /** Who comes to the moment from now on waits there; at `plan` that is everybody, elsewhere promotions of the name. */
  async close(moment: GatedMoment, name: string): Promise<void> {
    if (moment === 'plan') await this.client.query('begin; lock table llm_pack.evaluations in access exclusive mode');
    else await this.client.query(`select pg_advisory_lock(hashtext($1))`, [`${moment} ${name}`]);
  }

  /** Resolves when a promotion of the name is at the moment. */
  async reached(moment: GatedMoment, name: string): Promise<void> {
    const isThere = async () => ((await this.client.query(WAITING, [moment, name])).rowCount ?? 0) > 0;
    await vi.waitUntil(isThere, { timeout: TIMEOUT_MS, interval: 20 });
  }

  /** Lets all go on. A server that was killed has let them go already. */
  async end(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // The server is killed while we are connected.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
