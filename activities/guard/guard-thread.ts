/** What runs in the threads of the guard's pool: everything that would hold up the event loop. */
export { attackInThread } from './red-team/attack';
export { fitInThread, foldInThread, withoutInThread } from './training/fit-guard';
