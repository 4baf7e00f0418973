import { EventEmitter, once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CleanDatasetOutput } from '../../schemas/clean-dataset';
import type { PackConfigInput } from '../../schemas/config';
import { QUEUES } from '../../schemas/names';
import { openOwnServers, type OwnServers } from './own-servers';
import type { ServerAddresses } from './pack';
import type { Random } from './random';
import { type ActivityEvent, startWorkerProcess, type Usage, type WorkerProcess } from './worker-process';

/** The phases of cleanDataset that a worker can die in, and the activity that does each. */
export const KILL_PHASES = {
  plan: 'planSource',
  filter: 'filterUnit',
  match: 'matchUnit',
  cluster: 'clusterDuplicates',
  spans: 'signSpans',
  repeats: 'findRepeatedSpans',
  remains: 'findPoorDocuments',
  write: 'writeShard',
  publish: 'publishDataset',
  record: 'recordDataset',
} as const;
export type KillPhase = keyof typeof KILL_PHASES;

/** What one kill cost. */
export interface Kill {
  /** Attempts that were begun and not ended. */
  attempts: number;
  /** Milliseconds that they had taken, all together: the next ones take them again. */
  lost: number;
  /** Milliseconds until the first of them was made again; nobody works on them, and nothing is done twice. */
  waited: number;
}

/** A run to its end, and what it took. */
export interface LaneRun {
  output: CleanDatasetOutput;
  kills: Kill[];
  /** Attempts that ended, by activity, and the milliseconds that they took, all together. */
  spent: Record<string, { attempts: number; ms: number }>;
  seconds: number;
  /** What the worker used, and those that were killed before it: CPU time together, memory of the largest. */
  usage: Usage;
}

/** When the worker dies: soon after one of the next `among` attempts of an activity has begun, `kills` times in all. */
export interface KillPlan {
  activity: string;
  kills: number;
  among: number;
  withinMs: number;
  random: Random;
}

export interface LaneOptions {
  /** Folder of the lane's project, which holds its store; made here. */
  dir: string;
  config: PackConfigInput;
}

/** Cleans with servers, store and worker of its own, so that several do so at once and each can be killed. */
export class CleaningLane {
  private readonly begun = new EventEmitter();
  private events: ActivityEvent[] = [];
  /** Set by `open`, and again after each kill. */
  private worker!: WorkerProcess;
  private dead: Usage[] = [];

  private constructor(
    private readonly own: OwnServers,
    private readonly dir: string,
  ) {}

  static async open(servers: ServerAddresses, { dir, config }: LaneOptions): Promise<CleaningLane> {
    await mkdir(dir, { recursive: true });
    await writeFile(path.join(dir, 'temporal.config.js'), `module.exports = ${JSON.stringify(config)};\n`);
    const lane = new CleaningLane(await openOwnServers(servers), dir);
    await lane.startWorker();
    return lane;
  }

  async close(): Promise<void> {
    await this.worker.kill();
    await this.own.stop();
  }

  /**
   * Runs cleanDataset to its end, from nothing unless the input says otherwise. Where the worker dies on the way, as planned, it is
   * started again at once.
   */
  async run(workflowId: string, input: object, plan?: KillPlan): Promise<LaneRun> {
    this.events = [];
    this.dead = [];
    const before = this.worker.usage().cpuSeconds;
    const began = Date.now();
    const over = new AbortController();
    const killing = plan ? this.kill(plan, over.signal) : Promise.resolve([]);
    const handle = await this.own.client.workflow.start('cleanDataset', {
      taskQueue: QUEUES.llm,
      workflowId,
      args: [{ force: true, ...input }],
    });
    const output = (await handle.result()) as CleanDatasetOutput;
    const seconds = (Date.now() - began) / 1000;
    over.abort();
    const kills = (await killing).map((kill) => this.costOf(kill));
    return { output, kills, seconds, spent: this.spent(), usage: this.used(before) };
  }

  /** Kills that met an attempt of the activity; one that came too late for it is tried again at the next. */
  private async kill(plan: KillPlan, over: AbortSignal): Promise<{ at: number; lost: ActivityEvent[] }[]> {
    const { activity, kills, among, withinMs, random } = plan;
    const met = [];
    while (met.length < kills) {
      for (let pass = random.below(among); pass >= 0; pass--) {
        await once(this.begun, activity, { signal: over }).catch(() => undefined);
      }
      if (over.aborted) break;
      await delay(random.below(withinMs));
      const at = Date.now();
      this.dead.push(this.worker.usage());
      await this.worker.kill();
      const lost = this.worker.inFlight();
      if (lost.some((attempt) => attempt.activity === activity)) met.push({ at, lost });
      await this.startWorker();
    }
    return met;
  }

  private async startWorker(): Promise<void> {
    const { PATH, HOME } = process.env;
    this.worker = await startWorkerProcess({
      projectDir: this.dir,
      env: { PATH, HOME, ...this.own.env },
      onEvent: (event) => {
        this.events.push(event);
        if (event.what === 'begin') this.begun.emit(event.activity);
      },
    });
  }

  private costOf({ at, lost }: { at: number; lost: ActivityEvent[] }): Kill {
    const again = this.events.find(({ what, id, at: when }) => what === 'begin' && when > at && id === lost[0]?.id);
    return {
      attempts: lost.length,
      lost: lost.reduce((sum, attempt) => sum + at - attempt.at, 0),
      waited: (again?.at ?? NaN) - at,
    };
  }

  private used(before: number): Usage {
    const all = [...this.dead, this.worker.usage()];
    const cpuSeconds = all.reduce((sum, each) => sum + each.cpuSeconds, -before);
    return { cpuSeconds, peakBytes: Math.max(...all.map((each) => each.peakBytes)) };
  }

  private spent(): LaneRun['spent'] {
    const spent: LaneRun['spent'] = {};
    const begins = new Map<string, number>();
    for (const { what, activity, id, at } of this.events) {
      if (what === 'begin') begins.set(id, at);
      else {
        const { attempts, ms } = (spent[activity] ??= { attempts: 0, ms: 0 });
        spent[activity] = { attempts: attempts + 1, ms: ms + at - (begins.get(id) ?? NaN) };
      }
    }
    return spent;
  }
}
