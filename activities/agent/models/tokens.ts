import type { AgentConfig, ModelConfig } from '../../../schemas/agent-config';
import type { CompletionRequest, Usage } from './model';

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
/** English has some 4 characters a token, code and other languages fewer. */
const CHARACTERS_A_TOKEN = 3;
/** What a message has around its text. */
const MESSAGE_TOKENS = 8;

/** Tokens of a text, rather too many: a budget that counts by it is kept. */
export function estimateTokens(text: string): number {
  const wide = text.match(WIDE)?.length ?? 0;
  return Math.ceil(wide * 1.5 + (text.length - wide) / CHARACTERS_A_TOKEN);
}

/** The same of all that a request sends. */
export function estimateInput({ messages, tools }: Pick<CompletionRequest, 'messages' | 'tools'>): number {
  const texts = [
    ...messages.map((message) =>
      message.role === 'assistant' && message.toolCalls
        ? message.content + message.toolCalls.map(({ tool, arguments: args }) => tool + args).join('')
        : message.content,
    ),
    ...tools.map((tool) => JSON.stringify(tool)),
  ];
  return texts.reduce((sum, text) => sum + estimateTokens(text) + MESSAGE_TOKENS, 0);
}

type Prices = Extract<ModelConfig, { provider: 'openai' }>['prices'];

/** What a call costs, in the currency of the prices, which are for a million tokens. */
export const costOf = ({ inputTokens, outputTokens }: Usage, { input, output }: Prices): number =>
  (inputTokens * input + outputTokens * output) / 1e6;

/** The most that a call can cost, for a budget that is looked at before it: as estimated, and with all its tokens used. */
export function mostCost(
  request: Pick<CompletionRequest, 'messages' | 'tools' | 'maxTokens'>,
  model: AgentConfig['models'][string],
): number {
  if (model.provider === 'extractive') return 0;
  const usage = { inputTokens: estimateInput(request), outputTokens: request.maxTokens, estimated: true };
  return costOf(usage, model.prices);
}
