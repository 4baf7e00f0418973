import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import type { TrainingConfig } from '../../schemas/training-config';
import { trainModelStage, type TrainModelOutput } from '../../schemas/train-model';
import { startPack } from './pack';
import { sharedServers } from './shared-servers';
import { readJobLines } from './training-lines';
import { processesNaming, STUB_PYTHON, stepOf, untilProgress, writeRows } from './training';

/** Small enough for a node of any test's cluster; the stub has none. */
const ARCHITECTURE = { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 300 };
const STEPS = 60;
const STEP_SECONDS = 0.15;
const INTERVAL = 5;
/** Steps that a run has made at the least when its fault comes, of those above. */
const FIRST_STEPS = 8;

/** What befalls a run, and is over when it resolves. */
type Fault = (run: WorkflowHandle) => Promise<void>;

/** Models that the stage trains on a cluster, each with a fault in the middle. The trainer is a stub, as are its numbers. */
export class ClusterTraining {
  private constructor(private readonly pack: Awaited<ReturnType<typeof startPack>>) {}

  /** @param env variables that the launcher's configuration names */
  static async start(launcher: TrainingConfig['launchers'][string], env: Record<string, string> = {}) {
    const config = { training: { python: STUB_PYTHON, launchers: { cluster: launcher } } };
    return new ClusterTraining(await startPack(sharedServers(), config, env));
  }

  stop(): Promise<void> {
    return this.pack.stop();
  }

  /**
   * Trains a model, does `fault` once it makes steps, and holds what comes of it to what comes of each step taken once.
   * @returns what the run says of its attempts
   */
  async through(name: string, fault: Fault, nodes = 1): Promise<NonNullable<TrainModelOutput['attempts']>> {
    const { counts, metrics, attempts = [] } = await this.train(name, fault, nodes);
    // The state of the stub is a product over its steps: one that was left out or taken twice shows.
    const state = Array.from({ length: STEPS }).reduce((product: number) => product * 0.99, 1);
    expect([counts.steps, metrics?.after]).toEqual([STEPS, { loss: 2 * state }]);
    for (const [at, { fromStep }] of attempts.entries()) {
      const reached = attempts[at - 1]?.toStep ?? 0;
      expect(fromStep).toBeLessThanOrEqual(reached);
      expect(reached - fromStep).toBeLessThanOrEqual(INTERVAL);
    }
    expect(attempts.at(-1)).toMatchObject({ ended: 'done', toStep: STEPS });
    expect(processesNaming(`/${name}-`)).toEqual([]);
    return attempts;
  }

  private async train(name: string, fault: Fault, nodes: number): Promise<TrainModelOutput> {
    const { pack } = this;
    await writeRows(pack.projectDir, `${name}.jsonl`, { stepSeconds: STEP_SECONDS });
    const input = {
      ...{ name, launcher: 'cluster', data: { source: `${name}.jsonl` }, nodes, processesPerNode: nodes === 1 ? 2 : 1 },
      perNode: { memoryGiB: 1.5 },
      parameters: { steps: STEPS, checkpointEverySteps: INTERVAL, architecture: ARCHITECTURE },
    };
    const handle = await pack.start('trainModel', input, `cluster-${name}-${path.basename(pack.projectDir)}`);
    let isOver = false;
    let steps: string[] = [];
    const following = (async () => {
      while (!isOver) {
        const lines = await readJobLines(pack.dependencies.training.dir, `${name}-`);
        if (lines.length > 0) steps = lines.map(({ attempt, step }) => `${attempt} ${step}`);
        await after(200);
      }
    })();
    try {
      await untilProgress(handle, (progress) => stepOf(progress) >= FIRST_STEPS, 120_000);
      await fault(handle);
      return trainModelStage.output.parse(await handle.result());
    } finally {
      isOver = true;
      await following;
      // A second job of an attempt would write its steps a second time.
      expect(steps).toEqual([...new Set(steps)]);
    }
  }
}
