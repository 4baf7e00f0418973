import { Client, DatabaseError } from 'pg';
import type { RowSource } from '../../schemas/rollout-config';
import { failure } from '../errors';
import { type Answer, ask, parsedJson } from '../kit/ask';

/** What is asked for: users of a candidate who came from a move of the pointer on, and whose values are complete. */
export interface RowsWanted {
  name: string;
  version: number;
  /** Of the first move of the rollout. */
  sequence: number;
  /** ISO 8601. */
  until: string;
}

/** Bytes of an answer; a metric of a year by the hour takes a tenth of it. */
const MOST_BYTES = 32 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Rows of a source as it gives them. Passwords and tokens come from the environment and are in no message.
 * @throws `Unavailable` where it does not answer in time, `MetricUnusable` where it never will, `MetricNotConfigured` without its variable.
 */
export function readRows(
  label: string,
  source: RowSource,
  { name, version, sequence, until }: RowsWanted,
  within: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<unknown[]> {
  return askSource(label, source, { name, version, sequence, until }, within);
}

/** The same for other parameters, which go to a query in their order and to an endpoint by their names. */
export function askSource(
  label: string,
  source: RowSource,
  parameters: Readonly<Record<string, string | number>>,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<unknown[]> {
  return source.type === 'postgres'
    ? fromPostgres(label, source, Object.values(parameters), env)
    : fromHttp(label, source, parameters, env, signal);
}

async function fromPostgres(
  label: string,
  { urlVariable, query, timeoutSeconds }: Extract<RowSource, { type: 'postgres' }>,
  values: readonly (string | number)[],
  env: NodeJS.ProcessEnv,
): Promise<unknown[]> {
  const client = new Client({
    connectionString: variable(label, urlVariable, env),
    application_name: 'temporal-llm-pack',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: (timeoutSeconds + 5) * 1_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin transaction isolation level repeatable read read only');
    await client.query(`set local statement_timeout = '${timeoutSeconds}s'`);
    // With values it is one statement of the extended protocol: nothing in it can end the transaction and write.
    const { rows } = await client.query<Record<string, unknown>>(query, [...values]);
    return rows;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Classes 42 and 22 are of the statement itself, 25006 is a write; a timeout or a server that is away may pass.
    if (error instanceof DatabaseError && /^(42|22|25006|08P01)/.test(error.code ?? '')) {
      throw failure('MetricUnusable', `The query of ${label} was refused: ${said}.`);
    }
    throw failure('Unavailable', `The database of ${label} does not answer: ${said}.`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function fromHttp(
  label: string,
  { url, tokenVariable, timeoutSeconds }: Extract<RowSource, { type: 'http' }>,
  parameters: Readonly<Record<string, string | number>>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<unknown[]> {
  const address = new URL(url);
  for (const [key, value] of Object.entries(parameters)) {
    address.searchParams.set(key, String(value));
  }
  const token = tokenVariable === undefined ? undefined : variable(label, tokenVariable, env);
  const headers = { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const within = { withinMs: timeoutSeconds * 1_000, mostBytes: MOST_BYTES, secrets: [token], signal };
  let answer: Answer;
  try {
    answer = await ask(address, { headers, ...within });
  } catch (error) {
    signal.throwIfAborted();
    throw failure('Unavailable', `The endpoint of ${label} does not answer: ${(error as Error).message}.`);
  }
  const { status } = answer;
  if (status < 200 || status > 299) throw failure('Unavailable', `The endpoint of ${label} answers ${status}.`);
  const said = parsedJson(answer);
  if (said === undefined) throw failure('MetricUnusable', `The endpoint of ${label} answers no JSON.`);
  const rows = typeof said === 'object' && said !== null && 'rows' in said ? said.rows : undefined;
  if (!Array.isArray(rows)) throw failure('MetricUnusable', `The endpoint of ${label} answers without \`rows\`.`);
  return rows as unknown[];
}

function variable(label: string, name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (!value) throw failure('MetricNotConfigured', `${label} needs the variable ${name}, which is not set.`);
  return value;
}
