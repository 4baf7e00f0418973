import path from 'node:path';
import type { AgentConfig } from '../../../schemas/agent-config';
import { failure } from '../../errors';
import type { QueryEncoder } from '../../search/hybrid-search';
import { extractiveModel } from './extractive/extractive-model';
import { ggufModel } from './gguf-model';
import type { ModelClient } from './model';
import { openAIModel } from './openai-model';

export { asText, actionSchema, actionText } from './as-text';
export type { Completion, CompletionRequest, Finish, Message, ModelClient, Quote, ToolCall, Usage } from './model';
export { estimateInput, estimateTokens, mostCost } from './tokens';

/** What models are opened with. */
export interface ModelDependencies {
  encoder: () => Promise<Pick<QueryEncoder, 'encode'>>;
  /** Holds the keys that the configuration names by their variables. */
  env: NodeJS.ProcessEnv;
  /** Relative paths of the configuration start here. */
  projectDir: string;
}

/**
 * Opens a model of the configuration, its default where no name is given. A file is loaded with the first call.
 * @throws `AgentModelMissing` where there is none of that name, or its key is not set.
 */
export function openModel(config: AgentConfig, deps: ModelDependencies, name = config.model): ModelClient {
  const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
  if (!model) {
    const known = Object.keys(config.models).join(', ');
    throw failure('AgentModelMissing', `There is no model "${name}"; there is: ${known}.`);
  }
  switch (model.provider) {
    case 'extractive':
      return extractiveModel(model, deps.encoder);
    case 'gguf':
      return ggufModel(name, { ...model, path: path.resolve(deps.projectDir, model.path) });
    case 'openai': {
      const { apiKeyVariable } = model;
      const key = apiKeyVariable === undefined ? undefined : deps.env[apiKeyVariable];
      if (apiKeyVariable === undefined || key) return openAIModel(name, model, key);
      throw failure('AgentModelMissing', `The model "${name}" needs the variable ${apiKeyVariable}, which is not set.`);
    }
  }
}
