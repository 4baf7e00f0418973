/** Variables of the environment that Hugging Face's own tools read. */
export type HubEnv = Readonly<Record<string, string | undefined>>;

export interface HubOptions {
  /** `HF_ENDPOINT` names a mirror, `HF_TOKEN` is sent for models that need one, `HF_HUB_OFFLINE=1` forbids it. */
  env?: HubEnv;
  signal?: AbortSignal;
}

/** An answer of the hub. */
export interface HubAnswer {
  status: number;
  headers: Headers;
  /** Its bytes; a loop that ends early lets go of the rest. */
  chunks: AsyncIterable<Uint8Array>;
  /** Lets go of bytes that nobody wants to read. */
  close(): Promise<void>;
}

// The hub answers within a second; where nothing answers (no network, a firewall that drops) it is said soon.
const ANSWER_MS = 8_000;
// A download may be slow, but not silent.
const SILENCE_MS = 30_000;

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
  { env = process.env, signal }: HubOptions = {},
  from = 0,
): Promise<HubAnswer> {
  if (isOffline(env)) throw new Error('HF_HUB_OFFLINE is set');
  const endpoint = hubEndpoint(env);
  const quiet = new AbortController();
  const silent = () => quiet.abort(new Error(`nothing came from ${new URL(endpoint).host}`));
  let timer = setTimeout(silent, ANSWER_MS);
  const hear = () => {
    clearTimeout(timer);
    timer = setTimeout(silent, SILENCE_MS);
  };
  try {
    const response = await fetch(`${endpoint}/${path}`, {
      signal: signal ? AbortSignal.any([signal, quiet.signal]) : quiet.signal,
      headers: {
        ...(env['HF_TOKEN'] ? { authorization: `Bearer ${env['HF_TOKEN']}` } : {}),
        ...(from > 0 ? { range: `bytes=${from}-` } : {}),
        // Sizes and places are those of the file itself.
        'accept-encoding': 'identity',
      },
    });
    const close = async () => {
      clearTimeout(timer);
      await response.body?.cancel().catch(() => undefined);
    };
    return { status: response.status, headers: response.headers, chunks: chunksOf(response), close };
  } catch (error) {
    clearTimeout(timer);
    throw named(error, endpoint);
  }

  async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
    hear();
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        hear();
        yield chunk;
      }
    } catch (error) {
      throw named(error, endpoint);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** `fetch failed` says nothing; why it failed is in the cause. */
function named(error: unknown, endpoint: string): unknown {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? new Error(`${endpoint}: ${cause.message}`, { cause: error }) : error;
}
