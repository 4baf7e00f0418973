import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { OpenAIModelConfig } from '../../../schemas/agent-config';
import { limitText } from '../../kit/limit-text';
import { actionSchema, asText } from './as-text';
import { endpointLikelihoods } from './likelihoods';
import type { Completion, CompletionRequest, Finish, Message, ModelClient, ToolCall, Usage } from './model';
import { modelFailure } from './model-errors';
import { problemOf } from './provider-problem';
import { costOf, estimateInput, estimateTokens } from './tokens';
import { watchedFetch } from './watched-fetch';

type LanguageModel = ReturnType<ReturnType<typeof createOpenAICompatible>['languageModel']>;
type CallOptions = Parameters<LanguageModel['doStream']>[0];
type Prompt = CallOptions['prompt'];
type StreamPart = Awaited<ReturnType<LanguageModel['doStream']>>['stream'] extends ReadableStream<infer P> ? P : never;

const FINISHES: Record<string, Finish> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content-filter',
  'tool-calls': 'tool-calls',
  // A word of the server's own: the answer is there.
  other: 'stop',
};

/**
 * A model behind an endpoint that speaks OpenAI's protocol. Answers are streamed, so that one that breaks off is noticed
 * and one that takes long is seen to go on.
 * @param name of the model in the configuration, for failures. @param apiKey sent as a bearer token.
 */
export function openAIModel(name: string, config: OpenAIModelConfig, apiKey: string | undefined): ModelClient {
  const { contextTokens, prices } = config;

  async function complete(request: CompletionRequest): Promise<Completion> {
    const { signal, heartbeat } = request;
    signal.throwIfAborted();
    const watch = watchedFetch(config);
    const model = createOpenAICompatible({
      name: 'openai',
      baseURL: config.baseUrl,
      includeUsage: true,
      supportsStructuredOutputs: config.structuredOutputs,
      fetch: watch.fetch,
      ...(apiKey ? { apiKey } : {}),
    }).languageModel(config.model);
    const answer = new Answer(heartbeat);
    try {
      const abortSignal = AbortSignal.any([signal, watch.signal]);
      const { stream } = await model.doStream({ ...optionsOf(request, config), abortSignal });
      for await (const part of stream) answer.add(part);
    } catch (thrown) {
      signal.throwIfAborted();
      const why = watch.why();
      const problem = why ? { what: why, isLate: true as const, codes: [], said: '', headers: {} } : problemOf(thrown);
      throw modelFailure(name, problem);
    } finally {
      watch.stop();
    }
    const usage = answer.usage(request);
    const { text, toolCalls, finish } = answer;
    const provider = { name: 'openai' as const, model: config.model };
    return { text, toolCalls, usage, cost: costOf(usage, prices), finish, provider };
  }

  const client: ModelClient = { contextTokens, complete, close: () => Promise.resolve() };
  if (config.logLikelihoods) client.likelihoods = (request) => endpointLikelihoods(name, config, apiKey, request);
  return client;
}

/** What has come of an answer. */
class Answer {
  text = '';
  toolCalls: ToolCall[] = [];
  finish: Finish = 'stop';
  private characters = 0;
  private counted: { input: number | undefined; output: number | undefined } = { input: undefined, output: undefined };

  constructor(private readonly heartbeat: ((characters: number) => void) | undefined) {}

  add(part: StreamPart): void {
    switch (part.type) {
      case 'text-delta':
        this.text += part.delta;
        return this.beat(part.delta);
      case 'reasoning-delta':
      case 'tool-input-delta':
        return this.beat(part.delta);
      case 'tool-call':
        this.toolCalls.push({ id: part.toolCallId, tool: part.toolName, arguments: part.input });
        return;
      case 'finish':
        this.counted = { input: counted(part.usage.inputTokens.total), output: counted(part.usage.outputTokens.total) };
        this.finish = FINISHES[part.finishReason.unified] ?? 'stop';
        return;
      case 'error':
        throw part.error;
    }
  }

  /** As the endpoint counted; where it did not, as estimated. */
  usage(request: CompletionRequest): Usage {
    const { input, output } = this.counted;
    if (input !== undefined && output !== undefined) {
      return { inputTokens: input, outputTokens: output, estimated: false };
    }
    const written = this.text + this.toolCalls.map(({ tool, arguments: text }) => tool + text).join('');
    return {
      inputTokens: input ?? estimateInput(request),
      outputTokens: output ?? Math.max(estimateTokens(written), Math.ceil(this.characters / 4)),
      estimated: true,
    };
  }

  private beat(delta: string): void {
    this.characters += delta.length;
    this.heartbeat?.(this.characters);
  }
}

/** A number of tokens as an endpoint tells it; one that is none, such as one below 0, would give a budget back. */
const counted = (told: number | undefined): number | undefined =>
  Number.isSafeInteger(told) && told !== undefined && told >= 0 ? told : undefined;

function optionsOf(request: CompletionRequest, config: OpenAIModelConfig): CallOptions {
  const { tools, maxTokens, temperature, idempotencyKey } = request;
  const native = config.toolCalls === 'native';
  const messages = native ? request.messages : asText(request.messages, tools);
  const wanted = request.schema ?? (native || tools.length === 0 ? undefined : actionSchema(tools));
  const schema = config.structuredOutputs ? wanted : undefined;
  return {
    prompt: promptOf(messages, config.messageCharacters),
    maxOutputTokens: maxTokens,
    temperature,
    ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
    ...(native && tools.length > 0
      ? {
          tools: tools.map(({ name, description, parameters }) => ({
            ...{ type: 'function' as const, name, description },
            inputSchema: parameters,
          })),
        }
      : {}),
    ...(schema ? { responseFormat: { type: 'json' as const, schema: schema, name: 'answer' } } : {}),
  };
}

const promptOf = (messages: readonly Message[], most: number): Prompt =>
  messages.map((message): Prompt[number] => {
    const text = limitText(message.content, most);
    switch (message.role) {
      case 'system':
        return { role: 'system', content: text };
      case 'user':
        return { role: 'user', content: [{ type: 'text', text }] };
      case 'tool': {
        const output = { type: 'text' as const, value: text };
        const result = { toolCallId: message.callId, toolName: message.tool, output };
        return { role: 'tool', content: [{ type: 'tool-result', ...result }] };
      }
      case 'assistant': {
        const calls = (message.toolCalls ?? []).map(({ id, tool, arguments: input }) => ({
          ...{ type: 'tool-call' as const, toolCallId: id, toolName: tool, input },
        }));
        return { role: 'assistant', content: [...(text ? [{ type: 'text' as const, text }] : []), ...calls] };
      }
    }
  });
