import type { IncomingHttpHeaders } from 'node:http';
import { send, type Sent } from './send';

/** What is asked, and how much of an answer is taken. */
export interface Question extends Omit<Sent, 'signal'> {
  /** For all of the answer, in milliseconds: one that drips ends too. */
  withinMs: number;
  /** Bytes of the body; one that is longer is none. */
  mostBytes: number;
  /** Sent with it, and in no answer that is given on: servers and proxies quote what they were sent. */
  secrets?: readonly (string | undefined)[];
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body, as UTF-8. */
  text: string;
}

const HIDDEN = '[redacted]';

/**
 * Asks a server, and gives its whole answer, whatever its status: within a time and a number of bytes, without a redirect.
 * @throws an `Error` in whose words no secret is; the reason of `signal` where that has ended it.
 */
export async function ask(url: URL, { withinMs, mostBytes, secrets = [], signal, ...sent }: Question): Promise<Answer> {
  const late = AbortSignal.timeout(withinMs);
  try {
    const answer = await send(url, { ...sent, signal: signal ? AbortSignal.any([signal, late]) : late });
    const parts: Buffer[] = [];
    let bytes = 0;
    // A loop that is left destroys the rest.
    for await (const part of answer as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > mostBytes) throw new Error(`it answers with more than ${mostBytes} bytes`);
      parts.push(part);
    }
    const text = new TextDecoder().decode(Buffer.concat(parts));
    const { statusCode: status = 0, headers } = answer;
    return { status, headers, text: withoutSecrets(text, secrets) };
  } catch (error) {
    signal?.throwIfAborted();
    throw late.aborted ? new Error(`no whole answer within ${withinMs / 1_000} s`) : error;
  }
}

const withoutSecrets = (text: string, secrets: readonly (string | undefined)[]): string =>
  secrets.reduce<string>((rest, secret) => (secret ? rest.replaceAll(secret, HIDDEN) : rest), text);

/** The JSON of an answer; undefined where it has none. */
export function parsedJson({ text }: Pick<Answer, 'text'>): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
