import { ApplicationFailure } from '@temporalio/common';
import { Client, DatabaseError } from 'pg';
import * as z from 'zod';
import type { ToolSpec } from '../../../../schemas/agent';
import type { SqlToolConfig } from '../../../../schemas/agent-config';
import { failure } from '../../../errors';
import { callName, failed, found, parametersOf, readArguments } from '../results';
import type { AgentTool, ToolContext, ToolResult } from '../tool';
import { excessRight } from './least-rights';
import { objectionTo } from './look-at';
import { defineView, LONGEST_STATEMENT, STATEMENT_VIEW, withParameters } from './statement';

const CONNECT_TIMEOUT_MS = 10_000;
/** Rows are brought in so few at a time, for one may be as long as a whole result. */
const FETCH_ROWS = 25;
const MOST_COLUMNS_TOLD = 60;

const args = z.strictObject({
  query: z.string().min(1).max(LONGEST_STATEMENT).describe('One SELECT. Give every column a name of its own.'),
  parameters: z
    .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .max(50)
    .default([])
    .describe('Values of $1, $2, … in the query.'),
});

/**
 * Reads a database by statements of the model's own: one query, in a read-only transaction that is always rolled back,
 * over listed views and with functions that only compute.
 * @param url of the database; it holds a password. @throws `AgentToolMissing` where a view is missing or the role of the
 * connection may do too much, `Unavailable` where the database does not answer.
 */
export async function sqlTool(name: string, config: SqlToolConfig, url: string): Promise<AgentTool> {
  const open = new SqlDatabase(name, config, url);
  const spec: ToolSpec = {
    ...{ name, effect: 'read', polling: false, parameters: parametersOf(args) },
    description: `${config.description ?? 'Reads a database by SQL.'}\n${await open.describe()}`,
  };
  return {
    spec,
    async call(given, context) {
      const read = readArguments(args, given);
      return read.ok ? open.query(read.value, context) : read.result;
    },
  };
}

class SqlDatabase {
  constructor(
    private readonly name: string,
    private readonly config: SqlToolConfig,
    private readonly url: string,
  ) {}

  /** What there is to read, for the model. */
  async describe(): Promise<string> {
    const { views } = this.config;
    const rows = await this.connected(undefined, async (client) => {
      const answer = await client.query<{ view: string; columns: string[] }>(
        `select n.nspname || '.' || c.relname as view,
           array_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum) as columns
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where n.nspname || '.' || c.relname = any($1) group by 1 order by 1`,
        [views],
      );
      return answer.rows;
    });
    const missing = views.find((view) => !rows.some((row) => row.view === view));
    if (missing !== undefined) {
      throw failure('AgentToolMissing', `The database of the tool "${this.name}" has no ${missing}.`);
    }
    const lines = rows.map(({ view, columns }) => {
      const told = columns.slice(0, MOST_COLUMNS_TOLD).join(', ');
      return `- ${view}(${told}${columns.length > MOST_COLUMNS_TOLD ? ', …' : ''})`;
    });
    return ['PostgreSQL; one SELECT over these:', ...lines].join('\n');
  }

  async query({ query, parameters }: z.output<typeof args>, context: ToolContext): Promise<ToolResult> {
    const { views, maxRows, maxCharacters } = this.config;
    try {
      return await this.connected(context.signal, async (client) => {
        await client.query(defineView(withParameters(query, parameters, client)));
        const objection = await objectionTo(client, views);
        if (objection !== null) return failed(objection, maxCharacters);
        // What runs is the view that was looked at. From here on nothing can write, whatever it is.
        await client.query('set transaction read only');
        const { lines, more } = await this.rows(client, context);
        const counted = `${lines.length}${more ? ` (there are more; ${maxRows} at the most are given)` : ''} rows`;
        const text = [counted, ...lines].join('\n');
        return found(text, maxCharacters, { document: callName(this.name, context), title: query.slice(0, 200) });
      });
    } catch (error) {
      if (error instanceof DatabaseError) return failed(this.refusal(error), maxCharacters);
      throw error;
    }
  }

  /** Rows as JSON, each cut in the database where it is longer than a whole result. */
  private async rows(client: Client, { signal, heartbeat }: ToolContext): Promise<{ lines: string[]; more: boolean }> {
    const { maxRows, maxCharacters } = this.config;
    await client.query(
      `declare agent_rows no scroll cursor for
         select left(row_to_json(agent_row.*)::text, ${maxCharacters}) as line
         from ${STATEMENT_VIEW} as agent_row limit ${maxRows + 1}`,
    );
    const lines: string[] = [];
    for (let characters = 0; characters <= maxCharacters && lines.length <= maxRows;) {
      signal.throwIfAborted();
      const { rows } = await client.query<{ line: string }>(`fetch ${FETCH_ROWS} from agent_rows`);
      heartbeat();
      lines.push(...rows.map(({ line }) => line));
      characters += rows.reduce((sum, { line }) => sum + line.length, 0);
      if (rows.length < FETCH_ROWS) break;
    }
    return { lines: lines.slice(0, maxRows), more: lines.length > maxRows };
  }

  /** Runs `work` in a transaction of a connection of its own, and rolls it back. */
  private async connected<T>(signal: AbortSignal | undefined, work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'temporal-llm-pack agent',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', () => undefined);
    const stop = () => void client.end().catch(() => undefined);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await client.connect();
      await client.query('begin');
      await client.query(
        `set local statement_timeout = '${this.config.timeoutSeconds}s'; set local lock_timeout = '2s'`,
      );
      const excess = await excessRight(client);
      if (excess !== undefined) throw this.tooMighty(excess);
      const result = await work(client);
      await client.query('rollback');
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      throw this.meaningOf(error);
    } finally {
      signal?.removeEventListener('abort', stop);
      await client.end().catch(() => undefined);
    }
  }

  private tooMighty(excess: string) {
    const role = `The role of the connection of the tool "${this.name}" ${excess}`;
    const make =
      'create a role that has been granted select on the listed views, and nothing else, and connect with it';
    return failure('AgentToolMissing', `${role}: ${make}.`);
  }

  /** What went wrong with the connection; what the database says of a statement is passed on as it is. */
  private meaningOf(error: unknown): unknown {
    if (error instanceof ApplicationFailure) return error;
    const said = error instanceof Error ? error.message || error.name : String(error);
    const { code = '' } = error instanceof DatabaseError ? error : {};
    // 28: the role is not let in; 3D: no such database.
    if (/^(28|3D)/.test(code)) {
      return failure('AgentToolMissing', `The tool "${this.name}" can not connect to its database: ${said}.`);
    }
    // 08: connection; 53300: too many; 57P: shut down. What is not the database's own word is the network's.
    if (error instanceof DatabaseError && !/^(08|53300|57P)/.test(code)) return error;
    return failure('Unavailable', `The database of the tool "${this.name}" does not answer: ${said}.`);
  }

  private refusal({ code, message, hint }: DatabaseError): string {
    if (code === '57014') return `The query took longer than ${this.config.timeoutSeconds} s and was stopped.`;
    return [`The database refused the query: ${message} (${code}). It takes one SELECT.`, hint]
      .filter(Boolean)
      .join('\n');
  }
}
