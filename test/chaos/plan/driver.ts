import type { Server } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { Registry } from '../../../activities/stores/registry';
import { indexContents } from '../../support/index-contents';
import { serveClicks, urlOf } from './clicks';
import { Facts } from './facts';
import { inject } from './inject';
import { checkInvariants, checkProcesses, type Scene } from './invariants';
import type { Journal, MetFault } from './journal';
import { mayBegin, type Pair, type PlannedFault } from './plan';
import { ActiveRun, toItsEnd, untilOk } from './runs';
import { followJob } from './jobs';
import { NOTES, noteText, type Trainer, writeInputs, writeRound } from './inputs';
import { CLEAN_NOTES, lanesOf, type StageRun } from './stages';
import { World } from './world';

/** A server that was killed is back by then. */
const READ_MS = 120_000;

export interface ChaosOptions {
  /** The faults, once it is known which can be made here. */
  plan: (pairs: readonly Pair[]) => readonly PlannedFault[];
  /** Only these; all where nothing is said. */
  stages?: readonly string[];
  trainer: Trainer;
  /** No further round begins after so long. */
  minutes: number;
  journal: Journal;
  log: (message: string) => void;
  /** Called when the invariants were looked at, while all is there. */
  afterwards?: (scene: Scene, journal: Journal) => Promise<void>;
  /** As for the world. */
  elasticsearchUrl?: string | undefined;
}

