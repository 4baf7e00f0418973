/**
 * What a team imports: the plugin for its own workers, the configuration's type, search as a function, and fitted
 * transforms for a program of its own.
 */
export { LlmPackPlugin, type LlmPackPluginOptions } from './plugin';
export { openDependencies, type OpenDependencies } from './dependencies';
export { createPackWorker } from './pools';
export { tellChanges, type TellChange } from './tell-changes';
export { loadSettings, resolveEndpoints, type Endpoints, type Settings } from './settings';
export { openReranker, type Rerank, type Reranker } from '../activities/search/rerank';
export { answerQuery, hybridSearch } from '../activities/search/hybrid-search';
export { loadTransform, type LoadedTransform } from '../activities/features/load';
export { FeatureTransform, type ApplyOptions, type FeatureRow } from '../activities/features/transform';
export { WindowHistory } from '../activities/features/history';
export type { BpeTokenizer } from '../activities/features/tokenizer/bpe-tokenizer';
export type { PackConfig, PackConfigInput } from '../schemas/config';
