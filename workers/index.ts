/** What a team imports: the plugin for its own workers, the configuration's type, and search as a function. */
export { LlmPackPlugin, type LlmPackPluginOptions } from './plugin';
export { openDependencies, type OpenDependencies } from './dependencies';
export { createPackWorker } from './pools';
export { loadSettings, resolveEndpoints, type Endpoints, type Settings } from './settings';
export { hybridSearch } from '../activities/search/hybrid-search';
export type { PackConfig, PackConfigInput } from '../schemas/config';
