import { CancellationScope, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import { toldChanges } from '../../schemas/told-changes';
import { MESSAGES } from '../../schemas/names';
import { parseInput } from '../../schemas/stage';
import { soonCpu } from '../kit/pools';

/** Its argument is checked here: a signal can not be refused. */
export const changeSignal = defineSignal<[unknown]>(MESSAGES.change);

/** What became of the changes that a run was told. */
export interface Told {
  /** Waits until what was told so far is in the outbox. */
  recorded(): Promise<void>;
  /** Whether something that was told is not there yet. */
  isBusy(): boolean;
}

/**
 * Takes the changes that clients signal, and puts them into the outbox in the order in which they came: that is where
 * order for each document, what is newer, and what waits are kept. Called before the first await, so that a signal that
 * started the run is not missed.
 */
export function takeToldChanges(alias: string, warn: (message: string) => void): Told {
  const { runId } = workflowInfo();
  let batches = 0;
  let open = 0;
  let last: Promise<void> = Promise.resolve();

  const record = async (before: Promise<void>, raw: unknown, batch: string): Promise<void> => {
    await before;
    const parsed = parseInput(toldChanges, raw);
    if (!parsed.ok) {
      const problems = parsed.issues.map(({ path, problem }) => `${path} ${problem}`);
      warn(`A signal "${MESSAGES.change}" was not taken: ${problems.join('; ')}.`);
      return;
    }
    const { changes } = parsed.value;
    try {
      // Also where the feed is cancelled meanwhile: whoever told it need not tell again.
      await CancellationScope.nonCancellable(() => soonCpu().recordChanges({ alias, batch, changes }));
    } catch (error) {
      warn(`Changes of a signal were not taken: ${String(error)}`);
    }
  };
  setHandler(
    changeSignal,
    async (raw) => {
      batches += 1;
      open += 1;
      last = record(last, raw, `${runId}/${batches}`);
      await last;
      open -= 1;
    },
    {
      description:
        'Changes of documents, in order. Input: {"changes": [{"document": "a.md", "title": "A", "text": "…"}, {"document": "b.md", "deleted": true}]}.',
    },
  );
  return { recorded: () => last, isBusy: () => open > 0 };
}
