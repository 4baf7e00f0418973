import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Client as Postgres } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Registry } from '../../activities/stores/registry';
import { MESSAGES, QUEUES } from '../../schemas/names';
import { promoteVersionStage, type PromoteVersionOutput } from '../../schemas/promote-version';
import { defaultCacheDir } from '../../workers/stack/cache';
import { readStack, startStack, type Stack } from '../../workers/stack/stack';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { MOMENTS, PromotionGates } from '../support/promotion-gates';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { untilProgress } from '../support/training';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';
import { build } from '../system/cli-process';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
/** Of each victim; `KILLS=10` is the long form, at 20 s a round: a killed worker is waited for for as long as its heartbeat may be missing. */
const KILLS = Number(process.env['KILLS'] ?? 1);
const VICTIMS = ['worker', 'temporal', 'postgres'] as const;
type Victim = (typeof VICTIMS)[number];
/** In the order in which they are come to. At `plan` all wait, so that its promotion is begun last. */
const PHASES = ['approve', ...MOMENTS.toReversed()] as const;
/** Every second round kills within so many milliseconds after all promotions were let go. */
const WITHIN_MS = 40;

/** Room for all that are held up at once, and for those that are tried again. */
const CONFIG = 'module.exports = { pools: { cpu: { slots: 32 } } };\n';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** In each round each victim dies while five promotions are under way, each of another model and at another moment. */
describe(`promotions, and kill -9 of what makes them (CHAOS_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  let dir: string;
  let postgres: TestPostgres;
  let url: string;
  let stack: Stack;
  let registry: Registry;
  let worker: WorkerProcess;
  let client: Client;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'promotion-kills-'));
    await Promise.all([build(), writeFile(path.join(dir, 'temporal.config.js'), CONFIG)]);
    postgres = await startPostgres();
    url = await postgres.createDatabase();
    registry = new Registry(url);
    await registry.migrate();
    await PromotionGates.install(url);
    const env = { DATABASE_URL: url, ELASTICSEARCH_URL: sharedServers().elasticsearchUrl };
    stack = await startStack({ stateDir: path.join(dir, 'stack'), cacheDir: defaultCacheDir(), env, log: () => {} });
    client = new Client({ connection: await Connection.connect(stack.addresses.temporal) });
    await startWorker();
  });
  afterAll(async () => {
    await worker.kill();
    await client.connection.close();
    await registry.close();
    await stack.stop();
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function startWorker(): Promise<void> {
    const { PATH, HOME } = process.env;
    const { elasticsearchUrl, temporal } = stack.addresses;
    const env = { DATABASE_URL: url, ELASTICSEARCH_URL: elasticsearchUrl, TEMPORAL_ADDRESS: temporal.address };
    worker = await startWorkerProcess({ projectDir: dir, env: { PATH, HOME, ...env }, pools: ['llm', 'cpu'] });
  }

  /** Two versions of a model, the first of which is live. */
  async function register(name: string): Promise<void> {
    for (const version of [1, 2]) {
      const workKey = sha(`${name}@${version}`);
      const about = { stage: 'importModel', subject: `${name}-made`, workflowId: name, runId: 'run', recipe: {} };
      await registry.beginWork({ ...about, workKey, inputs: [workKey], codeVersion: 1 });
      await registry.finishWork(workKey, async (transaction) => {
        const artifact = {
          uri: `artifact:model/${workKey}`,
          sha256: workKey,
          bytes: 1,
          rows: 1,
          kind: 'model' as const,
        };
        await transaction.addModelVersion({
          ...{ name, kind: 'causal-lm' as const, architecture: 'LlamaForCausalLM', parameters: 1, licence: 'mit' },
          ...{ source: `path:${name}`, base: null, metrics: {}, artifact },
        });
        if (version === 1) await transaction.promoteModel({ name, version, reason: 'the first' });
        return {};
      });
    }
  }

  const start = (name: string, phase: string, workflowId: string) =>
    client.workflow.start('promoteVersion', {
      ...{ taskQueue: QUEUES.llm, workflowId },
      args: [{ name, version: 2, reason: 'better', by: 'Ada', onUnproven: phase === 'approve' ? 'hold' : 'promote' }],
    });
  /** The client is a user who asks again until the server is back; the run itself needs no help. */
  const patiently = <T>(ask: () => Promise<T>): Promise<T> => vi.waitFor(ask, { timeout: 60_000, interval: 200 });
  const resultOf = async (workflowId: string): Promise<PromoteVersionOutput> =>
    promoteVersionStage.output.parse(await patiently(() => client.workflow.getHandle(workflowId).result()));

  async function kill(victim: Victim): Promise<void> {
    if (victim === 'worker') return worker.kill();
    if (victim === 'postgres') return postgres.kill();
    const pid = (await readStack(path.join(dir, 'stack')))?.processes['temporal']?.pid;
    process.kill(pid ?? NaN, 'SIGKILL');
  }

  /** Brings a promotion to each moment, kills the victim and has it back. @returns names of the models, as of the runs */
  async function disturb(victim: Victim, round: number): Promise<string[]> {
    const named = PHASES.map((phase) => ({ phase, name: `${victim}-${phase}-${round}` }));
    for (const { name } of named) await register(name);
    const gates = await PromotionGates.open(url);
    for (const { phase, name } of named) {
      if (phase !== 'approve') await gates.close(phase, name);
      const handle = await start(name, phase, name);
      if (phase === 'approve') await untilProgress(handle, ({ hold }) => hold !== null);
      else await gates.reached(phase, name);
    }
    // What is not through is not seen.
    for (const { name } of named) expect((await registry.production('model', name))?.version).toBe(1);
    if (round % 2 === 1) {
      await gates.end();
      await after(random.below(WITHIN_MS));
    }
    await kill(victim);
    await gates.end();
    if (victim === 'worker') await startWorker();
    if (victim === 'postgres') await postgres.restart();
    return named.map(({ name }) => name);
  }

  it.each(Array.from({ length: KILLS }, (_, round) => round))(
    'round %i: each version goes live once, whole and on record',
    async (round) => {
      const names: string[] = [];
      // The next victim dies while the runs of the one before still wait.
      for (const victim of VICTIMS) names.push(...(await disturb(victim, round)));
      for (const name of names.filter((each) => each.includes('approve'))) {
        const approving = { args: [{ by: 'Grace', note: 'seen' }] as [object], updateId: 'approved' };
        await patiently(() => client.workflow.getHandle(name).executeUpdate(MESSAGES.approve, approving));
      }
      for (const name of names) {
        const output = await resultOf(name);
        expect(output).toMatchObject({ outcome: 'published', name, version: 2, previous: 1 });
        expect((await registry.production('model', name))?.version).toBe(2);
        const [by, reason] = name.includes('approve') ? ['Grace', 'better (seen)'] : ['Ada', 'better'];
        expect(await registry.promotions({ kind: 'model', name, limit: 10 })).toMatchObject([
          { version: 2, previous: 1, undo: { name, version: 1 }, reason, approvedBy: by, workflowId: name },
          { version: 1, previous: null, reason: 'the first' },
        ]);
        expect(await registry.findWork(output.workKey)).toEqual(output);
      }
      const [again = ''] = names;
      await start(again, 'approve', `${again}-again`);
      expect(await resultOf(`${again}-again`)).toMatchObject({ outcome: 'reused', version: 2 });
    },
  );

  it('has as many moves as works that were done for them', async () => {
    const database = new Postgres({ connectionString: url });
    await database.connect();
    const { rows } = await database.query(
      `select (select count(*)::integer from llm_pack.promotions where version = 2) as moves,
         count(finished_at)::integer as done, count(*)::integer as begun
       from llm_pack.work where stage = 'promoteVersion'`,
    );
    await database.end();
    const all = KILLS * VICTIMS.length * PHASES.length;
    expect(rows).toEqual([{ moves: all, done: all, begun: all }]);
  });
});
