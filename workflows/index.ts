/**
 * Every workflow of the pack, for a worker's bundle. A team's own bundle re-exports it:
 * `export * from 'temporal-llm-pack/workflows'`.
 */
export { buildFeatures } from './build-features';
export { cleanDataset } from './clean-dataset';
export { converse } from './converse';
export { distillModel } from './distill-model';
export { evaluateModel } from './evaluate-model';
export { importModel } from './import-model';
export { indexFeed } from './index-feed';
export { indexWindow } from './index-window';
export { promoteVersion } from './promote-version';
export { rebuildIndex } from './rebuild-index';
export { redTeam } from './red-team';
export { rethresholdDataset } from './rethreshold-dataset';
export { runAgent } from './run-agent';
export { trainGuard } from './train-guard';
export { trainModel } from './train-model';
export { updateIndex } from './update-index';
