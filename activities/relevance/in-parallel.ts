/** Queries asked at once: enough to keep the search engine busy while the encoder works, and no load to speak of. */
const LANES = 4;

/** Does `work` for each item, a few at a time; the results come in the order of the items. The first error ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < items.length && !failed) {
      signal?.throwIfAborted();
      const at = next++;
      try {
        results[at] = await work(items[at] as T, at);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
  return results;
}
