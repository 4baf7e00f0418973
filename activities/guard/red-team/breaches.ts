/** Attacks that a model has fallen for, with its answers, a line each: what people look at. */
export const BREACHES_FILE = 'breaches.jsonl';
