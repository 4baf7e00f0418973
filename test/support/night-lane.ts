import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { QUEUES } from '../../schemas/names';
import { makeBundle } from '../../workers/bundle';
import { startPostgres, type TestPostgres } from './postgres';
import { SimulatedNights } from './simulated-night';
import { type SkippingServer, startSkippingServer } from './skipping-server';
import { startTestWorker } from './test-worker';

const architecture = { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 300 };

/** A night of four steps, which trains once there are a hundred new documents. */
export const NIGHT = {
  clean: { source: 'incoming/{night}', name: 'docs', recipe: 'minimal' },
  index: { dataset: 'docs' },
  train: { recipe: 'pretrain', name: 'model', data: { dataset: 'docs' }, parameters: { architecture } },
  promote: { name: 'model', onUnproven: 'promote' },
  minNewDocuments: 100,
};

type TestWorker = Awaited<ReturnType<typeof startTestWorker>>;
type Ask = (...args: never[]) => Promise<unknown>;

/** A rollout of what such a night has trained: six looks, three days apart. Its first version of a name is live at once. */
export const ROLLOUT = {
  name: 'answers',
  strategy: { answer: 'model', night: '{night}' },
  metrics: [{ name: 'clicks' }],
  steps: [0.01, 0.05, 0.1, 0.2, 0.3, 0.5].map((share) => ({ share, margin: 0.3 })),
  ...{ lookHours: 72, minimumHours: 24, lagHours: 0 },
};

/** Activities of nights and of rollouts; what their stages do is `doStage`. */
const ACTIVITIES = [
  ...['beginWork', 'findWork', 'discardWork', 'countFresh', 'newestAs', 'findRollouts', 'recordNight', 'doStage'],
  ...['findPending', 'leavePending'],
  ...['planRollout', 'estimateRollout', 'registerStrategy', 'claimStrategy', 'moveStrategy', 'lookAtRollout'],
  ...['rollBackStrategy', 'recordRollout'],
];

/** Workers for nights on a server whose clock goes on as told, and a registry of their own for one test after another. */
export class NightLane {
  private runs = 0;
  private nights: SimulatedNights | undefined;

  private constructor(
    readonly server: SkippingServer,
    private readonly postgres: TestPostgres,
    readonly llm: TestWorker,
  ) {}

  private cpu: TestWorker | undefined;

  static async start(): Promise<NightLane> {
    const [postgres, server] = await Promise.all([startPostgres(), startSkippingServer()]);
    const bundle = await makeBundle(join(__dirname, 'night-workflows.ts'));
    const lane = new NightLane(server, postgres, await startTestWorker(server.address, bundle));
    const asked = ACTIVITIES.map((name) => [name, (...args: never[]) => lane.ask(name, args)] as const);
    lane.cpu = await startTestWorker(server.address, undefined, Object.fromEntries(asked), QUEUES.cpu);
    return lane;
  }

  async stop(): Promise<void> {
    await Promise.all([this.llm.stop(), this.cpu?.stop(), this.nights?.close()]);
    await this.server.stop();
    await this.postgres.stop();
  }

  /** A new, empty world; the one before is closed. */
  async renew(): Promise<SimulatedNights> {
    await this.nights?.close();
    this.nights = await SimulatedNights.open(await this.postgres.createDatabase());
    return this.nights;
  }

  /** Starts a night. */
  night(input: object): Promise<WorkflowHandle> {
    const { client, taskQueue } = this.llm;
    this.runs += 1;
    return client.workflow.start('nightlyRefresh', { taskQueue, workflowId: `night-${this.runs}`, args: [input] });
  }

  private async ask(name: string, args: never[]): Promise<unknown> {
    if (this.nights?.holdUp?.activity === name) await this.nights.holdUp.until;
    const activities: Partial<Record<string, Ask>> = this.nights?.activities() ?? {};
    const activity = activities[name];
    if (!activity) throw new Error(`Nothing does ${name}`);
    return activity(...args);
  }
}
