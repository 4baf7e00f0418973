import type { GgufModelConfig } from '../../../schemas/agent-config';
import { failure } from '../../errors';
import { limitText } from '../../kit/limit-text';
import { actionSchema, asText } from './as-text';
import { grammarSchema } from './grammar-schema';
import { type ChatItem, type LoadedModel, loadGguf } from './llama-binding';
import type { Completion, CompletionRequest, ModelClient } from './model';
import { costOf } from './tokens';

/** What a chat template puts around a message, more or less. */
const MESSAGE_TOKENS = 8;

/**
 * A model in a GGUF file, on this machine's CPU, by node-llama-cpp. It knows no tools of its own: it is told of them in
 * text and held by a grammar to write an action. One conversation at a time; others wait.
 */
export function ggufModel(name: string, config: GgufModelConfig): ModelClient {
  const { contextTokens, prices } = config;
  let loaded: Promise<LoadedModel> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const load = () => {
    if (!loaded) {
      const loading = loadGguf(name, config);
      loaded = loading;
      // A failure is not kept: the file may be there the next time.
      loading.catch(() => (loaded = undefined));
    }
    return loaded;
  };

  async function answer(request: CompletionRequest): Promise<Completion> {
    const { signal, tools, maxTokens, temperature, heartbeat } = request;
    signal.throwIfAborted();
    const { llama, model, chat } = await load();
    const history = asText(request.messages, tools).map(({ role, content }): ChatItem => {
      const text = limitText(content, config.messageCharacters);
      return role === 'assistant' ? { type: 'model', response: [text] } : { type: role, text };
    });
    const texts = history.map((item) => (item.type === 'model' ? item.response.join('') : item.text));
    const inputTokens = texts.reduce((sum, text) => sum + model.tokenize(text).length + MESSAGE_TOKENS, 0);
    if (inputTokens + maxTokens > contextTokens) {
      const both = `${inputTokens} tokens and ${maxTokens} of an answer`;
      throw failure('ContextTooLong', `The model "${name}" takes in ${contextTokens} tokens, not ${both}.`);
    }
    const schema = request.schema ?? (tools.length > 0 ? actionSchema(tools) : undefined);
    const grammar = schema ? { grammar: await llama.createGrammarForJsonSchema(grammarSchema(schema)) } : {};
    const time = AbortSignal.timeout(config.timeoutSeconds * 1_000);
    const talk = chat();
    let characters = 0;
    try {
      const { response, metadata } = await talk.generateResponse([...history, { type: 'model', response: [] }], {
        ...{ signal: AbortSignal.any([signal, time]), maxTokens, temperature, ...grammar },
        onTextChunk: (text) => heartbeat?.((characters += text.length)),
      });
      const usage = { inputTokens, outputTokens: model.tokenize(response).length, estimated: false };
      return {
        ...{ text: response, toolCalls: [], usage, cost: costOf(usage, prices) },
        finish: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
        provider: { name: 'gguf', model: name },
      };
    } catch (error) {
      signal.throwIfAborted();
      if (!time.aborted) throw error;
      throw failure('ModelUnavailable', `The model "${name}" was not done within ${config.timeoutSeconds} s.`);
    } finally {
      talk.dispose({ disposeSequence: false });
    }
  }

  return {
    contextTokens,
    complete(request) {
      const mine = last.then(() => answer(request));
      last = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await loaded?.then(({ llama }) => llama.dispose()).catch(() => undefined);
      loaded = undefined;
    },
  };
}
