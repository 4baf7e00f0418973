import * as z from 'zod';
import { failure } from '../../../errors';
import { askHub, type HubAnswer, type HubEnv, hubEndpoint, isOffline } from './hub-request';
import { type ModelSource, type PinnedFile, take } from './model-source';

/** What `api/models/…/revision/…?blobs=true` says, as far as it matters here. */
const described = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().nonnegative(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: z.string() }).nullish(),
    }),
  ),
});

/** The form of a source on the hub: `hub:org/name` or `hub:org/name@revision`, `main` where none is given. */
export const HUB_SOURCE = /^hub:([\w.-]+(?:\/[\w.-]+)?)(?:@([\w./-]+))?$/;

/** Whether a model of the hub may be imported: `*`, an organisation, or a model by its whole name. */
export const isAllowedOnHub = (allowed: readonly string[], model: string): boolean =>
  allowed.some((entry) => entry === '*' || entry === model || model.startsWith(`${entry}/`));

/**
 * A model on the Hugging Face hub, at the commit that its revision stands for now.
 * @throws `SourceNotAllowed`, `SourceNotFound`, `Unavailable`
 */
export async function hubSource(
  { env, allowed }: { env: HubEnv; allowed: readonly string[] },
  source: string,
  signal: AbortSignal,
): Promise<ModelSource> {
  const [, model = '', revision = 'main'] = HUB_SOURCE.exec(source) ?? [];
  if (!isAllowedOnHub(allowed, model))
    throw failure('SourceNotAllowed', `${source} is not among the models of sources.hub.`);
  if (isOffline(env)) throw failure('SourceNotAllowed', `${source} is on the hub, and HF_HUB_OFFLINE is set here.`);
  const ask = async (path: string, from = 0, stop = signal): Promise<HubAnswer> => {
    const answer = await askHub(path, { env, signal: stop }, from).catch((error: unknown) => {
      stop.throwIfAborted();
      throw failure(
        'Unavailable',
        `The hub does not answer: ${error instanceof Error ? error.message : String(error)}.`,
      );
    });
    if (answer.status === 200 || (answer.status === 206 && from > 0)) return answer;
    await answer.close();
    throw refusal(answer, source, env);
  };

  const { chunks } = await ask(`api/models/${model}/revision/${encodeURIComponent(revision)}?blobs=true`);
  const parsed = described.safeParse(await jsonOf(chunks).catch(brokeOff(`the description of ${model}`, signal)));
  if (!parsed.success) throw failure('Unavailable', `${hubEndpoint(env)} does not describe ${source} as the hub does.`);
  const { sha, siblings } = parsed.data;
  const files: PinnedFile[] = siblings.map(({ rfilename: name, size: bytes, blobId, lfs }) => ({
    ...{ name, bytes },
    pin: lfs ? `sha256:${lfs.sha256}` : `git:${blobId ?? ''}`,
  }));

  async function* stream({ name, bytes }: Pick<PinnedFile, 'name' | 'bytes'>, from: number, stop: AbortSignal) {
    if (from >= bytes) return;
    const path = `${model}/resolve/${sha}/${name.split('/').map(encodeURIComponent).join('/')}`;
    const answer = await ask(path, from, stop);
    // A mirror may not know ranges: then what is there already is read over.
    let skip = answer.status === 206 ? 0 : from;
    try {
      for await (const chunk of answer.chunks) {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        if (rest.length > 0) yield rest;
      }
    } catch (error) {
      brokeOff(name, stop)(error);
    }
  }
  const fileOf = (name: string) => files.find((file) => file.name === name) ?? { name, bytes: 0 };
  return {
    name: `hub:${model}@${sha}`,
    isLocal: false,
    files,
    read: (name, start, end) => take(stream(fileOf(name), start, signal), end - start),
    pinned: (names) => Promise.resolve(files.filter(({ name }) => names.includes(name))),
    stream,
  };
}

const brokeOff =
  (what: string, stop: AbortSignal) =>
  (error: unknown): never => {
    stop.throwIfAborted();
    throw failure('Unavailable', `${what} broke off: ${error instanceof Error ? error.message : String(error)}.`);
  };

/** Of a description; one of a model with a thousand files has a third of a megabyte. */
const MOST_BYTES = 16 * 2 ** 20;
/** A description that drips is none. */
const DESCRIBED_WITHIN_MS = 60_000;

async function jsonOf(chunks: AsyncIterable<Uint8Array>): Promise<unknown> {
  const parts: Uint8Array[] = [];
  const until = Date.now() + DESCRIBED_WITHIN_MS;
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
    if (Date.now() > until) throw new Error(`it was not whole within ${DESCRIBED_WITHIN_MS / 1_000} s`);
    parts.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function refusal({ status, headers }: HubAnswer, source: string, env: HubEnv): Error {
  if (status === 404) return failure('SourceNotFound', `The hub has no ${source}.`);
  if (status === 401 || status === 403) {
    const token = env['HF_TOKEN'] ? 'the token in HF_TOKEN is not allowed it' : 'it does not exist, or needs HF_TOKEN';
    return failure('SourceNotFound', `The hub does not give ${source} (${status}): ${token}.`);
  }
  const wait = Number(headers['retry-after'] ?? Number.NaN);
  return failure('Unavailable', `The hub answered ${status} for ${source}.`, undefined, wait > 0 ? wait : undefined);
}
