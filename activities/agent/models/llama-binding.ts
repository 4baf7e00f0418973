import { availableParallelism } from 'node:os';
import { failure } from '../../errors';

/**
 * What is used of `node-llama-cpp`. It is an optional peer, so its own types are not there to compile with; these were
 * taken from version 3.22.1.
 */
interface Binding {
  getLlama(options: { gpu: false; build: 'never'; skipDownload: true; logLevel: string }): Promise<Llama>;
  LlamaChat: new (options: { contextSequence: unknown }) => LlamaChat;
}
interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>;
  createGrammarForJsonSchema(schema: object): Promise<unknown>;
  dispose(): Promise<void>;
}
interface LlamaModel {
  createContext(options: { contextSize: number; threads: number }): Promise<{ getSequence(): unknown }>;
  tokenize(text: string): { length: number };
}
export type ChatItem = { type: 'system' | 'user'; text: string } | { type: 'model'; response: string[] };
interface LlamaChat {
  generateResponse(
    history: ChatItem[],
    options: {
      signal: AbortSignal;
      maxTokens: number;
      temperature: number;
      onTextChunk: (text: string) => void;
      grammar?: unknown;
    },
  ): Promise<{ response: string; metadata: { stopReason: string } }>;
  dispose(options: { disposeSequence: boolean }): void;
}

/** A file in memory, with one conversation at a time. */
export interface LoadedModel {
  llama: Llama;
  model: LlamaModel;
  /** A chat over the one sequence there is: what it has read of the last conversation it does not read again. */
  chat: () => LlamaChat;
}

const PACKAGE = 'node-llama-cpp';

/**
 * Loads a model file. Nothing is built or downloaded.
 * @throws `AgentModelMissing` where the package or the file is missing, or the file can not be loaded.
 */
export async function loadGguf(
  name: string,
  options: { path: string; threads: 'cores' | number; contextTokens: number },
): Promise<LoadedModel> {
  const { path, threads, contextTokens } = options;
  const binding = await (import(PACKAGE) as Promise<Binding>).catch((error: unknown) => {
    const version = 'install node-llama-cpp 3.22 beside this package';
    throw failure('AgentModelMissing', `The model "${name}" needs node-llama-cpp: ${version} (${wordsOf(error)}).`);
  });
  try {
    const llama = await binding.getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
    const model = await llama.loadModel({ modelPath: path });
    // Its threads spin while they wait for one another: with one for each core, a busy machine comes to a near stop.
    const most = threads === 'cores' ? Math.max(1, availableParallelism() - 1) : threads;
    const context = await model.createContext({ contextSize: contextTokens, threads: most });
    const contextSequence = context.getSequence();
    return { llama, model, chat: () => new binding.LlamaChat({ contextSequence }) };
  } catch (error) {
    throw failure('AgentModelMissing', `The model "${name}" can not be loaded from its file: ${wordsOf(error)}.`);
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
