import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';

/**
 * Does `work`, and gives it up once `stop` is true: the activity that it waits for is cancelled, and the answer is null. A
 * cancellation of the run itself is thrown on.
 */
export async function unless<T>(stop: () => boolean, work: () => Promise<T>): Promise<T | null> {
  if (stop()) return null;
  const scope = new CancellationScope();
  let isSettled = false;
  const settle = () => (isSettled = true);
  const working = scope.run(work);
  working.then(settle, settle);
  await condition(() => isSettled || stop());
  if (!isSettled) scope.cancel();
  try {
    return await working;
  } catch (error) {
    if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return null;
    throw error;
  }
}
