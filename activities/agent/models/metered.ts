import { countHere } from '../../kit/meter';
import type { ModelClient, Usage } from './model';

/** Millionths of a unit: counters take no fractions. */
const MICROS = 1e6;

/**
 * The same model, whose tokens and cost are counted for the stage that asks.
 * @param name of the model in the configuration. @param currency of its prices.
 */
export function metered(client: ModelClient, name: string, currency: string): ModelClient {
  const take = <A extends { usage: Usage; cost: number }>(answer: A): A => {
    const { inputTokens, outputTokens } = answer.usage;
    countHere('llm_pack_tokens_total', inputTokens, { model: name, direction: 'input' });
    countHere('llm_pack_tokens_total', outputTokens, { model: name, direction: 'output' });
    countHere('llm_pack_cost_micros_total', Math.round(answer.cost * MICROS), { currency });
    return answer;
  };
  const counted: ModelClient = {
    contextTokens: client.contextTokens,
    complete: async (request) => take(await client.complete(request)),
    close: () => client.close(),
  };
  const likelihoods = client.likelihoods?.bind(client);
  if (likelihoods) counted.likelihoods = async (request) => take(await likelihoods(request));
  return counted;
}
