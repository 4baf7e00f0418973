/**
 * Queries asked at once when nothing else is said: enough to keep the search engine busy while the encoder works, and no
 * load to speak of.
 */
const LANES = 4;

/**
 * Does `work` for each item, a few at a time; the results come in the order of the items. The first error ends it: no item
 * is begun after it, and it is thrown when those under way are through.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<R>,
  { lanes = LANES, signal }: { lanes?: number; signal?: AbortSignal | undefined } = {},
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    try {
      while (next < items.length) {
        signal?.throwIfAborted();
        const at = next++;
        results[at] = await work(items[at] as T, at);
      }
    } finally {
      next = items.length;
    }
  };
  const running = Array.from({ length: Math.min(lanes, items.length) }, lane);
  await Promise.all(running).finally(() => Promise.allSettled(running));
  return results;
}
