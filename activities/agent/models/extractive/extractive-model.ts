import type { Passage } from '../../../../schemas/agent';
import type { ExtractiveModelConfig } from '../../../../schemas/agent-config';
import type { QueryEncoder } from '../../../search/hybrid-search';
import { scriptOf } from '../../../search/script';
import type { Completion, CompletionRequest, Message, ModelClient, Quote } from '../model';
import { bestSentences } from './quote';

/** Stands before what was quoted, so that nobody takes it for the words of a model. */
const SAID = {
  other: {
    quoted: 'No model was used. These sentences of the documents fit the question best:',
    unknown: 'I do not know: nothing that was found answers this. (No model was used.)',
  },
  cjk: {
    quoted: '没有使用模型。以下是文档中与问题最相符的句子：',
    unknown: '我不知道：没有找到能回答这个问题的内容。（没有使用模型。）',
  },
} as const;

/**
 * Acts as a model and is none: first has its tool search for the question, then answers with the sentences of what was
 * found that fit it best, or says that it does not know. The same conversation gives the same answer.
 */
export function extractiveModel(
  config: ExtractiveModelConfig,
  encoder: () => Promise<Pick<QueryEncoder, 'encode'>>,
): ModelClient {
  async function complete({ messages, tools, signal }: CompletionRequest): Promise<Completion> {
    signal.throwIfAborted();
    const { question, results } = lastTurn(messages, config.tool);
    const canSearch = tools.some(({ name }) => name === config.tool);
    if (results.length === 0 && canSearch && question.trim() !== '') {
      const call = { id: 'call_search', tool: config.tool, arguments: JSON.stringify({ query: question }) };
      return { ...NOTHING_SPENT, text: '', toolCalls: [call], finish: 'tool-calls' };
    }
    const { sentences, minScore } = config;
    const quotes = await bestSentences(question, passagesOf(results), encoder, { sentences, minScore, signal });
    return { ...NOTHING_SPENT, text: answerOf(question, quotes), toolCalls: [], finish: 'stop', quotes };
  }
  return { contextTokens: Number.MAX_SAFE_INTEGER, complete, close: () => Promise.resolve() };
}

const NOTHING_SPENT = {
  usage: { inputTokens: 0, outputTokens: 0, estimated: false },
  cost: 0,
  provider: { name: 'extractive', model: 'none' },
} as const;

type ToolMessage = Extract<Message, { role: 'tool' }>;

/**
 * The question that is open, and what its search has given. A turn begins after the last answer; what a run adds to it on
 * its way, such as advice to a model, is no other question.
 */
function lastTurn(messages: readonly Message[], tool: string): { question: string; results: ToolMessage[] } {
  const answered = messages.findLastIndex((message) => message.role === 'assistant' && !message.toolCalls?.length);
  const turn = messages.slice(answered + 1);
  const question = turn.find(({ role }) => role === 'user')?.content ?? '';
  return {
    question,
    results: turn.filter((message) => message.role === 'tool' && message.tool === tool) as ToolMessage[],
  };
}

/** A result that names no passages is none to quote: it says that nothing was found, or that the tool failed. */
const passagesOf = (results: readonly ToolMessage[]): Passage[] =>
  results.flatMap(({ passages = [] }) => [...passages]);

function answerOf(question: string, quotes: readonly Quote[]): string {
  const said = SAID[scriptOf(question)];
  if (quotes.length === 0) return said.unknown;
  return [said.quoted, '', ...quotes.map(({ text, document }) => `${text.replace(/\s+/g, ' ')} [${document}]`)].join(
    '\n',
  );
}
