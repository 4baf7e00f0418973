import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { Client as Postgres } from 'pg';
import { aliasHolders } from '../../activities/indexing/alias';
import { MESSAGES, QUEUES, windowId } from '../../schemas/names';
import type { ServerAddresses } from './pack';
import { seededRandom, type Random } from './random';

const MAIN = join(__dirname, '..', '..', 'dist', 'workers', 'cli', 'main.js');
const DOCUMENTS = 24;
/** Changes while a schedule runs, one after another. */
const CHANGE_EVERY_MS = 150;
const LOOK_EVERY_MS = 25;

/** Activities during which the worker is killed: one of each phase of a rebuild, of the feed, and of going back. */
export const MOMENTS = [
  'createBuild',
  'embedUnit',
  'indexUnit',
  'sealBuild',
  'verifyBuild',
  'promoteBuild',
  'dropOldIndexes',
  'embedChanges',
  'applyBatch',
  'rollbackIndex',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** What a searcher has met over a schedule. */
export interface Seen {
  searches: number;
  errors: string[];
  /** Documents that it had found before, that nobody had deleted, and that it did not find. */
  missed: string[];
  kills: number;
}

/** A project with a worker of every pool, a feed, a writer of changes, and a searcher that never stops. */
export class Downtime {
  private worker: ChildProcess | undefined;
  private versions = new Map<string, number>();

  private constructor(
    private readonly servers: ServerAddresses,
    private readonly dir: string,
    private readonly temporal: Client,
    private readonly search: Elasticsearch,
    private readonly outbox: Postgres,
    readonly alias: string,
  ) {}

  static async open(servers: ServerAddresses): Promise<Downtime> {
    const dir = await mkdtemp(join(tmpdir(), 'llm-pack-downtime-'));
    const connection = await Connection.connect({ address: servers.temporalAddress });
    const outbox = new Postgres({ connectionString: servers.databaseUrl });
    await outbox.connect();
    const search = new Elasticsearch({ node: servers.elasticsearchUrl, maxRetries: 0 });
    const alias = `downtime-${process.pid}-${Date.now()}`;
    const open = new Downtime(servers, dir, new Client({ connection }), search, outbox, alias);
    await mkdir(join(dir, 'docs'));
    for (const id of open.ids()) await writeFile(join(dir, 'docs', id), text(id, 0));
    await open.startWorker();
    const cleaned = { source: 'docs', name: alias, recipe: 'minimal', overrides: { dropNearDuplicates: false } };
    await open.start('cleanDataset', cleaned, `clean-${alias}`).then((handle) => handle.result());
    await open.rebuild('first').then((handle) => handle.result());
    await open.start('indexFeed', { index: alias }, `indexFeed-${alias}`);
    return open;
  }

  /** Rebuilds, swaps and goes back, with the worker killed at each of the moments once it is there. */
  async schedule(seed: number, moments: readonly Moment[]): Promise<Seen> {
    const random = seededRandom(seed);
    const seen: Seen = { searches: 0, errors: [], missed: [], kills: 0 };
    const over = new AbortController();
    const background = [this.watch(seen, over.signal), this.write(random, over.signal)];
    try {
      const rebuild = await this.rebuild(String(seed));
      const killing = this.killAt(rebuild, moments, seen);
      await rebuild.result();
      const [live = ''] = await aliasHolders(this.search, this.alias);
      const window = this.temporal.workflow.getHandle(windowId(live));
      const going = this.killAt(
        window,
        moments.filter((moment) => moment === 'rollbackIndex'),
        seen,
      );
      await window.executeUpdate(MESSAGES.rollback, { args: [{ by: 'the test', note: `seed ${seed}` }] });
      await Promise.all([killing.stop(), going.stop()]);
    } finally {
      over.abort();
      await Promise.all(background);
    }
    return seen;
  }

  /** Documents whose newest text is not what a search finds, once the feed has had the time for it. */
  async behind(): Promise<string[]> {
    const stale = async () => {
      const found = await this.look();
      return [...this.versions].filter(([id, version]) => found.get(id) !== text(id, version)).map(([id]) => id);
    };
    for (let tries = 0; tries < 300; tries += 1) {
      if ((await stale()).length === 0) return [];
      await after(200);
    }
    return stale();
  }

  async close(): Promise<void> {
    await this.temporal.workflow.getHandle(`indexFeed-${this.alias}`).terminate();
    this.worker?.kill('SIGKILL');
    await this.outbox.end();
    await this.search.close();
    await this.temporal.connection.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  private ids = (): string[] => Array.from({ length: DOCUMENTS }, (_, at) => `note-${at}.md`);

  private start(type: string, input: object, workflowId: string): Promise<WorkflowHandle> {
    return this.temporal.workflow.start(type, { taskQueue: QUEUES.llm, workflowId, args: [input] });
  }

  private rebuild(name: string): Promise<WorkflowHandle> {
    const input = { dataset: this.alias, index: this.alias, unitDocuments: 8, rollbackHours: 1, force: true };
    return this.start('rebuildIndex', input, `rebuild-${this.alias}-${name}`);
  }

  private async startWorker(): Promise<void> {
    const { temporalAddress, databaseUrl, elasticsearchUrl } = this.servers;
    const addresses = {
      TEMPORAL_ADDRESS: temporalAddress,
      DATABASE_URL: databaseUrl,
      ELASTICSEARCH_URL: elasticsearchUrl,
    };
    const worker = spawn(process.execPath, [MAIN, 'worker', '--pool', 'all'], {
      cwd: this.dir,
      env: { ...process.env, ...addresses },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.worker = worker;
    await once(worker.stdout, 'data');
  }

  private async killWorker(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await this.startWorker();
  }

  /** Kills the worker when a run, or the feed beside it, has each of the activities under way. */
  private killAt(run: WorkflowHandle, moments: readonly Moment[], seen: Seen) {
    let running = true;
    const feed = this.temporal.workflow.getHandle(`indexFeed-${this.alias}`);
    const waiting = new Set<string>(moments);
    const loop = (async () => {
      while (running && waiting.size > 0) {
        const runs = await Promise.all([run.describe(), feed.describe()].map((run) => run.catch(() => undefined)));
        const pending = runs.flatMap((run) => run?.raw.pendingActivities ?? []);
        const now = pending.find(({ activityType }) => waiting.has(activityType?.name ?? ''));
        if (now) {
          waiting.delete(now.activityType?.name ?? '');
          seen.kills += 1;
          await this.killWorker();
        }
        await after(5);
      }
    })();
    return {
      stop: async () => {
        running = false;
        await loop;
      },
    };
  }

  /** Text of every document that a search finds, its chunks in order. */
  private async look(): Promise<Map<string, string>> {
    const { hits } = await this.search.search<{ doc_id: string; text: string }>({
      index: this.alias,
      size: 1_000,
      sort: 'ordinal',
      _source: ['doc_id', 'text'],
    });
    const found = new Map<string, string>();
    for (const { _source: source } of hits.hits) {
      if (source) found.set(source.doc_id, [found.get(source.doc_id), source.text].filter(Boolean).join('\n\n'));
    }
    return found;
  }

  private async watch(seen: Seen, over: AbortSignal): Promise<void> {
    const known = new Set<string>();
    while (!over.aborted) {
      try {
        const found = await this.look();
        for (const id of known) if (!found.has(id)) seen.missed.push(id);
        for (const id of found.keys()) known.add(id);
        seen.searches += 1;
      } catch (error) {
        seen.errors.push(String(error));
      }
      await after(LOOK_EVERY_MS);
    }
  }

  private async write(random: Random, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const id = random.pick(this.ids());
      const version = (this.versions.get(id) ?? 0) + 1;
      await this.outbox.query('select llm_pack.record_change($1, $2, $3, $4)', [this.alias, id, id, text(id, version)]);
      this.versions.set(id, version);
      await after(CHANGE_EVERY_MS);
    }
  }
}

/** The text of a document in its versions: of one chunk or of several, so that updates take chunks away as well. */
function text(id: string, version: number): string {
  const sections = 1 + (version % 3);
  return Array.from({ length: sections }, (_, at) =>
    `# Part ${at} of ${id}\n\n${`This is version ${version} of ${id}, said once more for its length. `.repeat(8)}`.trim(),
  ).join('\n\n');
}
