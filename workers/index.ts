/**
 * What a team imports: the plugin for its own workers, the configuration's type, search as a function, fitted
 * transforms for a program of its own, and guards.
 */
export { LlmPackPlugin, type LlmPackPluginOptions } from './plugin';
export { openDependencies, type OpenDependencies } from './dependencies';
export { createPackWorker } from './pools';
export { deploymentVersion, versionOptions } from './deployment';
export { metricsTelemetry } from './monitoring/telemetry';
export { openTracing, type Tracing } from './monitoring/tracing';
export { watchLoopLag } from './monitoring/loop-lag';
export { watchServer, type ServerGauges } from './monitoring/server-gauges';
export { tellChanges, type TellChange } from './tell-changes';
export { loadSettings, resolveEndpoints, type Endpoints, type Settings } from './settings';
export { openReranker, type Rerank, type Reranker } from '../activities/search/rerank';
export { answerQuery, hybridSearch } from '../activities/search/hybrid-search';
export { loadTransform, type LoadedTransform } from '../activities/features/load';
export { FeatureTransform, type ApplyOptions, type FeatureRow } from '../activities/features/transform';
export { WindowHistory } from '../activities/features/history';
export type { BpeTokenizer } from '../activities/features/tokenizer/bpe-tokenizer';
export { openGuard, type Guard, type GuardContext, type GuardOptions } from '../activities/guard/guard';
export { openTrainedGuard, type GuardStores } from '../activities/guard/guard-files';
export { withRisk } from '../activities/guard/policy';
export type { PackConfig, PackConfigInput } from '../schemas/config';
export { dataConverterOf } from './codec/data-converter';
export { EncryptionCodec, type EncryptionKey } from './codec/encryption-codec';
