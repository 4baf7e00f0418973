import * as z from 'zod';
import type { OpenAIModelConfig } from '../../../schemas/agent-config';
import { failure } from '../../errors';
import type { LikelihoodRequest, Likelihoods, Usage } from './model';
import { modelFailure } from './model-errors';
import { problemOf } from './provider-problem';
import { costOf, estimateTokens } from './tokens';
import { watchedFetch } from './watched-fetch';

const answer = z.object({
  choices: z.array(
    z.object({ index: z.int(), logprobs: z.object({ token_logprobs: z.array(z.number().nullable()) }).nullish() }),
  ),
  // Counts that are none are as good as not told.
  usage: z
    .object({ prompt_tokens: z.int().nonnegative(), completion_tokens: z.int().nonnegative() })
    .nullish()
    .catch(null),
});
type Choice = z.infer<typeof answer>['choices'][number];

/**
 * Asks an endpoint how likely it finds texts, as the `local-completions` of lm-evaluation-harness does: each text is sent with its context,
 * and given back with the log-probabilities of its tokens and of one more, which no server leaves out. Which tokens are of the
 * context is told by the context alone, sent in the same request: the endpoint's tokens need not be known here.
 * @param name of the model in the configuration, for failures.
 */
export async function endpointLikelihoods(
  name: string,
  config: OpenAIModelConfig,
  apiKey: string | undefined,
  { context, continuations, signal, idempotencyKey }: LikelihoodRequest,
): Promise<Likelihoods> {
  signal.throwIfAborted();
  const prompts = [context, ...continuations.map((text) => context + text)];
  const body = { model: config.model, prompt: prompts, max_tokens: 1, temperature: 0, logprobs: 1, echo: true };
  const headers = {
    'content-type': 'application/json',
    ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const watch = watchedFetch(config);
  let said: unknown;
  try {
    const response = await watch.fetch(`${config.baseUrl.replace(/\/$/, '')}/completions`, {
      ...{ method: 'POST', headers, body: JSON.stringify(body) },
      signal: AbortSignal.any([signal, watch.signal]),
    });
    const text = await response.text();
    if (!response.ok) throw refused(response, text);
    said = JSON.parse(text);
  } catch (thrown) {
    signal.throwIfAborted();
    const why = watch.why();
    throw modelFailure(name, why ? { what: why, isLate: true, codes: [], said: '', headers: {} } : problemOf(thrown));
  } finally {
    watch.stop();
  }
  const { choices, usage: counted } = answer.safeParse(said).data ?? { choices: [], usage: null };
  const sums = sumsOf(choices, prompts.length);
  if (!sums) {
    throw failure(
      'SubjectUnsuitable',
      `The model "${name}" did not give the log-likelihoods of what it was sent, which its setting \`logLikelihoods\` says that it does.`,
    );
  }
  const usage: Usage = {
    inputTokens: counted?.prompt_tokens ?? prompts.reduce((sum, text) => sum + estimateTokens(text), 0),
    outputTokens: counted?.completion_tokens ?? prompts.length,
    estimated: !counted,
  };
  return { logLikelihoods: sums, usage, cost: costOf(usage, config.prices) };
}

/** Undefined where a text is missing, or has no token of its own. */
function sumsOf(choices: readonly Choice[], prompts: number): number[] | undefined {
  const tokens = new Map(choices.map(({ index, logprobs }) => [index, logprobs?.token_logprobs ?? []]));
  // The last one was written, not sent.
  const own = Array.from({ length: prompts }, (_, index) => (tokens.get(index) ?? []).slice(0, -1));
  const [ofContext = [], ...others] = own;
  const sums = others.map((all) => all.slice(ofContext.length));
  const isWhole = ofContext.length > 0 && sums.every((all) => all.length > 0 && all.every((one) => one !== null));
  return isWhole ? sums.map((all) => all.reduce<number>((sum, one) => sum + (one ?? 0), 0)) : undefined;
}

/** In the form that errors of the chat come in. */
const refused = (response: Response, text: string): Error =>
  Object.assign(new Error(`status ${response.status}`), {
    ...{ name: 'AI_APICallError', statusCode: response.status, responseBody: text, cause: undefined },
    responseHeaders: Object.fromEntries(response.headers),
  });
