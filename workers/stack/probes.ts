import { Connection } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import * as z from 'zod';
import { ask, parsedJson } from '../../activities/kit/ask';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import { refusalOf } from '../connecting/refusal';
import type { Env } from './cache';
import { queryVersion } from './postgres';

/** Whether a server answers, and which version it is; where there is something to do, what. */
export interface Probe {
  reachable: boolean;
  version?: string;
  remedy?: string;
}

const TIMEOUT_MS = 3_000;
/** Of an answer that says who a node is: it has half a kilobyte. */
const MOST_BYTES = 1 << 20;

/** What a node says of itself, as far as it matters here. */
const versioned = z.object({ version: z.object({ number: z.string().max(100) }) });

/** Asks a Temporal server for its version, and whether the namespace has the search attributes of the pack. */
export async function probeTemporal(
  options: Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey' | 'metadata'>,
  namespace = 'default',
): Promise<Probe> {
  const connection = Connection.lazy({ ...options, connectTimeout: TIMEOUT_MS });
  try {
    return await connection.withDeadline(Date.now() + TIMEOUT_MS, async () => {
      const { serverVersion } = await connection.workflowService.getSystemInfo({});
      const missing = await missingAttributes(connection, namespace);
      const create = missing.map((attribute) => `--name ${attribute} --type Keyword`).join(' ');
      return {
        version: serverVersion,
        reachable: true,
        ...(create ? { remedy: `temporal operator search-attribute create --namespace ${namespace} ${create}` } : {}),
      };
    });
  } catch (error) {
    const refusal = await refusalOf(options, error);
    if (refusal) return { reachable: false, remedy: `${refusal.message}. ${refusal.remedy}` };
    return unreachable(error, 'its address, TLS and keys');
  } finally {
    await connection.close();
  }
}

/** Those of our search attributes that the namespace lacks; none where the server does not let us ask. */
async function missingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  } catch {
    return [];
  }
}

export async function probePostgres(url: string): Promise<Probe> {
  try {
    return { version: await queryVersion(url), reachable: true };
  } catch (error) {
    return unreachable(error, 'DATABASE_URL');
  }
}

/** Asks a node who it is, with the credentials of its URL or ELASTICSEARCH_API_KEY. */
export async function probeElasticsearch(url: string, env: Env): Promise<Probe> {
  try {
    const { href, headers } = requestOf(url, env);
    const secrets = Object.values(headers);
    const answer = await ask(new URL(href), { headers, withinMs: TIMEOUT_MS, mostBytes: MOST_BYTES, secrets });
    if (answer.status !== 200) throw new Error(`it answers ${answer.status}`);
    const read = versioned.safeParse(parsedJson(answer));
    if (!read.success) throw new Error('what answers is no Elasticsearch');
    return { reachable: true, version: read.data.version.number };
  } catch (error) {
    return unreachable(error, 'ELASTICSEARCH_URL');
  }
}

// Credentials of the URL go into the header.
function requestOf(url: string, env: Env): { href: string; headers: Record<string, string> } {
  const { username, password } = new URL(url);
  const key = env['ELASTICSEARCH_API_KEY'];
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const authorization = key ? `ApiKey ${key}` : username ? `Basic ${basic}` : undefined;
  return { href: withoutCredentials(url), headers: authorization ? { authorization } : {} };
}

/** A URL as it may be shown. */
export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return 'not a URL';
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  // Parameters of a database's URL may hold a password too.
  shown.search = '';
  return shown.href;
}

const unreachable = (error: unknown, check: string): Probe => ({
  reachable: false,
  remedy: `Check that it runs, and ${check} (${reason(error)}).`,
});

// gRPC's code of a deadline that passed; its text tells of internals.
const DEADLINE_EXCEEDED = 4;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === DEADLINE_EXCEEDED) return `no answer within ${TIMEOUT_MS / 1000} s`;
  // fetch and connections to several addresses keep the reason one level down.
  const inner = error instanceof AggregateError ? (error.errors as unknown[])[0] : error.cause;
  return inner instanceof Error ? reason(inner) : error.message || error.name;
}
