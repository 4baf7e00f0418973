/** Keys sorted at every depth: the same arguments have the same text, and so the same hash, in whatever order a model names them. */
export { canonicalJson } from '../kit/work';