/** Runs every stage round after round while the plan's faults happen to them, and says in the journal what came of it. */
export async function runChaos(options: ChaosOptions): Promise<void> {
  const chaos = new Chaos(options);
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort(new Error('It was interrupted.'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const isOver = new Promise<never>((_, reject) => {
      interrupted.signal.addEventListener('abort', () => reject(interrupted.signal.reason as Error));
    });
    await Promise.race([chaos.open().then(() => chaos.run()), isOver]);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await chaos.close();
  }
  chaos.checkAfterwards();
}

class Chaos {
  private readonly active = new Set<ActiveRun>();
  private readonly happening: Pair[] = [];
  private readonly facts = new Facts();
  private world!: World;
  private registry!: Registry;
  private connection!: Connection;
  private client!: Client;
  private clicks: Server | undefined;
  private postgres!: Pool;
  private search!: Elasticsearch;
  private rounds = 0;
  private prepared = 0;

  constructor(private readonly options: ChaosOptions) {}

  async open(): Promise<void> {
    const { log, elasticsearchUrl, trainer } = this.options;
    this.world = await World.open({
      ...(elasticsearchUrl === undefined ? {} : { elasticsearchUrl }),
      ...{ log, trainer },
      onSaid: (worker, said) => this.options.journal.write('said', { worker, said }),
      metricUrl: async (gateway) => {
        this.clicks = await serveClicks(gateway, () => this.registry);
        return urlOf(this.clicks);
      },
      onEvent: (event) => {
        for (const run of this.active) if (run.owns(event.workflowId)) run.take(event);
      },
    });
    this.registry = new Registry(this.world.addresses.databaseUrl);
    // A connection that is cut in the midst of nothing is no news.
    this.postgres = new Pool({ connectionString: this.world.addresses.databaseUrl, max: 2 }).on(
      'error',
      () => undefined,
    );
    this.search = new Elasticsearch({ node: this.world.addresses.elasticsearchUrl, maxRetries: 0 });
    this.connection = await Connection.connect({ address: this.world.addresses.temporalAddress });
    this.client = new Client({ connection: this.connection });
    await writeInputs(this.world.projectDir, trainer);
    log(`${this.world.dir}; cut off by ${this.world.cutsBy}`);
  }

  async close(): Promise<void> {
    this.clicks?.close().closeAllConnections();
    await (this.registry as Registry | undefined)?.close();
    await (this.postgres as Pool | undefined)?.end();
    await (this.search as Elasticsearch | undefined)?.close();
    await (this.connection as Connection | undefined)?.close();
    await (this.world as World | undefined)?.close();
  }

  async run(): Promise<void> {
    const { minutes, trainer, journal, log } = this.options;
    const plan = this.options.plan(this.world.pairs());
    journal.write('plan', { faults: plan, cutsBy: this.world.cutsBy });
    await this.prepare();
    const deadline = Date.now() + minutes * 60_000;
    const rounds = Math.max(0, ...plan.map(({ round }) => round));
    for (let round = 0; round <= rounds; round += 1) {
      if (Date.now() > deadline) {
        log(`The time is over before round ${round} of ${rounds}.`);
        break;
      }
      await this.round(
        round,
        plan.filter((fault) => fault.round === round),
      );
      this.rounds += 1;
    }
    const { world, client, postgres, search, facts, rounds: gone } = this;
    const ran = new Set(facts.outputs.map(({ stage }) => stage));
    const stages = lanesOf(trainer).flat();
    const scene = { world, client, postgres, search, facts, stages, rounds: gone, ran };
    await checkInvariants(scene, journal);
    await this.options.afterwards?.(scene, journal);
  }

  /** Once all is closed. */
  checkAfterwards(): void {
    checkProcesses(this.world.dir, this.options.journal);
  }

  /** What a round leans on and does not make itself: indexes that are only updated, a strategy that is only steered. */
  private async prepare(): Promise<void> {
    await writeRound(this.world.projectDir, 0);
    const { stages } = this.options;
    const first = { name: 'steered', strategy: { model: 'any@1' } };
    const isRun = (...names: string[]) => !stages || names.some((name) => stages.includes(name));
    const indexes = [
      ...(isRun('nightlyRefresh') ? ['notes'] : []),
      ...(isRun('indexFeed', 'runAgent', 'converse', 'distillModel') ? ['fed'] : []),
    ];
    const steps: [string, object][] = indexes.flatMap((name): [string, object][] => [
      ['cleanDataset', { ...CLEAN_NOTES, name }],
      ['rebuildIndex', { dataset: name, index: name, rollbackHours: 0 }],
    ]);
    if (isRun('controlMetric')) steps.push(['rolloutStrategy', first]);
    for (const [stage, input] of steps) {
      const run = new ActiveRun(stage, 0, `prepare-${(this.prepared += 1)}-${stage}`);
      const { outcome } = await toItsEnd(this.client, run, input, this.options.trainer);
      if (outcome !== 'published') throw new Error(`${run.workflowId}: ${outcome}`);
    }
  }

  private async round(round: number, faults: readonly PlannedFault[]): Promise<void> {
    const { stages, log, trainer } = this.options;
    await writeRound(this.world.projectDir, round);
    await this.change(round);
    log(`round ${round}: ${faults.length} faults`);
    const lanes = lanesOf(trainer).map((lane) => lane.filter(({ stage }) => !stages || stages.includes(stage)));
    await Promise.all(
      lanes.map(async (lane) => {
        for (const stage of lane)
          await this.stage(
            stage,
            round,
            faults.filter((fault) => fault.stage === stage.stage),
          );
      }),
    );
  }

  /** Changes of documents, into the outbox. */
  private async change(round: number): Promise<void> {
    for (let note = 0; note < NOTES; note += 1) {
      const id = `note-${note}.md`;
      await this.postgres.query('select llm_pack.record_change($1, $2, $3, $4)', [
        'fed',
        id,
        id,
        noteText(note, round),
      ]);
    }
    this.facts.changed(round);
  }

  private async stage(stage: StageRun, round: number, faults: readonly PlannedFault[]): Promise<void> {
    const { journal, log } = this.options;
    const run = new ActiveRun(stage.stage, round, `chaos-${stage.stage}-${round}`);
    this.active.add(run);
    const began = Date.now();
    const meeting = this.meet(run, faults);
    const following = stage.ranks && followJob(run, this.world.trainingDir, stage.ranks.job);
    // They are thrown where they are waited for.
    for (const beside of [meeting, following]) beside?.catch(() => undefined);
    const { outcome, output } = await toItsEnd(this.client, run, stage.input(round), this.options.trainer);
    const seconds = (Date.now() - began) / 1000;
    const well = outcome === stage.outcome;
    journal.run({ round, stage: stage.stage, workflowId: run.workflowId, outcome, well, seconds, attempts: run.begun });
    log(`  ${run.workflowId}: ${outcome} after ${seconds.toFixed(1)} s, ${run.begun} attempts`);
    this.facts.add(stage, round, output);
    if (well && stage.index !== undefined) this.facts.holds(stage, round, await this.contentsOf(stage.index));
    if (following) this.facts.trainings.push(await following);
    await meeting;
    this.active.delete(run);
  }

  private contentsOf(index: string): Promise<unknown> {
    return untilOk(() => indexContents(this.search, index), READ_MS);
  }

  /** Faults of a run, one after the other, each at its moment. */
  private async meet(run: ActiveRun, faults: readonly PlannedFault[]): Promise<void> {
    for (const fault of faults) {
      const met: MetFault = { ...fault, met: await this.comes(run, fault) };
      if (met.met) Object.assign(met, await this.happen(run, fault));
      this.options.journal.fault(met);
    }
  }

  /** Waits for the moment of a fault. @returns whether it came: with it the fault counts as open */
  private async comes(run: ActiveRun, fault: PlannedFault): Promise<boolean> {
    const { after: attempts, step } = fault;
    if (!(await run.until(() => (step === undefined ? run.begun >= attempts : run.step >= step)))) return false;
    await after(fault.delayMs);
    while (!run.over && !mayBegin(fault, this.happening)) await after(100);
    if (run.over) return false;
    this.happening.push(fault);
    return true;
  }

  private async happen(run: ActiveRun, fault: PlannedFault): Promise<Partial<MetFault>> {
    const { part, fault: kind, number, seconds } = fault;
    const { journal } = this.options;
    try {
      journal.write('begin', { number, part, fault: kind, run: run.workflowId, begun: run.begun });
      const end = await inject(this.world, fault);
      if (!end) return { met: false };
      await after(seconds * 1000);
      await end();
      journal.write('end', { number });
    } finally {
      this.happening.splice(this.happening.indexOf(fault), 1);
    }
    const over = Date.now();
    const done = run.ended;
    await run.until(() => run.ended > done);
    return { recoverySeconds: (Date.now() - over) / 1000 };
  }
}
