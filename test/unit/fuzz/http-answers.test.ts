import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { type Answering, ANSWERS, startElsewhere, startHostile } from '../../support/fuzz/hostile-server';
import { canary } from '../../support/secrets/canary';
import { type HttpClient, HTTP_CLIENTS } from './http-clients';

/** Beyond the times that are set for an answer, on a machine that does other things too. */
const SECONDS = 20;
/** What lies in the buffers of both ends, and what is sent before the end of it is seen. */
const IN_FLIGHT = 24 * 2 ** 20;
/** Characters of all that a failure says, with causes and stacks. */
const WORDS = 60_000;
/** Answers that are given at once. */
const AT_ONCE = 8;

/** @returns what is wrong with what became of it; undefined where nothing is. */
async function trouble(client: HttpClient, answer: Answering): Promise<string | undefined> {
  const secret = canary('hostile');
  const elsewhere = await startElsewhere();
  const server = await startHostile(answer, elsewhere.url, client.right);
  // As an activity that is cancelled after a while.
  const cancelled = AbortSignal.timeout(1_500);
  const began = performance.now();
  let said: unknown;
  let failed: unknown;
  try {
    said = await client.ask(server.url, secret, cancelled);
  } catch (error) {
    failed = error;
  }
  const seconds = (performance.now() - began) / 1_000;
  await server.close();
  await elsewhere.close();
  const shown = inspect(failed ?? said, { depth: 12, maxStringLength: 1e6, maxArrayLength: 50 });
  const isCoded = failed instanceof ApplicationFailure && client.codes.some((code) => code === failed.type);
  const isCancelled = cancelled.aborted && failed === cancelled.reason;
  const isPlain = client.codes.length === 0 && failed instanceof Error;
  if (failed !== undefined && !isCoded && !isCancelled && !isPlain) return `fails with ${shown.slice(0, 600)}`;
  if (failed !== undefined && shown.length > WORDS) return `says ${shown.length} characters`;
  if (failed instanceof ApplicationFailure && !/\nRemedy: /.test(failed.message)) return 'names no remedy';
  if (shown.includes(secret) || elsewhere.seen.some((headers) => headers.includes(secret)))
    return `shows the secret: ${shown.slice(0, 300)} ${elsewhere.seen.join()}`;
  if (seconds > SECONDS) return `takes ${seconds} s`;
  if (server.sent() > client.most + IN_FLIGHT) return `takes ${server.sent()} bytes`;
  if (({} as Record<string, unknown>)['polluted'] !== undefined) return 'changes what all objects have';
  return undefined;
}

it.concurrent.each(HTTP_CLIENTS)(
  '$name: is given or refused as documented, whatever is answered',
  async (client) => {
    const wrong: Record<string, string> = {};
    const waiting = [...ANSWERS];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [name, answer] = next;
        const found = await trouble(client, answer);
        if (found !== undefined) wrong[name] = found;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(wrong).toEqual({});
  },
  240_000,
);
