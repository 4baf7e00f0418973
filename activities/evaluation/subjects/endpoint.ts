import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ModelConfig } from '../../../schemas/agent-config';
import type { SubjectInput } from '../../../schemas/evaluate-model';
import type { CompletionRequest, Message } from '../../agent/models/model';
import { estimateInput, estimateTokens, mostCost } from '../../agent/models';
import { costOf } from '../../agent/models/tokens';
import type { OpenModel } from '../../agent/parts';
import { failure } from '../../errors';
import { canonicalJson } from '../../kit/canonical-json';
import type { Answer, Ask, Subject } from '../interfaces';

/** Raise it when the same question would be put in other words. */
const PROMPTS = 1;

/** A hash of all that can change what a model of the configuration answers; its key and its limits of time can not. */
export async function endpointIdentity(
  config: ModelConfig,
  { system, maxTokens, temperature }: SubjectInput,
): Promise<string> {
  const file = config.provider === 'gguf' ? await stat(config.path).catch(() => null) : null;
  const model =
    config.provider === 'openai'
      ? { baseUrl: config.baseUrl, model: config.model, cut: config.messageCharacters }
      : config.provider === 'gguf'
        ? { path: config.path, bytes: file?.size ?? 0, changed: file?.mtimeMs ?? 0, context: config.contextTokens }
        : config;
  const described = { prompts: PROMPTS, provider: config.provider, model, system, maxTokens, temperature };
  return createHash('sha256').update(canonicalJson(described)).digest('hex');
}

/** A model of `agent.models`: asked in words. */
export function endpointSubject({ client, config }: OpenModel, input: SubjectInput): Subject {
  const requestOf = (ask: Ask) => ({
    messages: messagesOf(ask, input.system, config.provider === 'extractive' ? config.tool : null),
    tools: [],
    maxTokens: input.maxTokens,
    temperature: input.temperature,
  });
  return {
    asks: ['complete', 'classify', ...(client.likelihoods ? (['choose'] as const) : [])],
    most(ask) {
      if (ask.kind === 'choose') {
        const texts = [ask.context, ...ask.continuations.map((text) => ask.context + text)];
        const inputTokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
        const usage = { inputTokens, outputTokens: texts.length, estimated: true };
        const usd = config.provider === 'extractive' ? 0 : costOf(usage, config.prices);
        return { tokens: inputTokens + texts.length, usd };
      }
      const request = requestOf(ask);
      return { tokens: estimateInput(request) + request.maxTokens, usd: mostCost(request, config) };
    },
    async answer(ask, { signal, idempotencyKey, heartbeat }): Promise<Answer> {
      const began = performance.now();
      if (ask.kind === 'choose') {
        if (!client.likelihoods) throw failure('SubjectUnsuitable', 'It does not say how likely it finds a text.');
        const { context, continuations } = ask;
        const told = await client.likelihoods({ context, continuations, signal, idempotencyKey });
        const { logLikelihoods, usage: used, cost: usd } = told;
        const likeliest = continuations[logLikelihoods.indexOf(Math.max(...logLikelihoods))] ?? '';
        const { inputTokens, outputTokens } = used;
        const milliseconds = Math.round(performance.now() - began);
        return { text: likeliest.trim(), logLikelihoods, inputTokens, outputTokens, usd, milliseconds };
      }
      const request: CompletionRequest = {
        ...{ ...requestOf(ask), signal, idempotencyKey },
        heartbeat: () => heartbeat(),
      };
      const { text, usage, cost, quotes, finish } = await client.complete(request);
      if (finish === 'content-filter') throw failure('ContentFiltered', 'The provider kept the answer back.');
      return {
        text:
          ask.kind === 'classify'
            ? labelIn(text, ask.labels)
            : quotes
              ? quotes.map((quote) => quote.text).join(' ')
              : text.trim(),
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        usd: cost,
        milliseconds: Math.round(performance.now() - began),
      };
    },
  };
}

/** @param tool whose result a model that only quotes takes passages from; null for one that reads. */
function messagesOf(ask: Ask, system: string, tool: string | null): Message[] {
  const own: Message[] = system === '' ? [] : [{ role: 'system', content: system }];
  switch (ask.kind) {
    case 'classify':
      return [...own, { role: 'system', content: classifyPrompt(ask) }, { role: 'user', content: ask.text }];
    case 'complete': {
      if (tool === null) return [...own, ...withDocuments(ask)];
      const call = { id: 'call_search', tool, arguments: '{}' };
      const found: Message[] = [
        { role: 'assistant', content: '', toolCalls: [call] },
        { role: 'tool', tool, callId: call.id, content: '', passages: ask.passages },
      ];
      return [...own, ...ask.messages, ...(ask.passages.length > 0 ? found : [])];
    }
    case 'rank':
    case 'choose':
      throw failure('SubjectUnsuitable', `A question of this kind (${ask.kind}) is not put in words.`);
  }
}

/** The documents stand before what is asked last. */
function withDocuments({ messages, passages }: Extract<Ask, { kind: 'complete' }>): Message[] {
  if (passages.length === 0) return messages;
  const shown = passages.map(({ document, text }) => `<document id=${JSON.stringify(document)}>\n${text}\n</document>`);
  return messages.map((message, at) =>
    at === messages.length - 1 ? { ...message, content: `${shown.join('\n')}\n\n${message.content}` } : message,
  );
}

const classifyPrompt = ({ labels, instructions }: Extract<Ask, { kind: 'classify' }>): string =>
  [
    ...(instructions === null ? [] : [instructions]),
    'Say which of these labels fits the text of the user. Write the label and nothing else:',
    ...labels.map((label) => `- ${label}`),
  ].join('\n');

/** The label that was written, without case, marks and the like; what was written where it is none of them. */
function labelIn(text: string, labels: readonly string[]): string {
  const plain = (of: string) => of.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  const written = plain(text);
  return labels.find((label) => plain(label) === written) ?? text.trim().slice(0, 200);
}
