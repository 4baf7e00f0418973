/** What a service of a strategy needs: `import { StrategyReader, placedIn } from 'temporal-llm-pack/strategies'`. */
export { armOf, type ArmName, placeOf } from './place';
export type { ServedStrategy, ServedVersion } from './read-moved';
export { type Assignment, type ReaderOptions, type ReaderState, StrategyReader, placedIn } from './strategy-reader';
