import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { publicLookup } from '../../../kit/public-address';
import { send } from '../../../kit/send';
import { redirectOf, WrongRedirect } from './hub-redirect';

/** Variables of the environment that Hugging Face's own tools read. */
export type HubEnv = Readonly<Record<string, string | undefined>>;

export interface HubOptions {
  /** `HF_ENDPOINT` names a mirror, `HF_TOKEN` is sent for models that need one, `HF_HUB_OFFLINE=1` forbids it. */
  env?: HubEnv;
  signal?: AbortSignal;
  /** Longest wait for the beginning of an answer, in milliseconds; 8 s. */
  answerMs?: number;
}

/** An answer of the hub. */
export interface HubAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Its bytes; a loop that ends early lets go of the rest. */
  chunks: AsyncIterable<Uint8Array>;
  /** Lets go of bytes that nobody wants to read. */
  close: () => Promise<void>;
}

// The hub answers within a second; where nothing answers (no network, a firewall that drops) it is said soon.
const ANSWER_MS = 8_000;
// A download may be slow, but not silent.
const SILENCE_MS = 30_000;
/** From the hub to where a file lies. */
const MOST_REDIRECTS = 5;

/** Where the hub is. */
export const hubEndpoint = (env: HubEnv = process.env): string =>
  (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '');

/** Whether requests to the hub are forbidden here. */
export const isOffline = (env: HubEnv = process.env): boolean => env['HF_HUB_OFFLINE'] === '1';

/**
 * Asks the hub for a path, from a byte on where one is given.
 * @throws within 8 seconds where the hub can not be reached, or when its answer falls silent for 30 seconds.
 */
export async function askHub(
  path: string,
  { env = process.env, signal, answerMs = ANSWER_MS }: HubOptions = {},
  from = 0,
): Promise<HubAnswer> {
  if (isOffline(env)) throw new Error('HF_HUB_OFFLINE is set');
  const endpoint = hubEndpoint(env);
  const quiet = new AbortController();
  const silent = () => quiet.abort(new Error(`nothing came from ${new URL(endpoint).host}`));
  let timer = setTimeout(silent, answerMs);
  const hear = () => {
    clearTimeout(timer);
    timer = setTimeout(silent, SILENCE_MS);
  };
  const stop = signal ? AbortSignal.any([signal, quiet.signal]) : quiet.signal;
  try {
    const answer = await follow(new URL(`${endpoint}/${path}`), env['HF_TOKEN'], from, stop);
    const close = () => {
      clearTimeout(timer);
      answer.destroy();
      return Promise.resolve();
    };
    return { status: answer.statusCode ?? 0, headers: answer.headers, chunks: chunksOf(answer), close };
  } catch (error) {
    clearTimeout(timer);
    throw named(error);
  }

  async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
    hear();
    try {
      for await (const chunk of answer as AsyncIterable<Uint8Array>) {
        hear();
        yield chunk;
      }
    } catch (error) {
      throw named(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Which host it was, and why it gave nothing. */
  function named(error: unknown): unknown {
    if (signal?.aborted) return error;
    const why = quiet.signal.aborted ? (quiet.signal.reason as Error) : error;
    return why instanceof Error ? new Error(`${endpoint}: ${why.message}`, { cause: error }) : why;
  }
}

/** Asks, and goes where it is sent. The token goes to no host but the hub's own. */
async function follow(
  url: URL,
  token: string | undefined,
  from: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let [address, lookup] = [url, undefined as typeof publicLookup | undefined];
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const headers = {
      ...(token && address.origin === url.origin ? { authorization: `Bearer ${token}` } : {}),
      ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      // Sizes and places are those of the file itself.
      'accept-encoding': 'identity',
      'user-agent': 'temporal-llm-pack',
    };
    const answer = await send(address, { headers, signal, lookup });
    const { statusCode = 0, headers: told, socket } = answer;
    if (statusCode < 300 || statusCode >= 400 || !told.location) return answer;
    const by = { url: address, address: socket.remoteAddress };
    answer.destroy();
    const next = redirectOf(by, told.location);
    if (next.mustBePublic) lookup = publicLookup;
    address = next.url;
  }
  throw new WrongRedirect('it redirects without end');
}
