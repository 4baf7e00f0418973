import type { IncomingMessage } from 'node:http';
import { ApplicationFailure } from '@temporalio/common';
import * as z from 'zod';
import type { FetchToolConfig } from '../../../../schemas/agent-config';
import { allowedEntry, get } from '../../../cleaning/source/http-request';
import { createThreadPool } from '../../../kit/thread';
import { failed, found, parametersOf, readArguments } from '../results';
import type { AgentTool, ToolContext, ToolResult } from '../tool';
import type * as thread from './page-thread';

const args = z.strictObject({ url: z.string().min(1).max(4_000).describe('Address of the page, with https://.') });

/** A page was asked for in vain; the message is for the model. */
class NotFetched extends Error {}

/**
 * Gets a page below the addresses of the configuration and gives its main text. Redirects are followed as far as each
 * leads to an allowed address; a host must have a public address, at the very look-up that the connection is made with.
 */
export function fetchTool(name: string, config: FetchToolConfig): AgentTool & { close(): Promise<void> } {
  const { addresses, maxCharacters, timeoutSeconds } = config;
  const pool = createThreadPool<typeof thread>(__dirname, 'page-thread', { threads: 1 });
  const below = addresses.map(({ url }) => `- ${url}`).join('\n');

  async function fetchPage(url: string, context: ToolContext): Promise<ToolResult> {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutSeconds * 1_000)]);
    try {
      const page = await askFor(url, config, signal, context.heartbeat);
      const read = await pool.run('read', page, { signal });
      if (read === null) throw new NotFetched(`It is ${page.contentType || 'of no known type'}, which is not read.`);
      const title = read.title ?? '';
      const cut = page.cut ? `\n[the page has more than ${page.body.length} bytes; the rest was not read]` : '';
      return found(`${title === '' ? '' : `${title}\n\n`}${read.text}${cut}`, maxCharacters, { document: url, title });
    } catch (error) {
      context.signal.throwIfAborted();
      if (signal.aborted) return failed(`The page was not there within ${timeoutSeconds} s.`, maxCharacters);
      if (error instanceof NotFetched) return failed(error.message, maxCharacters);
      if (!(error instanceof ApplicationFailure)) throw error;
      // The remedy is for whoever keeps the configuration.
      const [said = ''] = error.message.split('\nRemedy: ');
      return failed(`${said}\nAllowed are addresses below:\n${below}`, maxCharacters);
    }
  }

  return {
    spec: {
      ...{ name, effect: 'read', polling: false, parameters: parametersOf(args) },
      description: `${config.description ?? 'Gets a page of the web and gives its main text.'}\nAllowed below:\n${below}`,
    },
    async call(given, context) {
      const read = readArguments(args, given);
      return read.ok ? fetchPage(read.value.url, context) : read.result;
    },
    close: () => pool.close(),
  };
}

interface Answer extends thread.FetchedPage {
  /** The page goes on. */
  cut: boolean;
}

async function askFor(
  url: string,
  { addresses }: FetchToolConfig,
  signal: AbortSignal,
  heartbeat: () => void,
): Promise<Answer> {
  if (!URL.canParse(url)) throw new NotFetched('This is no address.');
  const { maxBytes } = allowedEntry(addresses, new URL(url));
  const accept = 'text/html, text/plain, application/json, text/*;q=0.9, */*;q=0.1';
  const answer = await get(addresses, url, { accept }, signal);
  try {
    const { statusCode = 0, headers } = answer;
    if (statusCode !== 200) throw new NotFetched(`The server answered with status ${statusCode}.`);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new NotFetched(`The page came packed (${encoding}), which was not asked for.`);
    return { ...(await bodyOf(answer, maxBytes, heartbeat)), contentType: headers['content-type'] ?? '' };
  } finally {
    answer.destroy();
  }
}

async function bodyOf(answer: IncomingMessage, maxBytes: number, heartbeat: () => void) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      heartbeat();
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch (error) {
    throw new NotFetched(`The page broke off: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), cut: bytes > maxBytes };
}
