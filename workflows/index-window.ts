import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { indexWindowStage, type IndexWindowOutput } from '../schemas/index-window';
import { MESSAGES } from '../schemas/names';
import type { DecisionArgument } from './kit/controls';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

export const rollbackUpdate = defineUpdate<string, [DecisionArgument | undefined]>(MESSAGES.rollback);

const HOUR_MS = 3_600_000;

/** Waits for somebody to go back to the index before, until the time for it is over. */
export const indexWindow = stageWorkflow(
  indexWindowStage,
  { phases: ['rollback', 'close', 'tidy'] },
  async (run): Promise<IndexWindowOutput> => {
    const { alias, index, previous, hours } = run.input;
    let wanted: { by: string; note: string } | null = null;
    let isOpen = true;
    let done = false;
    setHandler(
      rollbackUpdate,
      async (argument) => {
        wanted = { by: String(argument?.by ?? 'unnamed'), note: String(argument?.note ?? '') };
        await condition(() => done);
        return `${previous.physical} is live again.`;
      },
      {
        description: `Go back to ${previous.physical}, which has received all updates. Input: {"by": "your name", "note": "why"}, or nothing.`,
        validator: (_argument: DecisionArgument | undefined) => {
          if (!isOpen || wanted !== null) throw new Error(`The window of ${index.physical} is closed.`);
        },
      },
    );
    run.onStop(() => cpu().endWrites({ physical: previous.physical }));

    await condition(() => wanted !== null, hours * HOUR_MS);
    isOpen = false;
    // Assigned by the handler, which the compiler does not follow.
    const decision = wanted as { by: string; note: string } | null;
    if (decision !== null) await run.step('rollback', () => cpu().rollbackIndex({ index, previous, ...decision }));
    else await run.step('close', () => cpu().endWrites({ physical: previous.physical }));
    done = true;
    const { dropped } = await run.step('tidy', () => cpu().dropOldIndexes({ alias }));
    return { rolledBack: decision, dropped };
  },
);
