import type { Passage, ToolSpec } from '../../../schemas/agent';

/** One call of a tool, as a model wrote it. */
export interface ToolCall {
  /** The provider's own id, given back with the result. */
  id: string;
  tool: string;
  /** As it came: JSON if the model did well, so it is read by whoever repairs what models write. */
  arguments: string;
}

/** One message of a conversation, in no provider's words. */
export type Message =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string; toolCalls?: readonly ToolCall[] }
  | {
      role: 'tool';
      tool: string;
      /** Id of the call that this answers. */
      callId: string;
      content: string;
      /** What the tool found, for a model that quotes instead of writing. */
      passages?: readonly Passage[];
    };

export interface CompletionRequest {
  messages: readonly Message[];
  /** What the model may call; none when it is to answer. */
  tools: readonly ToolSpec[];
  /** JSON Schema that the whole text of the answer must follow, where the provider can hold a model to one. */
  schema?: Readonly<Record<string, unknown>>;
  /** Of the answer. */
  maxTokens: number;
  /** From 0 to 2. */
  temperature: number;
  signal: AbortSignal;
  /** Names the question: an endpoint that knows such keys answers, and charges, once for each. */
  idempotencyKey?: string;
  /** Called with the number of characters that have come, whenever some come. */
  heartbeat?: (characters: number) => void;
}

export interface Usage {
  inputTokens: number;
  outputTokens: number;
  /** The provider did not count, so this was guessed from the characters, rather too high. */
  estimated: boolean;
}

/** Why a model stopped: done, at its limit, to have tools called, or cut by the provider's filter. */
export type Finish = 'stop' | 'length' | 'tool-calls' | 'content-filter';

/** A sentence that was quoted: `passage.text.slice(from, to)` of the passage with that document. */
export interface Quote {
  document: string;
  title: string;
  from: number;
  to: number;
  text: string;
  /** How well it fits the question, from 0 to 1. */
  score: number;
}

export interface Completion {
  text: string;
  toolCalls: ToolCall[];
  usage: Usage;
  /** By the prices of the configuration, in their currency. */
  cost: number;
  finish: Finish;
  /** Who answered: `openai`, `gguf` or `extractive`, and the model. */
  provider: { name: 'openai' | 'gguf' | 'extractive'; model: string };
  /** Only where no model was used: what the answer is made of. */
  quotes?: Quote[];
}

/** Texts that may follow another one. */
export interface LikelihoodRequest {
  context: string;
  continuations: readonly string[];
  signal: AbortSignal;
  idempotencyKey?: string;
}

export interface Likelihoods {
  /** Sum of the natural logarithms of the probabilities of the tokens of each continuation, after the context. */
  logLikelihoods: number[];
  usage: Usage;
  cost: number;
}

/** A model behind whatever interface. It never asks twice by itself: Temporal does. */
export interface ModelClient {
  /** Tokens of a conversation and its answer together. */
  readonly contextTokens: number;
  /**
   * @throws `ModelUnavailable`, which is retried; `ModelRequestRefused`, `ModelNotAllowed`, `ContextTooLong` and
   * `ContentFiltered`, which are not; the reason of `signal` where it was stopped.
   */
  complete(request: CompletionRequest): Promise<Completion>;
  /**
   * How likely the model finds texts; only where it can tell.
   * @throws as `complete`, and `SubjectUnsuitable` where the endpoint does not give what its configuration says.
   */
  likelihoods?(request: LikelihoodRequest): Promise<Likelihoods>;
  /** Lets go of what is in memory. */
  close(): Promise<void>;
}
